"""What a client has a meter do with a sub-meter: install, read, tell it (IEC 62056-62, class M-Bus client, methods)."""

from typing import TYPE_CHECKING

from softmeter.clock import DAYLIGHT_SAVING
from softmeter.device.alarms import REMOVED
from softmeter.device.breaker import DIRECT_RECONNECTION, State
from softmeter.device.mbus_channel import EMPTY, Channel, Errand, KeyStatus, Kind, Order, Task
from softmeter.device.mbus_errands import WHERE, asked, known, read, send, tell
from softmeter.errors import ConfigurationError

if TYPE_CHECKING:
    from softmeter.device.device import Device

MOST_PRIMARY = 250
KEY_OCTETS = 16
MOST_RECORD_OCTETS = 252
"""What fits in one frame."""
MOST_SEALED_OCTETS = 238
"""What fits in one behind a long header in blocks, with the two octets by which the right key is known."""
WRAPPED_OCTETS = frozenset({16, 30})
"""Lengths of a key under way: as DSMR 4 and as SMR 5 have it."""


def install(device: "Device", number: int, primary: int) -> None:
    """Take a sub-meter into a channel: at a primary address; else the one the channel names; else whoever is found.

    Raises:
        ConfigurationError: the channel has one already, or none answers.
    """
    meters = device.behaviours.mbus
    before = meters.channel(number)
    if before.installed:
        raise ConfigurationError(f"channel {number} has a sub-meter; de-install it first", WHERE)
    if not 0 <= primary <= MOST_PRIMARY:
        raise ConfigurationError(f"primary address {primary}; it must be 0 to {MOST_PRIMARY}", WHERE)
    wanted = asked(before._replace(primary_address=primary or before.primary_address))
    send(device, Errand(number, Task.INSTALL, wanted, known=known(device)))


def deinstall(device: "Device", number: int) -> None:
    """Forget the sub-meter of a channel, its key and its rows; what the client configured stays."""
    meters = device.behaviours.mbus
    before = _installed(device, number)
    tell(device, number, Order(Kind.ADDRESS, 0))
    meters.profiles[number].ring.clear()
    meters.put(device, number, EMPTY._replace(period_s=before.period_s, definitions=before.definitions))
    device.behaviours.alarms.sub_meter(device, REMOVED, number)


def capture(device: "Device", number: int) -> None:
    """Read a sub-meter now; ConfigurationError where it does not answer."""
    _installed(device, number)
    _check(read(device, number, afresh=True), number)


def reset_alarm(device: "Device", number: int) -> None:
    """Forget the alarms of a sub-meter; those that go on are seen again with the next answer."""
    meters = device.behaviours.mbus
    meters.put(device, number, _installed(device, number)._replace(alarm=0))


def synchronise(device: "Device", number: int) -> None:
    """Give a sub-meter the meter's local time."""
    _installed(device, number)
    stamp = device.clock.stamp(device.now)
    local = stamp.second - stamp.deviation_min * 60
    _check(tell(device, number, Order(Kind.TIME, local, summer=bool(stamp.status & DAYLIGHT_SAVING))), number)


def send_records(device: "Device", number: int, records: bytes) -> None:
    """Give a sub-meter records as they are."""
    most = MOST_SEALED_OCTETS if _installed(device, number).key else MOST_RECORD_OCTETS
    if not 0 < len(records) <= most:
        raise ConfigurationError(f"{len(records)} octets of records; 1 to {most} can be sent", WHERE)
    _check(tell(device, number, Order(Kind.RECORDS, octets=records)), number)


def set_key(device: "Device", number: int, key: bytes) -> None:
    """Open what the sub-meter says with this key from now on; an empty one means that it says it plainly."""
    if key and len(key) != KEY_OCTETS:
        raise ConfigurationError(f"a key of {len(key)} octets; it must have {KEY_OCTETS}", WHERE)
    meters = device.behaviours.mbus
    channel = meters.channel(number)
    transferred = channel.key_status in {KeyStatus.TRANSFERRED, KeyStatus.SET_AND_TRANSFERRED}
    status = KeyStatus.SET_AND_TRANSFERRED if transferred else KeyStatus.SET
    meters.put(device, number, channel._replace(key=key, key_status=status if key else KeyStatus.NONE))


def transfer_key(device: "Device", number: int, wrapped: bytes) -> None:
    """Hand a key to the sub-meter, wrapped by whoever knows the one it left the factory with.

    It is encrypted once more only where the sub-meter has shown that it uses the key before it.
    """
    if len(wrapped) not in WRAPPED_OCTETS:
        raise ConfigurationError(f"{len(wrapped)} octets are no key under way", WHERE)
    in_use = _installed(device, number).key_status == KeyStatus.IN_USE
    _check(tell(device, number, Order(Kind.KEY, octets=wrapped), sealed=in_use), number)


def close_valve(device: "Device", number: int) -> bool:
    """Close the valve of a sub-meter; False where mode or sub-meter do not let it."""
    return _move_valve(device, number, State.DISCONNECTED)


def open_valve(device: "Device", number: int) -> bool:
    """Open it, or where the mode wants a person there make it ready for that."""
    if device.behaviours.mbus.channel(number).mode in DIRECT_RECONNECTION:
        return _move_valve(device, number, State.CONNECTED)
    return _move_valve(device, number, State.READY)


def _move_valve(device: "Device", number: int, state: State) -> bool:
    channel = device.behaviours.mbus.channel(number)
    if not channel.installed or not channel.mode or channel.valve == state:
        return False
    if state is State.READY and channel.valve != State.DISCONNECTED:
        return False
    return tell(device, number, Order(Kind.VALVE, state))


def _installed(device: "Device", number: int) -> Channel:
    channel = device.behaviours.mbus.channel(number)
    if not channel.installed:
        raise ConfigurationError(f"channel {number} has no sub-meter", WHERE)
    return channel


def _check(answered: bool, number: int) -> None:  # noqa: FBT001 - the outcome itself
    if not answered:
        raise ConfigurationError(f"the sub-meter of channel {number} does not take it", WHERE)
