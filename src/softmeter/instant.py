"""The two kinds of time: the bench's `Instant` and a peer's `LinkTime`."""

from datetime import UTC, datetime
from typing import NewType

from softmeter.errors import ConfigurationError

Instant = NewType("Instant", int)
"""Nanoseconds since 1970-01-01T00:00:00Z: the time in which the world and the meter live."""

LinkTime = NewType("LinkTime", float)
"""Monotonic seconds: what a peer waits for. Runs at real speed whatever the bench's rate."""

SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at_second(second: int) -> Instant:
    """The instant at which UTC second `second` begins."""
    return Instant(second * SECOND)


def whole_second(instant: Instant) -> int:
    """The UTC second that contains `instant`."""
    return instant // SECOND


def parse_instant(text: str) -> Instant:
    """Read an ISO 8601 date and time; without an offset it is UTC.

    Raises:
        ConfigurationError: `text` is no date and time, or one outside 1970..2105.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        message = f"{text!r} is no ISO 8601 date and time; write it like 2026-01-31T12:00:00Z"
        raise ConfigurationError(message) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    passed = moment - _EPOCH
    nanoseconds = (passed.days * 86_400 + passed.seconds) * SECOND + passed.microseconds * 1000
    if not 0 <= nanoseconds < 2**32 * SECOND:
        raise ConfigurationError(f"{text!r} lies outside the years 1970 to 2105 that a meter's clock can hold")
    return Instant(nanoseconds)


def iso(instant: Instant) -> str:
    """Write `instant` as ISO 8601 in UTC, with milliseconds only where they are not zero."""
    second, rest = divmod(instant, SECOND)
    moment = datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
    fraction = f".{rest // 1_000_000:03d}" if rest >= 1_000_000 else ""
    return f"{moment.isoformat()}{fraction}Z"
