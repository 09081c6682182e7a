"""Data records written: what a sub-meter answers and what it is told (EN 13757-3); `mbus_records` reads them."""

from softmeter.wire import mbus_times

_BCD_FORMS = {2: 0x09, 4: 0x0A, 6: 0x0B, 8: 0x0C, 12: 0x0E}
_STORAGE, _VARIABLE = 0x40, 0x0D
_TIME_FORM = 0x04
TIME = 0x6D
BUS_ADDRESS = b"\x7a"
ERROR_FLAGS, KEY, REMOTE_CONTROL = b"\xfd\x17", b"\xfd\x19", b"\xfd\x1f"
"""Information of a record about errors, a key under way, and a valve."""
FILLER = 0x2F
BLOCK = 16
SET_CLOCK = 0x00
CLOCK_OCTETS, _CLOCK_RESERVED = 10, 3


def digits(information: bytes, value: int, count: int = 8, *, storage: int = 0) -> bytes:
    """A number of `count` decimal digits, the highest left out where there are more."""
    text = f"{value % 10**count:0{count}d}"
    form = _BCD_FORMS[count] | (_STORAGE if storage else 0)
    return bytes((form,)) + information + bytes.fromhex(text)[::-1]


def octet(information: bytes, value: int) -> bytes:
    """A number of one octet."""
    return b"\x01" + information + bytes((value,))


def string(information: bytes, octets: bytes) -> bytes:
    """Octets in the order in which they are sent."""
    return bytes((_VARIABLE,)) + information + bytes((len(octets),)) + octets


def time(local_second: int, *, summer: bool = False) -> bytes:
    """A time in minutes (type F); `local_second` counts from 1970 in local time."""
    return bytes((_TIME_FORM, TIME)) + mbus_times.minutes(local_second, summer=summer)


def clock(local_second: int, *, summer: bool = False) -> bytes:
    """What a frame for the clock says: that it be set, to a time in seconds (type I), and what is reserved."""
    return bytes((SET_CLOCK,)) + mbus_times.seconds(local_second, summer=summer) + bytes(_CLOCK_RESERVED)


def padded(records: bytes) -> bytes:
    """Records ready for a block cipher: two fillers before, and as many after as a block needs."""
    octets = bytes((FILLER, FILLER)) + records
    return octets + bytes((FILLER,)) * (-len(octets) % BLOCK)
