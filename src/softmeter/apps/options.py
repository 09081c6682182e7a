"""What a person asks of `run` and `demo`, read and checked."""

import re
from dataclasses import dataclass
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, parse_instant
from softmeter.runtime.keyfile import Keys

LONGEST_S = 36_500 * 86_400
DURATION = re.compile(r"(0|([0-9]+(\.[0-9]+)?[smhd])+)")
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Options of a start; None where the person said nothing."""

    state: Path
    config: str | None = None
    keys: Path | None = None
    known_keys: Keys | None = None
    """Those of a demo, instead of a file."""
    wan: str | None = None
    p1: str | None = None
    p1_variant: str | None = None
    p1_paced: bool = False
    """Live second by second, and only on when each reader of P1 has taken the last telegram."""
    optical: str | None = None
    mbus: str | None = None
    """The line of the meter's own M-Bus master."""
    pulses: str | None = None
    """Where the stream of pulses is."""
    pulses_paced: bool = False
    """Live second by second, and only on when each reader of pulses has taken all lines."""
    panel: str | None = None
    panel_token: str | None = None
    source: str | None = None
    start: Instant | None = None
    jump_to: Instant | None = None
    rate: float = 1.0
    off_for_ns: int | None = None
    catch_up: bool = False
    """Jump to the present where the meter is behind it, as a demo does."""
    trace: Path | None = None
    keylog: Path | None = None
    json: bool = False


def duration_ns(text: str, option: str) -> int:
    """Nanoseconds of `90s`, `15m`, `2h`, `3d` or several of them together.

    Raises:
        ConfigurationError: the text has another form.
    """
    if not DURATION.fullmatch(text):
        raise ConfigurationError(f"{text!r} is no duration; write it like 90s, 15m, 2h30m or 3d", option)
    parts = re.findall(r"([0-9.]+)([smhd])", text)
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if not seconds <= LONGEST_S:
        raise ConfigurationError(f"{text!r} is longer than {LONGEST_S // 86_400} days", option)
    return int(seconds * SECOND)


def instant(text: str | None, option: str) -> Instant | None:
    """An instant given under `option`.

    Raises:
        ConfigurationError: the text is no ISO 8601 date and time.
    """
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), option) from None
