"""Files that commands write: looked at before a meter is asked, and never in place of something of another kind."""

import os
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_kind


def replaces(path: Path, kind: str, begins: tuple[bytes, ...]) -> bool:
    """Whether there is a file of the same kind, which is to be replaced; `begins`: how files of this kind begin.

    Raises:
        ConfigurationError: nothing can be written there, or something else would be lost.
    """
    parent = Path(os.path.realpath(path)).parent if path.is_symlink() else path.parent
    if path.is_dir():
        raise ConfigurationError("is a directory; name a file in it", str(path))
    if path.exists() and not path.is_file():
        return False  # a pipe or a device takes what comes
    if not parent.is_dir():
        raise ConfigurationError(f"there is no directory {parent}; make it first, or name another file", str(path))
    if not os.access(parent, os.W_OK):
        raise ConfigurationError(f"nothing may be written in {parent.absolute()}; name another file", str(path))
    if not path.exists():
        return False
    check_kind(path, kind, begins)
    return True
