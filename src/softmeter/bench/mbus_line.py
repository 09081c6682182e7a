"""An M-Bus line with simulated sub-meters on it: frames in, what the line answers out (EN 13757-2, EN 13757-3).

The line itself keeps nothing. What its sub-meters remember is a text that is given to each exchange and comes back, so
whoever asks decides which past they have. An empty text is the past of sub-meters fresh from the factory.
"""

import json
from functools import reduce
from operator import and_

from softmeter.bench.submeter_orders import Hearer, obeyed
from softmeter.bench.submeter_past import NEVER, Past
from softmeter.bench.submeters import KINDS, SubMeter
from softmeter.device.mbus_channel import BATTERY, FRAUD, PERMANENT, POWER_LOW, VALVE, Moment
from softmeter.device.surroundings import SUB_METERS, Surrounded
from softmeter.errors import DecodeError
from softmeter.security.mbus import encrypt_mode_5, mode_5_configuration
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import (
    ACKNOWLEDGE,
    ADDRESS_OCTETS,
    ALL_SILENT,
    ALL_WITH_ANSWER,
    ANYBODY,
    FRAME_COUNT,
    SELECTED,
    Control,
    Frame,
    Information,
    decode,
    encode,
    matches,
)

_REQUEST = Control.REQ_UD2 & ~FRAME_COUNT
_FABRICATION_NUMBER, _NUMBER_OCTETS = b"\x0c\x78", 4


_FACTORY = Past()
_Pasts = dict[str, Past]


class MBusLine:
    """The line of some sub-meters, each at its place; behind them is one of each other kind, to be joined.

    Who was not given is there only while the bench has him there.
    """

    def __init__(self, meters: tuple[SubMeter, ...]) -> None:
        self.given = len(meters)
        names = {meter.name for meter in meters}
        spare = tuple(SubMeter(name, 1) for name in KINDS if name not in names)
        self.meters = (*meters, *spare)[:SUB_METERS]

    def exchange(self, memory: str, octets: bytes, moment: Moment) -> tuple[str, bytes]:
        """What the sub-meters remember after a master's frame, and what the master hears."""
        try:
            frame = decode(octets)
        except DecodeError:
            return memory, b""
        pasts = _recalled(memory)
        answers = []
        for place, meter in enumerate(self.meters):
            if not self.is_there(place, moment.surrounded):
                continue
            pasts[meter.title], answer = _Talk(meter, self._past(pasts, meter), place, moment).hear(frame)
            if answer:
                answers.append(answer)
        return _kept(pasts), _together(answers)

    def felt(self, memory: str, before: Moment, now: Moment) -> str:
        """What the sub-meters remember when what flows through them has become another one."""
        flows = now.surrounded.sub_meter_flows
        if flows == before.surrounded.sub_meter_flows:
            return memory
        pasts = _recalled(memory)
        for place, meter in enumerate(self.meters):
            past = self._past(pasts, meter)
            if past.flow != flows[place]:
                pasts[meter.title] = past.turned(meter, now.second, flow=flows[place])
        return _kept(pasts)

    def is_there(self, place: int, surrounded: Surrounded) -> bool:
        """Whether the sub-meter of a place can be reached."""
        if place < self.given:
            return not surrounded.sub_meters_cut >> place & 1
        return bool(surrounded.sub_meters_joined >> place & 1)

    def pasts(self, memory: str) -> tuple[Past, ...]:
        """What each sub-meter remembers, by their places."""
        pasts = _recalled(memory)
        return tuple(self._past(pasts, meter) for meter in self.meters)

    def _past(self, pasts: _Pasts, meter: SubMeter) -> Past:
        return pasts.get(meter.title, _FACTORY)


def _recalled(memory: str) -> _Pasts:
    return {title: Past(*past) for title, past in json.loads(memory).items()} if memory else {}


def _kept(pasts: _Pasts) -> str:
    changed = {title: past for title, past in pasts.items() if past != _FACTORY}
    return json.dumps(changed) if changed else ""


def _together(answers: list[bytes]) -> bytes:
    """What is heard when several answer at once: a bit is 0 as soon as one of them sends 0."""
    if not answers:
        return b""
    length = max(map(len, answers))
    return bytes(map(lambda *octets: reduce(and_, octets), *[one.ljust(length, b"\xff") for one in answers]))


class _Talk:
    """One sub-meter hears one frame."""

    def __init__(self, meter: SubMeter, past: Past, place: int, moment: Moment) -> None:
        self.meter = meter
        self.past = past
        self.place = place
        self.moment = moment

    def hear(self, frame: Frame) -> tuple[Past, bytes]:
        """What it remembers then, and its answer."""
        if frame.address == SELECTED and frame.information == Information.SELECT:
            meant = self._is_chosen(frame.content)
            self.past = self.past._replace(selected=int(meant), counted_frame=NEVER)
            return self.past, ACKNOWLEDGE if meant else b""
        if not self._is_meant(frame.address):
            return self.past, b""
        answer = self._answer(frame)
        return self.past, b"" if frame.address == ALL_SILENT else answer

    def _is_chosen(self, wanted: bytes) -> bool:
        """Whether a selection means it: by its address, and where that is said too by its fabrication number."""
        address, more = self.meter.header.address, wanted[ADDRESS_OCTETS:]
        number = more.removeprefix(_FABRICATION_NUMBER)
        if more and (len(more), len(number)) != (len(_FABRICATION_NUMBER) + _NUMBER_OCTETS, _NUMBER_OCTETS):
            return False
        return all(matches(one, address) for one in (wanted[:ADDRESS_OCTETS], number + ANYBODY[len(number) :]))

    def _is_meant(self, address: int) -> bool:
        if address == SELECTED:
            return bool(self.past.selected)
        return address in {self.past.address, ALL_WITH_ANSWER, ALL_SILENT}

    def _answer(self, frame: Frame) -> bytes:
        match frame.purpose:
            case Control.SND_NKE:
                self.past = self.past._replace(counted_frame=NEVER)
                if frame.address == SELECTED:
                    self.past = self.past._replace(selected=0)
                return ACKNOWLEDGE
            case Control.SND_UD:
                return ACKNOWLEDGE if self._takes(frame) else b""
            case Control.REQ_UD1:
                return ACKNOWLEDGE  # nothing is urgent
            case purpose if purpose in {_REQUEST, _REQUEST & ~0x10}:
                return self._says(frame.control & FRAME_COUNT)
            case _:
                return b""

    def _takes(self, frame: Frame) -> bool:
        if frame.information == Information.APPLICATION_RESET:
            return True
        is_stuck = not self.meter.kind.has_valve or bool(self._status & PERMANENT)
        past = obeyed(Hearer(self.meter, self.past, self.moment.second, is_stuck), frame)
        if past is None:
            return False
        self.past = past
        return True

    def _says(self, count: int) -> bytes:
        """The answer to a request; the same one again as long as the master's count stays."""
        past = self.past
        if past.counted_frame != count:
            past = self.past = past._replace(counted_frame=count, access=past.access + 1 & 0xFF)
        header = self.meter.header._replace(access=past.access, status=self._status)
        content = self._records()
        if past.key:
            content = mbus_writing.padded(content)
            header = header._replace(configuration=mode_5_configuration(len(content)))
            content = encrypt_mode_5(bytes.fromhex(past.key), header.address, past.access, content)
        return encode(Frame(Control.RSP_UD, past.address, Information.LONG_HEADER, header.octets + content))

    @property
    def _status(self) -> int:
        return _status(self.moment.surrounded, self.place, has_valve=self.meter.kind.has_valve)

    def _records(self) -> bytes:
        meter, past, second = self.meter, self.past, self.moment.second
        content = mbus_writing.digits(meter.kind.information, past.counted(meter, second))
        content += mbus_writing.time(second + past.clock_offset_s)
        content += mbus_writing.digits(b"\x78", int(f"{meter.identification:08x}"))
        content += mbus_writing.octet(mbus_writing.ERROR_FLAGS, _alarms(self.moment.surrounded, self.place))
        if meter.kind.has_valve:
            content += mbus_writing.octet(mbus_writing.REMOTE_CONTROL, past.valve)
        return content


def _status(surrounded: Surrounded, place: int, *, has_valve: bool) -> int:
    low, broken = (word >> place & 1 for word in (surrounded.sub_meters_weak, surrounded.sub_meters_broken))
    return POWER_LOW * low | PERMANENT * broken | VALVE * (broken and has_valve)


def _alarms(surrounded: Surrounded, place: int) -> int:
    low, opened = (word >> place & 1 for word in (surrounded.sub_meters_weak, surrounded.sub_meters_opened))
    return BATTERY * low | FRAUD * opened
