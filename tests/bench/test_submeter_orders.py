"""What a simulated sub-meter lets itself be told, before and after it has a key: both forms, forgeries, and replays."""

import pytest

from bench.test_mbus_line import NOON, Wires
from softmeter.bench.submeter_past import Past
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.breaker import State
from softmeter.security.mbus import encrypt_mode_5, mode_5_configuration, wrap_dsmr4, wrap_smr5
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import ACKNOWLEDGE, Control, Frame, Header, Information

(GAS,) = parse_sub_meters("gas:3")
KEY, NEXT = bytes(range(16)), bytes(range(16, 32))
CLOSE = mbus_writing.octet(mbus_writing.REMOTE_CONTROL, State.DISCONNECTED)
OPEN = mbus_writing.octet(mbus_writing.REMOTE_CONTROL, State.CONNECTED)
LOCAL = 1_800_000_000


def sealed(
    plain: bytes,
    access: int = 1,
    *,
    key: bytes = KEY,
    header: Header = GAS.header,
    information: Information = Information.COMMAND,
) -> Frame:
    octets = mbus_writing.padded(plain)
    head = header._replace(access=access, configuration=mode_5_configuration(len(octets)))
    content = head.octets + encrypt_mode_5(key, header.address, access, octets)
    return Frame(Control.SND_UD, 0, information, content)


def plainly(content: bytes) -> Frame:
    return Frame(Control.SND_UD, 0, Information.DATA, content)


def key_record(wrapped: bytes) -> bytes:
    return mbus_writing.string(mbus_writing.KEY, wrapped)


class Keyed(Wires):
    """A gas meter that has taken a key."""

    def __init__(self) -> None:
        super().__init__("gas:3")
        assert self.takes(plainly(key_record(wrap_smr5(GAS.default_key, KEY, GAS.header.address, 5))))

    def takes(self, frame: Frame) -> bool:
        return self.say(frame) == ACKNOWLEDGE

    @property
    def past(self) -> Past:
        return self.line.pasts(self.memory)[0]


@pytest.fixture
def keyed() -> Keyed:
    return Keyed()


def test_with_a_key_orders_are_taken_encrypted_and_not_plainly(keyed: Keyed) -> None:
    assert not keyed.takes(plainly(CLOSE))
    assert not keyed.takes(plainly(mbus_writing.time(LOCAL)))
    assert keyed.past.valve == State.CONNECTED
    assert keyed.takes(sealed(CLOSE))
    assert keyed.past.valve == State.DISCONNECTED
    assert keyed.takes(plainly(mbus_writing.octet(mbus_writing.BUS_ADDRESS, 0)))


def test_a_clock_is_set_by_its_own_frame(keyed: Keyed) -> None:
    frame = sealed(mbus_writing.clock(LOCAL + 7, summer=True), information=Information.CLOCK)
    assert keyed.takes(frame)
    assert NOON.second + keyed.past.clock_offset_s == LOCAL + 7
    added = bytes((1,)) + mbus_writing.clock(LOCAL)[1:]
    assert not keyed.takes(sealed(added, 2, information=Information.CLOCK))
    assert not keyed.takes(sealed(bytes(mbus_writing.CLOCK_OCTETS), 3, information=Information.CLOCK))
    assert not keyed.takes(sealed(b"", 4, information=Information.CLOCK))
    bare = Frame(Control.SND_UD, 0, Information.CLOCK, GAS.header.octets + mbus_writing.clock(LOCAL))
    assert not keyed.takes(bare)
    fresh = Wires("gas:3")
    assert fresh.say(bare) == ACKNOWLEDGE
    assert fresh.say(plainly(mbus_writing.time(LOCAL))) == ACKNOWLEDGE


def test_an_order_of_before_is_not_taken_again(keyed: Keyed) -> None:
    close, reopen = sealed(CLOSE, 7), sealed(OPEN, 8)
    assert keyed.takes(close)
    assert keyed.takes(close)  # its acknowledgement may have been lost
    assert keyed.takes(reopen)
    assert not keyed.takes(close)
    assert not keyed.takes(sealed(CLOSE, 8))
    assert keyed.past.valve == State.CONNECTED
    for access in range(9, 9 + 15):
        assert keyed.takes(sealed(OPEN, access))
    assert not keyed.takes(sealed(CLOSE, 8))
    assert keyed.takes(sealed(CLOSE, 7))  # after sixteen others the number may come again


@pytest.mark.parametrize(
    "frame",
    [
        sealed(CLOSE, key=NEXT),
        sealed(CLOSE, header=GAS.header._replace(identification=0x12345678)),
        sealed(CLOSE)._replace(content=sealed(CLOSE).content[:-1]),
        sealed(CLOSE)._replace(content=sealed(CLOSE).content + bytes(16)),
        sealed(CLOSE)._replace(content=GAS.header.octets[:7]),
        sealed(CLOSE)._replace(content=GAS.header._replace(configuration=0x0710).octets + bytes(16)),
        sealed(mbus_writing.digits(b"\x13", 0)),
        sealed(b""),
    ],
)
def test_forged_orders_change_nothing(keyed: Keyed, frame: Frame) -> None:
    before = keyed.past
    assert not keyed.takes(frame)
    assert keyed.past == before


def test_an_encrypted_order_before_there_is_a_key(keyed: Keyed) -> None:
    del keyed
    assert Wires("gas:3").say(sealed(CLOSE)) == b""


def test_a_key_of_before_is_not_taken_again(keyed: Keyed) -> None:
    default, address = GAS.default_key, GAS.header.address
    first, second = (key_record(wrap_smr5(default, key, address, number)) for key, number in ((KEY, 5), (NEXT, 6)))
    assert keyed.takes(plainly(first))  # the last one, again
    assert keyed.takes(sealed(second))
    assert keyed.past.key == NEXT.hex()
    for old in (first, key_record(wrap_smr5(default, KEY, address, 6)), key_record(wrap_smr5(NEXT, KEY, address, 9))):
        assert not keyed.takes(plainly(old))
    assert keyed.past.key == NEXT.hex()
    assert keyed.takes(plainly(key_record(wrap_dsmr4(default, KEY))))
    assert keyed.takes(sealed(CLOSE))
