"""Orders of the meter as an M-Bus line carries them: plainly, or to a sub-meter with a key encrypted in mode 5.

With a key data travel under CI 5B and a time under CI 6C, each with the sub-meter's address and an access number of the
meter's own; without one both are records under CI 51. A primary address is told before a key
can be, and never secret (EN 13757-3; OMS, volume 2; DSMR P2).
"""

from typing import NamedTuple

from softmeter.device.mbus_channel import Asked, Kind, Order
from softmeter.security.mbus import encrypt_mode_5, mode_5_configuration
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Header, Information


class Written(NamedTuple):
    """The content of a frame, and what it is."""

    information: Information
    content: bytes


def written(order: Order, asked: Asked) -> Written:
    """What is sent to whoever is asked."""
    if not asked.key or order.kind is Kind.ADDRESS:
        return Written(Information.DATA, _records(order))
    if order.kind is Kind.TIME:
        return _sealed(Information.CLOCK, mbus_writing.clock(order.number, summer=order.summer), order, asked)
    return _sealed(Information.COMMAND, _records(order), order, asked)


def _sealed(information: Information, plain: bytes, order: Order, asked: Asked) -> Written:
    padded = mbus_writing.padded(plain)
    header = Header(*asked.identity, access=order.access, configuration=mode_5_configuration(len(padded)))
    return Written(information, header.octets + encrypt_mode_5(asked.key, header.address, order.access, padded))


def _records(order: Order) -> bytes:
    match order.kind:
        case Kind.ADDRESS:
            return mbus_writing.octet(mbus_writing.BUS_ADDRESS, order.number)
        case Kind.TIME:
            return mbus_writing.time(order.number, summer=order.summer)
        case Kind.VALVE:
            return mbus_writing.octet(mbus_writing.REMOTE_CONTROL, order.number)
        case Kind.KEY:
            return mbus_writing.string(mbus_writing.KEY, order.octets)
        case Kind.RECORDS:
            return order.octets
