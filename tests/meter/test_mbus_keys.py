"""Orders of a meter to sub-meters that have a key: what stands on the line, and what comes of it."""

import pytest

from meter.test_alarms import get, live
from meter.test_mbus import GAS, HOUR, USER_KEY, call, client, codes, install, installed, meter_of, octets, restarted
from meter.test_mbus_outside import Outside
from softmeter.bench.mbus_line import MBusLine
from softmeter.device.events import Log
from softmeter.device.mbus_channel import KeyStatus, Moment
from softmeter.errors import AccessError
from softmeter.meter.mbus_bus import FramedBus
from softmeter.security.mbus import wrap_dsmr4, wrap_smr5
from softmeter.wire.mbus import Header, Information, decode
from softmeter.wire.types import Data, Tag

METER = meter_of(GAS)
NEW_KEY = bytes(range(16, 32))


class Overheard(Outside):
    """A meter with a keyed sub-meter on a line outside, and everything that was said to it."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[bytes] = []
        line = MBusLine((METER,))

        def exchange(memory: str, frame: bytes, moment: Moment) -> tuple[str, bytes]:
            self.said.append(frame)
            return line.exchange(memory, frame, moment)

        self.bus = FramedBus(exchange)
        install(self.made)
        self.perform()
        call(self.made, 1, 8, octets(wrap_smr5(METER.default_key, USER_KEY, METER.header.address, 1)))
        call(self.made, 1, 7, octets(USER_KEY))
        self.perform()

    def orders(self) -> list[tuple[int | None, bytes]]:
        """Content information and content of what was said since the last time, selections and requests left out."""
        frames = [decode(frame) for frame in self.said]
        self.said.clear()
        return [
            (one.information, one.content)
            for one in frames
            if one.information is not None and one.information != Information.SELECT
        ]


def test_with_a_key_orders_travel_encrypted() -> None:
    line = Overheard()
    line.orders()
    call(line.made, 1, 1, class_id=70)
    call(line.made, 1, 5, Data(Tag.INTEGER, 0))
    record = Data(Tag.STRUCTURE, (octets(b"\x01"), octets(b"\xfd\x1f"), Data(Tag.UNSIGNED, 1)))
    call(line.made, 1, 6, Data(Tag.ARRAY, (record,)))
    line.perform()
    said = line.orders()
    assert [information for information, _ in said] == [Information.COMMAND, Information.CLOCK, Information.COMMAND]
    for _, content in said:
        assert content[:8] == METER.header.address
        assert content[10:12] == bytes.fromhex("1005")
        assert b"\xfd\x1f" not in content[12:]
    assert len({content[8] for _, content in said}) == 3
    assert codes(line.made, Log.M_BUS_CONTROL_1) == [162]
    assert codes(line.made)[-1] == 104


def test_a_key_travels_plainly_until_one_is_in_use() -> None:
    line = Overheard()
    assert [one for one, content in line.orders() if METER.header.address not in content] == [Information.DATA] * 2
    call(line.made, 1, 3, Data(Tag.INTEGER, 0))
    line.perform()
    assert client(line.made, 14) == KeyStatus.IN_USE
    line.orders()
    call(line.made, 1, 8, octets(wrap_smr5(METER.default_key, NEW_KEY, METER.header.address, 2)))
    line.perform()
    assert [one for one, _ in line.orders()] == [Information.COMMAND]
    call(line.made, 1, 7, octets(NEW_KEY))
    call(line.made, 1, 3, Data(Tag.INTEGER, 0))
    line.perform()
    assert client(line.made, 14) == KeyStatus.IN_USE


def test_a_sub_meter_that_used_its_key_is_not_believed_plainly() -> None:
    made = installed()
    call(made, 1, 8, octets(wrap_dsmr4(METER.default_key, USER_KEY)))
    call(made, 1, 7, octets(USER_KEY))
    call(made, 1, 3)
    assert client(made, 14) == KeyStatus.IN_USE
    mbus = made.meter.device.behaviours.mbus
    mbus.memory = mbus.memory.replace(USER_KEY.hex(), "")  # somebody who says he is the same, and has no key
    with pytest.raises(AccessError):
        call(made, 1, 3)
    assert codes(made)[-1] == 100
    call(made, 1, 7, octets(b""))
    call(made, 1, 3)
    assert codes(made)[-1] == 101


def test_access_numbers_go_on_after_a_restart_and_a_de_installation() -> None:
    made = installed()
    for key in (USER_KEY, NEW_KEY):
        call(made, 1, 8, octets(wrap_dsmr4(METER.default_key, key)))
        call(made, 1, 7, octets(key))
    call(made, 1, 5)
    again = restarted(made)
    assert again.meter.device.behaviours.mbus.sent == made.meter.device.behaviours.mbus.sent == 1
    call(again, 1, 5)
    call(again, 1, 2, Data(Tag.INTEGER, 0))
    saved = again.meter.device.behaviours.mbus.saved()
    assert not [name for name, value in saved.items() if isinstance(value, bytes)]
    install(again, 2)
    call(again, 2, 7, octets(NEW_KEY))
    call(again, 2, 1, class_id=70)
    live(again, HOUR)
    assert get(again, 70, "0-2:24.4.0", 3).value == 0
    assert client(again, 14, 2) == KeyStatus.IN_USE


def test_a_longer_order_has_room_for_less_when_it_is_encrypted() -> None:
    made = installed()
    call(made, 1, 7, octets(USER_KEY))
    record = Data(Tag.STRUCTURE, (octets(b"\x0d"), octets(b"\x78"), octets(bytes(237))))
    with pytest.raises(AccessError, match="1 to 238"):
        call(made, 1, 6, Data(Tag.ARRAY, (record,)))
    assert len(Header(0, 0, 0, 0).octets) + 240 == 252
