"""Data records written: what a sub-meter answers and what it is told (EN 13757-3); `mbus_records` reads them."""

from softmeter.clock import civil_from_days

_BCD_FORMS = {2: 0x09, 4: 0x0A, 6: 0x0B, 8: 0x0C, 12: 0x0E}
_STORAGE, _VARIABLE = 0x40, 0x0D
_TIME_FORM = 0x04
TIME = 0x6D
BUS_ADDRESS = b"\x7a"
ERROR_FLAGS, KEY, REMOTE_CONTROL = b"\xfd\x17", b"\xfd\x19", b"\xfd\x1f"
"""Information of a record about errors, a key under way, and a valve."""
_FILLER = 0x2F
BLOCK = 16


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


def time(local_second: int) -> bytes:
    """A time in minutes (type F); `local_second` counts from 1970 in local time."""
    days, rest = divmod(local_second, 86_400)
    year, month, day = civil_from_days(days)
    short = year % 100
    date = (short & 0x78) << 9 | month << 8 | (short & 7) << 5 | day
    return bytes((_TIME_FORM, TIME, rest // 60 % 60, rest // 3600)) + date.to_bytes(2, "little")


def time_of(octets: bytes) -> tuple[int, int, int, int, int]:
    """Year, month, day, hour and minute of the four octets of type F."""
    date = int.from_bytes(octets[2:4], "little")
    year = date >> 5 & 7 | date >> 9 & 0x78
    return 2000 + year, date >> 8 & 0x0F, date & 0x1F, octets[1] & 0x1F, octets[0] & 0x3F


def padded(records: bytes) -> bytes:
    """Records ready for a block cipher: two fillers before, and as many after as a block needs."""
    octets = bytes((_FILLER, _FILLER)) + records
    return octets + bytes((_FILLER,)) * (-len(octets) % BLOCK)
