"""Recorded data that the demonstration runs on; `LICENSES.md` beside this file says whose it is."""

from importlib.resources import files
from io import BytesIO
from typing import BinaryIO

DARMSTADT_POWER = "darmstadt_2012-01-20.csv"
SCEAUX_VOLTAGE = "sceaux_2007-02-01.csv"
APPLIANCE_HARMONICS = "appliance_harmonics.csv"


def packaged(name: str) -> BinaryIO:
    """A file of this package, as an open stream."""
    return BytesIO(files(__name__).joinpath(name).read_bytes())
