"""In which forms a key of an M-Bus sub-meter travels; apart from what wraps it, so that `--help` is quick."""

from enum import Enum


class Form(Enum):
    """By AES in GCM with a counter, or by AES in CBC."""

    SMR5 = "smr5"
    DSMR4 = "dsmr4"
