"""What a power cut does: events, status bits, missed rows (manual 6, 8.1; IDIS package 2, 7.5.8)."""

from typing import TYPE_CHECKING

from softmeter.device.events import Event
from softmeter.device.instantaneous import NOTHING
from softmeter.device.profile import Status
from softmeter.device.tariff import follow
from softmeter.instant import SECOND, Instant, at_second, whole_second

if TYPE_CHECKING:
    from softmeter.device.device import Device


def power_down(device: "Device", at: Instant) -> None:
    """Lose power: what is in RAM is gone."""
    device.progress.lost_at = at
    device.instantaneous = NOTHING
    for behaviour in device.behaviours:
        behaviour.power_down(device, at)


def power_up(device: "Device", at: Instant) -> None:
    """Have power again: log the cut, supplement the rows it missed, find out what is valid now."""
    progress, clock = device.progress, device.clock
    lost_at = progress.lost_at
    if lost_at is None:
        return
    progress.lost_at = None
    device.record(Event.POWER_DOWN, clock.stamp(lost_at))
    for profile in device.profiles:
        profile.latched |= Status.POWER_DOWN
    reserve_lost = at - lost_at > device.settings.reserve_s * SECOND
    if reserve_lost:  # go on with the time of power down
        clock.hands = clock.hands.turned(at, clock.time(lost_at) - clock.time(at))
        clock.invalid = True
    else:
        _supplement(device, at)
    device.record(Event.POWER_UP, clock.stamp(at))
    if reserve_lost:
        device.record(Event.CLOCK_INVALID, clock.stamp(at))
    second = clock.time(at) // SECOND
    clock.due = clock.segment(second).end
    for behaviour in device.behaviours:
        if behaviour.measures:
            behaviour.power_up(device, at)
    follow(device, second)
    for behaviour in device.behaviours:
        if not behaviour.measures:
            behaviour.power_up(device, at)


def _supplement(device: "Device", at: Instant) -> None:
    """Write the rows that were due before `at`, with the registers as they stood and stand."""
    clock = device.clock
    until = clock.time(at_second(whole_second(at))) // SECOND
    for profile in device.profiles:
        while profile.due <= until:
            due = profile.due
            device.capture(profile, due)
            profile.due = profile.boundary(clock, due)
            if clock.time(at) > due * SECOND:  # the cut reached into the next period too
                profile.latched = Status.POWER_DOWN
