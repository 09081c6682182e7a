"""What a mode C read-out of the optical port says (IEC 62056-21, 6.4; EN 13757-1): a list that clients may set.

The factory's list is identification, version, time and main registers of all rates in use. Energies are in kWh or
kvarh, cut to whole Wh as everywhere; other numbers have the decimals of their scaler.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from softmeter.clock import DateTime
from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.capture import CaptureObject
from softmeter.cosem.classes.readout_list import MOST_OBJECTS
from softmeter.device.display import DisplayValue, Reading
from softmeter.device.display_lists import Item
from softmeter.errors import AccessError
from softmeter.meter.displayable import displayable, encoded, value
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.telegram import wrapped
from softmeter.wire.types import NULL, array_of, encode_data, struct

READOUT_LIST = Obis(0, 0, 21, 0, 0)
SHOWN_RATES = 2

_KEY = b"\x00\x07" + READOUT_LIST.octets + b"\x03"
_OBJECTS = array_of(struct(CaptureObject), most=MOST_OBJECTS)
_IDENTIFICATION = ("0-0:96.1.0", "0-0:96.1.1", "1-0:0.2.0", "1-0:0.9.1", "1-0:0.9.2")
_CODES = {Obis.parse("0-0:96.1.0"): "C.1.0", Obis.parse("0-0:96.1.1"): "0.0.0"}
"""Names that a read-out has of old; the others are value groups C, D and E."""
_ENERGIES = {Unit.WATT_HOUR: "kWh", Unit.VAR_HOUR: "kvarh", Unit.VOLT_AMPERE_HOUR: "kVAh"}
_LOCAL_DATE = (0, 9, 2)
_RESERVED = frozenset("()*/!")


@dataclass
class LocalReadout:
    """The list of a meter; it has no period, as it is read out whenever somebody asks."""

    meter: Presented

    @property
    def objects(self) -> tuple[CaptureObject, ...]:
        stored = self.meter.attributes.get(_KEY)
        return tuple(self._factory()) if stored is None else tuple(_OBJECTS.decode(stored))

    @objects.setter
    def objects(self, objects: tuple[CaptureObject, ...]) -> None:
        if not objects:
            raise AccessError(DataAccessResult.OTHER_REASON, "a read-out of nothing")
        for wanted in objects:
            if not displayable(self.meter, _item(wanted)):
                message = f"{wanted.class_id},{wanted.name},{wanted.attribute} cannot be read out as a line"
                raise AccessError(DataAccessResult.OTHER_REASON, message)
        self.meter.attributes[_KEY] = _OBJECTS.encode(objects)

    @property
    def period_s(self) -> int:
        return 0

    @period_s.setter
    def period_s(self, period_s: int) -> None:
        if period_s:
            raise AccessError(
                DataAccessResult.OTHER_REASON, "a read-out has no period: it is made when it is asked for"
            )

    def values(self) -> Sequence[bytes]:
        """What the objects hold now, encoded."""
        absent = encode_data(NULL)
        return [encoded(self.meter, _item(one)) or absent for one in self.objects]

    def _factory(self) -> Iterator[CaptureObject]:
        for obis in _IDENTIFICATION:
            yield CaptureObject(1, Obis.parse(obis), 2, 0)
        rates = max(SHOWN_RATES, self.meter.device.tariff.table.highest_rate)
        for direction in (1, 2):
            for rate in range(rates + 1):
                yield CaptureObject(3, Obis(1, 0, direction, 8, rate), 2, 0)


def readout(meter: Presented) -> tuple[str, ...]:
    """The lines of the data message; what there is not has no line."""
    lines = (_line(_item(one), value(meter, _item(one))) for one in LocalReadout(meter).objects)
    return tuple(line for line in lines if line)


def _item(wanted: CaptureObject) -> Item:
    return Item(wanted.class_id, wanted.name, wanted.attribute, data_index=wanted.data_index)


def _line(item: Item, shown: DisplayValue | None) -> str:
    if shown is None:
        return ""
    obis = item.obis
    return f"{_CODES.get(obis, f'{obis.c}.{obis.d}.{obis.e}')}({_text(obis, shown)})"


def _text(obis: Obis, shown: DisplayValue) -> str:
    if isinstance(shown, Reading):
        return _number(shown)
    if isinstance(shown, DateTime):
        date = f"{shown.year % 100:02d}-{shown.month:02d}-{shown.day:02d}"
        return f"{date} {shown.hour:02d}:{shown.minute:02d}:{shown.second:02d}"
    if obis[2:5] == _LOCAL_DATE:
        return shown.replace(".", "-")
    return shown.encode("ascii").hex().upper() if _RESERVED & set(shown) else shown


def _number(shown: Reading) -> str:
    energy = _ENERGIES.get(shown.unit)
    if energy is not None and shown.scaler == 0 and shown.number >= 0:
        return f"{wrapped(shown.number, 9, 3)}*{energy}"
    unit = "" if shown.unit is Unit.COUNT else f"*{shown.unit.symbol}"
    if shown.scaler >= 0:
        return f"{shown.number * 10**shown.scaler}{unit}"
    whole, rest = divmod(abs(shown.number), 10**-shown.scaler)
    sign = "-" if shown.number < 0 else ""
    return f"{sign}{whole}.{rest:0{-shown.scaler}d}{unit}"
