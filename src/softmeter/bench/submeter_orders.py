"""What a simulated sub-meter lets itself be told: plainly before it has a key, in encryption mode 5 after that.

With a key it takes plainly only what needs no secrecy: its primary address, and a key, which travels wrapped. What came
before does not count twice: an access number of the last orders is refused, and so is a key with an old counter. The
very same frame again, as after a lost acknowledgement, is acknowledged and changes nothing (EN 13757-3; OMS, volume 2;
DSMR P2).
"""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

from softmeter.bench.submeter_past import Past
from softmeter.bench.submeters import SubMeter
from softmeter.device.breaker import State
from softmeter.errors import DecodeError, SecurityError
from softmeter.security.mbus import MODE_5, decrypt_mode_5, encrypted_octets, key_counter, mode_of, unwrap
from softmeter.wire import mbus_times, mbus_writing
from softmeter.wire.cursor import Cursor
from softmeter.wire.mbus import MOST_PRIMARY, Frame, Header, Information
from softmeter.wire.mbus_records import Record, records

REMEMBERED = 16
"""How many access numbers of orders a sub-meter remembers."""
_DIGEST_OCTETS = 4
_ACCESS = len(Header(0, 0, 0, 0).address)
"""Where a long header has the access number."""


class Hearer(NamedTuple):
    """A sub-meter that hears an order at a bench second; `is_stuck`: its valve cannot move."""

    meter: SubMeter
    past: Past
    second: int
    is_stuck: bool


class _Refused(Exception):  # noqa: N818 - an outcome, not a fault
    """The order is not taken."""


def obeyed(hearer: Hearer, frame: Frame) -> Past | None:
    """What the sub-meter remembers after an order; None where it does not take it."""
    digest = _digest(frame.content)
    try:
        content, is_sealed = _content(hearer, frame, digest)
        if content is None:
            return hearer.past
        if frame.information == Information.CLOCK:
            past = _clock_set(hearer, content)
        else:
            past = _told(hearer, content, is_sealed=is_sealed)
    except (DecodeError, SecurityError, _Refused):
        return None
    if not is_sealed:
        return past
    access = frame.content[_ACCESS : _ACCESS + 1].hex() if past.key == hearer.past.key else ""
    return past._replace(accesses=(past.accesses + access)[-2 * REMEMBERED :], last_order=digest)


def _digest(octets: bytes) -> str:
    return sha256(octets).digest()[:_DIGEST_OCTETS].hex()


def _content(hearer: Hearer, frame: Frame, digest: str) -> tuple[bytes | None, bool]:
    """The records of an order, None where it was taken before; whether they were encrypted."""
    past = hearer.past
    if frame.information == Information.DATA:
        return frame.content, False
    if frame.information not in {Information.COMMAND, Information.CLOCK}:
        raise _Refused
    cursor = Cursor(frame.content)
    header, content = Header.read(cursor), cursor.rest()
    if header.address != hearer.meter.header.address:
        raise _Refused
    mode = mode_of(header.configuration)
    if mode == 0:
        if past.key and frame.information == Information.CLOCK:
            raise _Refused
        return content, False
    if mode != MODE_5 or not past.key or encrypted_octets(header.configuration) != len(content):
        raise _Refused
    if digest == past.last_order:
        return None, True
    if header.access in bytes.fromhex(past.accesses):
        raise _Refused
    return decrypt_mode_5(bytes.fromhex(past.key), header.address, header.access, content), True


def _clock_set(hearer: Hearer, content: bytes) -> Past:
    """The past with the clock set by what a frame for it says."""
    content = content.lstrip(bytes((mbus_writing.FILLER,)))
    if len(content) < mbus_writing.CLOCK_OCTETS or content[0] != mbus_writing.SET_CLOCK:
        raise _Refused
    return _take_time(hearer, content[1 : 1 + mbus_times.SECONDS])


def _told(hearer: Hearer, content: bytes, *, is_sealed: bool) -> Past:
    """The past after all records, or none of them."""
    found = list(records(Cursor(content)))
    if not found:
        raise _Refused
    for record in found:
        hearer = hearer._replace(past=_obeyed(hearer, record, content, is_sealed=is_sealed))
    return hearer.past


def _obeyed(hearer: Hearer, record: Record, content: bytes, *, is_sealed: bool) -> Past:
    information = content[record.at + record.data : record.at + record.head]
    order = _ORDERS.get(information)
    if order is None or (hearer.past.key and not is_sealed and information not in _PLAIN):
        raise _Refused
    return order(hearer, content[record.at + record.head : record.at + record.size])


def _take_address(hearer: Hearer, octets: bytes) -> Past:
    """Be called by another primary address from now on."""
    if len(octets) != 1 or octets[0] > MOST_PRIMARY:
        raise _Refused
    return hearer.past._replace(address=octets[0])


def _take_time(hearer: Hearer, octets: bytes) -> Past:
    """Set the clock."""
    local = mbus_times.local_second_of(octets)
    if local is None:
        raise _Refused
    now = hearer.second if len(octets) == mbus_times.SECONDS else hearer.second // 60 * 60
    return hearer.past._replace(clock_offset_s=local - now)


def _take_key(hearer: Hearer, octets: bytes) -> Past:
    """Encrypt with another key from now on."""
    past, wrapped = hearer.past, octets[1:]
    digest = _digest(wrapped)
    if past.key and digest == past.last_key:
        return past
    key, counter = unwrap(hearer.meter.default_key, wrapped, hearer.meter.header.address), key_counter(wrapped)
    if counter is not None and counter <= past.key_counter:
        raise _Refused
    return past._replace(
        key=key.hex(),
        key_counter=past.key_counter if counter is None else counter,
        last_key=digest,
        accesses="",
    )


def _move_valve(hearer: Hearer, octets: bytes) -> Past:
    """Open or close the valve: nothing is counted behind a closed one."""
    if hearer.is_stuck or len(octets) != 1 or octets[0] > State.READY:
        raise _Refused
    return hearer.past.turned(hearer.meter, hearer.second, valve=octets[0])


_ORDERS: dict[bytes, Callable[[Hearer, bytes], Past]] = {
    mbus_writing.BUS_ADDRESS: _take_address,
    bytes((mbus_writing.TIME,)): _take_time,
    mbus_writing.KEY: _take_key,
    mbus_writing.REMOTE_CONTROL: _move_valve,
}
"""What a record does, by its value information."""
_PLAIN = frozenset({mbus_writing.BUS_ADDRESS, mbus_writing.KEY})
"""What a sub-meter with a key takes plainly."""
