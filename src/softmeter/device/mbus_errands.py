"""What a meter wants done on its M-Bus, and what becomes of it: read, install, tell (IEC 62056-62, class M-Bus client).

On a simulated bus an errand is run at once. On a line outside it waits until somebody takes it, and its outcome comes
later, or never: what was under way when power failed is as if it had not been asked for.
"""

from typing import TYPE_CHECKING

from softmeter.device.alarms import TEMPORARY_ERROR
from softmeter.device.breaker import State
from softmeter.device.events import SubMeterEvent, ValveEvent
from softmeter.device.mbus_channel import (
    BATTERY,
    EMPTY,
    FRAUD,
    PERMANENT,
    POWER_LOW,
    TEMPORARY,
    VALUES,
    VALVE,
    Answer,
    Asked,
    Channel,
    Errand,
    Identity,
    KeyStatus,
    Kind,
    Moment,
    Order,
    Outcome,
    Task,
)
from softmeter.errors import ConfigurationError

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_WAITING = 16
"""Errands for a line outside that may wait and be under way together."""
WHERE = "M-Bus"


def read(device: "Device", number: int, *, afresh: bool = False) -> bool:
    """Ask a sub-meter now; False where it is known already that this was in vain.

    Who is being asked just that is asked once more only `afresh`: what he says then is what he counts from now on.
    """
    meters = device.behaviours.mbus
    errand = Errand(number, Task.READ, asked(meters.channel(number)))
    pending = meters.waiting if afresh else (*meters.waiting, *meters.under_way)
    return any(one[:3] == errand[:3] for one in pending) or send(device, errand)


def tell(device: "Device", number: int, order: Order, *, sealed: bool = True) -> bool:
    """Give the sub-meter of a channel an order, encrypted where it has a key, unless it must travel without.

    False where it is known already that the sub-meter does not take it.
    """
    meters = device.behaviours.mbus
    wanted = asked(meters.channel(number))
    if not sealed:
        wanted = wanted._replace(key=b"")
    if wanted.key:
        meters.sent = meters.sent + 1 & 0xFF
    return send(device, Errand(number, Task.TELL, wanted, order._replace(access=meters.sent)))


def send(device: "Device", errand: Errand) -> bool:
    """Have an errand run, or wait for its turn on a line outside; False where it was in vain.

    Raises:
        ConfigurationError: too many wait already, or nobody can be installed so.
    """
    meters = device.behaviours.mbus
    if not meters.outside:
        meters.memory, outcome = meters.bus.perform(meters.memory, moment(device), errand)
        return settle(device, errand, outcome)
    if len(meters.waiting) + len(meters.under_way) >= MOST_WAITING:
        if errand.task is Task.READ:
            return False
        raise ConfigurationError("the line is busy: too much waits for it", WHERE)
    meters.given += 1
    meters.waiting = (*meters.waiting, errand._replace(number=meters.given))
    return True


def taken(device: "Device") -> tuple[Errand, ...]:
    """What waits for a line outside, which takes it now: one at a time, as the next may depend on what comes of it."""
    meters = device.behaviours.mbus
    if meters.under_way or not meters.waiting:
        return ()
    errand, *rest = meters.waiting
    if errand.task is Task.INSTALL:
        errand = errand._replace(known=known(device))
    meters.waiting, meters.under_way = tuple(rest), (errand,)
    return meters.under_way


def report(device: "Device", number: int, outcome: Outcome) -> None:
    """What became of an errand that was taken; of one that nobody waits for any more it does not matter."""
    meters = device.behaviours.mbus
    errand = next((one for one in meters.under_way if one.number == number), None)
    if errand is None:
        return
    meters.under_way = tuple(one for one in meters.under_way if one is not errand)
    channel = meters.channel(errand.channel)
    if channel.installed == (errand.task is Task.INSTALL):
        return  # the channel was given away or emptied meanwhile
    now = asked(channel)
    if channel.installed and now[:2] != errand.asked[:2]:
        return  # it was another sub-meter
    if errand.task is Task.READ and now != errand.asked:
        return  # what it said to another key, or of other records, says nothing
    try:
        went_well = settle(device, errand, outcome)
    except ConfigurationError:
        return  # whoever asked sees that the channel is as it was
    if errand.task is Task.TELL and not went_well:
        _unheard(device, errand.channel)  # whoever gave the order was told that it waits for its turn


def settle(device: "Device", errand: Errand, outcome: Outcome) -> bool:
    """Take over what became of an errand; whether it went well.

    Raises:
        ConfigurationError: nobody can be installed so.
    """
    match errand.task:
        case Task.READ:
            return _heard(device, errand.channel, outcome.answer)
        case Task.INSTALL:
            _installed(device, errand, outcome)
            return True
        case Task.TELL:
            if outcome.taken and errand.order is not None:
                _obeyed(device, errand.channel, errand.order)
            return outcome.taken


def moment(device: "Device") -> Moment:
    """When the device talks on the bus: the second it has reached."""
    second = device.progress.second
    return Moment(second, device.surroundings.state(second))


def known(device: "Device") -> tuple[Identity, ...]:
    """Who belongs to a channel already, or is meant to."""
    return tuple(channel.identity for channel in device.behaviours.mbus.channels.values())


def asked(channel: Channel) -> Asked:
    """The sub-meter of a channel."""
    return Asked(channel.primary_address, channel.identity, channel.key, channel.definitions)


def _heard(device: "Device", number: int, answer: Answer | None) -> bool:
    """Take over what a sub-meter said, or that it said nothing."""
    meters = device.behaviours.mbus
    channel = meters.channel(number)
    if answer is None or not _is_believed(channel, answer):
        _unheard(device, number)
        return False
    meters.put(device, number, _taken_over(device, channel, answer))
    if channel.failed:
        device.record(SubMeterEvent.COMMUNICATION_OK.of(number))
    _warn(device, number, channel, answer)
    return True


def _unheard(device: "Device", number: int) -> None:
    """Know that a sub-meter did not answer as it should."""
    meters = device.behaviours.mbus
    channel = meters.channel(number)
    meters.put(device, number, channel._replace(failed=1))
    if not channel.failed:
        device.record(SubMeterEvent.COMMUNICATION_ERROR.of(number))


def _is_believed(channel: Channel, answer: Answer) -> bool:
    """Whether it is the sub-meter of the channel that answered; once it has used its key it says nothing plainly."""
    is_known = channel.identity in {answer.identity, EMPTY.identity}
    return is_known and answer.readable and (answer.sealed or channel.key_status != KeyStatus.IN_USE)


def _installed(device: "Device", errand: Errand, outcome: Outcome) -> None:
    """Have a sub-meter that answered belong to a channel."""
    meters, number, answer = device.behaviours.mbus, errand.channel, outcome.answer
    if answer is None:
        raise ConfigurationError(f"no sub-meter answers on channel {number}", WHERE)
    if any(known.installed and known.identity == answer.identity for known in meters.channels.values()):
        raise ConfigurationError("this sub-meter belongs to another channel", WHERE)
    channel = meters.channel(number)._replace(
        installed=1, primary_address=outcome.primary_address, **answer.identity._asdict()
    )
    meters.put(device, number, channel)
    meters.begin_profile(device, number)
    device.record(SubMeterEvent.INSTALLED.of(number))
    _heard(device, number, answer)


def _obeyed(device: "Device", number: int, order: Order) -> None:
    """Know that a sub-meter took an order."""
    meters = device.behaviours.mbus
    channel = meters.channel(number)
    match order.kind:
        case Kind.TIME:
            device.record(SubMeterEvent.CLOCK_ADJUSTED.of(number))
        case Kind.KEY:
            was_set = channel.key_status in {KeyStatus.SET, KeyStatus.SET_AND_TRANSFERRED}
            status = KeyStatus.SET_AND_TRANSFERRED if was_set else KeyStatus.TRANSFERRED
            meters.put(device, number, channel._replace(key_status=status))
        case Kind.VALVE:
            meters.put(device, number, channel._replace(valve=order.number))
            event = _MOVED.get(order.number)
            if event is not None:
                device.record(event.of(number))
        case Kind.ADDRESS | Kind.RECORDS:
            pass


_MOVED: dict[int, ValveEvent] = {
    State.DISCONNECTED: ValveEvent.REMOTELY_CLOSED,
    State.CONNECTED: ValveEvent.REMOTELY_OPENED,
}


_MOVED_BY_HAND: dict[int, ValveEvent] = {
    State.DISCONNECTED: ValveEvent.MANUALLY_CLOSED,
    State.CONNECTED: ValveEvent.MANUALLY_OPENED,
}
"""What happened when a valve stands otherwise than it was told."""


def _taken_over(device: "Device", channel: Channel, answer: Answer) -> Channel:
    """What is known of a channel after an answer."""
    return channel._replace(
        **answer.identity._asdict(),
        access=answer.access,
        status=answer.status,
        alarm=channel.alarm | answer.alarm,
        configuration=answer.configuration,
        key_status=KeyStatus.IN_USE if answer.sealed else channel.key_status,
        failed=0,
        values=answer.values[:VALUES],
        captured=device.clock.stamp(device.now),
        valve=channel.valve if answer.valve is None else answer.valve,
    )


def _warn(device: "Device", number: int, before: Channel, answer: Answer) -> None:
    """Log what has become wrong with a sub-meter since it was asked last."""
    alarms, states = answer.alarm & ~before.alarm, answer.status & ~before.status
    if alarms & BATTERY or states & POWER_LOW:
        device.record(SubMeterEvent.BATTERY_LOW.of(number))
    if alarms & FRAUD:
        device.record(SubMeterEvent.FRAUD.of(number))
    if states & PERMANENT:
        device.record(SubMeterEvent.PERMANENT_ERROR.of(number))
    if states & TEMPORARY:
        device.behaviours.alarms.sub_meter(device, TEMPORARY_ERROR, number)
    if states & VALVE:
        device.record(ValveEvent.ALARM.of(number))
    if answer.valve not in {None, before.valve} and answer.valve in _MOVED_BY_HAND and before.values:
        device.record(_MOVED_BY_HAND[answer.valve].of(number))
