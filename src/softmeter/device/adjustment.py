"""Setting a meter's clock and what follows for rows and rates (manual 6; IEC 62056-62, class Clock; IDIS 7.5.8).

A client sets the clock at an instant `at`, which may lie a little after the one the device has reached.
"""

from typing import TYPE_CHECKING

from softmeter.clock import NOT_SPECIFIED, DateTime
from softmeter.device.clock import HUNDREDTH, Preset
from softmeter.device.events import Event
from softmeter.device.profile import INVALID_TIME, Status
from softmeter.device.surroundings import REFERENCE_TEMPERATURE
from softmeter.device.tariff import follow
from softmeter.device.zone import FOREVER, Zone
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant

if TYPE_CHECKING:
    from softmeter.device.device import Device

QUARTER_S, MINUTE_S = 900, 60
GREATEST_SHIFT_S = 900


def set_clock(device: "Device", at: Instant, moment: DateTime) -> None:
    """Make the meter's clock show `moment` now.

    Raises:
        ConfigurationError: `moment` is not a complete, consistent time from 1971 to 2105.
    """
    hundredths = 0 if moment.hundredths == NOT_SPECIFIED else moment.hundredths
    _move_to(device, at, device.clock.zone.utc_second(moment) * SECOND + hundredths * HUNDREDTH)


def set_right(device: "Device", at: Instant) -> None:
    """Make the meter's clock show the true time, which is the bench's."""
    _move_to(device, at, at)


def shift_clock(device: "Device", at: Instant, by_s: int) -> None:
    """Move the meter's clock by -900..900 seconds, on top of what it is still being slewed by.

    Raises:
        ConfigurationError: `by_s` is outside that range.
    """
    if abs(by_s) > GREATEST_SHIFT_S:
        raise ConfigurationError(f"a shift of {by_s} s; it must be -{GREATEST_SHIFT_S}..{GREATEST_SHIFT_S}", "clock")
    clock = device.clock
    total_ns = clock.hands.pending(at) + by_s * SECOND
    if abs(by_s) <= clock.limit_s and not clock.invalid:
        clock.hands = clock.hands.slewed(at, total_ns)
        return
    _move_to(device, at, clock.time(at) + total_ns)


def round_clock(device: "Device", at: Instant, period_s: int) -> None:
    """Set the meter's clock to the nearest multiple of a period of local time: minute, quarter, measuring period.

    Raises:
        ConfigurationError: the period is not positive.
    """
    if period_s < 1:
        raise ConfigurationError(f"a period of {period_s} s has no multiples", "clock")
    now, period = device.clock.time(at), period_s * SECOND
    shift = device.clock.segment(now // SECOND).shift * SECOND
    _move_to(device, at, (now - shift + period // 2) // period * period + shift)


def preset_clock(device: "Device", moment: DateTime, valid_from: DateTime, valid_until: DateTime) -> None:
    """Keep a time for `take_preset`.

    Raises:
        ConfigurationError: one of the times is not complete.
    """
    device.clock.preset = Preset(*[device.clock.zone.utc_second(time) for time in (moment, valid_from, valid_until)])


def take_preset(device: "Device", at: Instant) -> None:
    """Set the meter's clock to the preset time.

    Raises:
        ConfigurationError: there is none, or it is not valid now.
    """
    preset = device.clock.preset
    if preset is None or not preset.valid_from <= device.clock.time(at) // SECOND <= preset.valid_until:
        raise ConfigurationError("no preset time is valid now", "clock")
    _move_to(device, at, preset.second * SECOND)


def warm_clock(device: "Device", at: Instant, temperature: int) -> None:
    """Let the meter's clock drift as it does at a temperature in degrees Celsius."""
    crystal = device.settings.crystal
    drift_ns = crystal.drift_ns + (temperature - REFERENCE_TEMPERATURE) * crystal.drift_per_degree_ns
    device.clock.hands = device.clock.hands.drifting(at, drift_ns)


def set_zone(device: "Device", at: Instant, zone: Zone) -> None:
    """Live by other rules of local time from now on; meter time in UTC goes on."""
    second = device.clock.time(at) // SECOND
    before = device.clock.segment(second).shift
    device.clock.zone = zone
    device.behaviours.schedules.leap(device, second, before - device.clock.segment(second).shift)
    _find_boundaries(device, at)
    for profile in device.profiles:
        profile.due = profile.boundary(device.clock, second)


def _move_to(device: "Device", at: Instant, time_ns: int) -> None:
    clock = device.clock
    by_ns = time_ns - clock.time(at)
    if abs(by_ns) <= clock.limit_s * SECOND and not clock.invalid:
        clock.hands = clock.hands.slewed(at, by_ns)
        return
    old = clock.stamp(at)
    latched = Status.CLOCK_ADJUSTED | (INVALID_TIME if clock.invalid else Status(0))
    clock.hands = clock.hands.turned(at, by_ns)
    clock.invalid = False
    device.record(Event.CLOCK_ADJUSTED_OLD, old)
    device.record(Event.CLOCK_ADJUSTED_NEW, clock.stamp(at))
    for profile in device.profiles:
        following = profile.boundary(clock, time_ns // SECOND)
        profile.latched |= latched
        if profile.due not in {following, FOREVER}:
            # The change leaves the running period: close it with its nominal end.
            device.capture(profile, profile.due)
            profile.latched |= Status.CLOCK_ADJUSTED
        profile.due = following
    _find_boundaries(device, at)


def _find_boundaries(device: "Device", at: Instant) -> None:
    clock = device.clock
    second = clock.time(at) // SECOND
    clock.due = clock.segment(second).end
    follow(device, second)
    device.reschedule(second)
