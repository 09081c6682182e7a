"""Units as recordings write them: V, A, W, var and Hz, with m, k or M before them."""

import re

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import Column

SYMBOLS = {
    Column.VOLTAGE: "V",
    Column.CURRENT: "A",
    Column.ACTIVE_POWER: "W",
    Column.REACTIVE_POWER: "var",
    Column.FREQUENCY: "Hz",
}
_PREFIXES = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6}
_UNIT = re.compile(rf"([mkM]?)({'|'.join(SYMBOLS.values())})")


def known_unit(text: str) -> tuple[str, float] | None:
    """The symbol without its prefix, and what one of the unit is in it: `kV` is 1000 V. None: no unit of ours."""
    match = _UNIT.fullmatch(text.strip())
    return (match[2], _PREFIXES[match[1]]) if match else None


def factor_to(column: Column, text: str, where: str) -> float:
    """What one of the unit `text` is in the unit of `column`.

    Raises:
        ConfigurationError: it is a unit of something else, or none that is known.
    """
    unit, symbol = known_unit(text), SYMBOLS[column]
    if unit is None or unit[0] != symbol:
        raise ConfigurationError(
            f"{column} is said to be in {text!r}; possible are {symbol}, m{symbol}, k{symbol}", where
        )
    return unit[1]
