"""Libraries that only some recordings need: they come with an extra and are imported when they are needed."""

from importlib import import_module
from types import ModuleType

from softmeter.errors import ConfigurationError


def extra_module(module: str, extra: str, where: str) -> ModuleType:
    """The module, which the extra brings.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(f"needs the extra {extra}: pip install 'softmeter[{extra}]'", where) from None
