"""Settings as `--source` writes them: `key=value`, joined by a separator."""

from softmeter.errors import ConfigurationError


def settings_of(text: str, separator: str, where: str) -> dict[str, str]:
    """The settings by their keys.

    Raises:
        ConfigurationError: a key is given twice.
    """
    settings: dict[str, str] = {}
    for part in filter(None, text.split(separator)):
        key, _, value = part.partition("=")
        if key.strip() in settings:
            raise ConfigurationError(f"{key.strip()!r} is given twice", where)
        settings[key.strip()] = value.strip()
    return settings


def refuse(left_over: dict[str, str], known: str, where: str) -> None:
    """Name what nobody took.

    Raises:
        ConfigurationError: there is anything.
    """
    for key in left_over:
        raise ConfigurationError(f"{key!r} is not known; known here: {known}", where)


def whole(key: str, text: str, least: int, greatest: int, where: str) -> int:
    """A whole number within limits.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        value = int(text)
    except ValueError:
        raise ConfigurationError(f"{key}={text!r} is not a whole number", where) from None
    if not least <= value <= greatest:
        raise ConfigurationError(f"{key}={text} lies outside {least}..{greatest}", where)
    return value


def factor(key: str, text: str, where: str) -> float:
    """A factor, not 0.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1e-12 <= abs(value) <= 1e12:
        raise ConfigurationError(f"{key}={text!r} is no factor", where)
    return value
