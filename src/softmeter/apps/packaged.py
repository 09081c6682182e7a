"""Text files that a person gives by their path, or by the name of one that comes with the program."""

from collections.abc import Collection
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from softmeter.errors import ConfigurationError


def text_of(path_or_name: str, package: str, names: Collection[str]) -> str:
    """The text of a TOML file, or of one of `names` in `package`.

    Raises:
        ConfigurationError: it cannot be read.
    """
    if path_or_name in names:
        return (files(package) / f"{path_or_name}.toml").read_text("utf-8")
    try:
        return Path(path_or_name).read_text("utf-8")
    except OSError as error:
        close = get_close_matches(path_or_name, names, n=1)
        known = f"did you mean {close[0]}?" if close else f"give a file, or one of: {', '.join(names)}"
        message = f"cannot be read ({error.strerror}); {known}"
        raise ConfigurationError(message, path_or_name) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text in UTF-8", path_or_name) from None
    except ValueError:  # a name with a NUL in it
        raise ConfigurationError("cannot be the name of a file", repr(path_or_name)) from None
