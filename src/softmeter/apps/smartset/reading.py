"""The command `get`: values with their units, profiles as rows."""

from typing import Any, NamedTuple

from softmeter.apps.smartset.addresses import legible
from softmeter.apps.smartset.classes import MAIN, attribute_number
from softmeter.apps.smartset.connection import opened
from softmeter.apps.smartset.meter import Meter
from softmeter.apps.smartset.names import PROFILE, Target
from softmeter.apps.smartset.output import print_json
from softmeter.apps.smartset.profiles import Part, Profile, print_rows, read_profile
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import is_number, plain, raw, text, type_name
from softmeter.obis import Obis
from softmeter.wire.types import Data


class Reading(NamedTuple):
    """An attribute as it was read; `unit` is a symbol, `scaler` the power of ten of its numbers."""

    obis: Obis
    class_id: int
    attribute: int
    data: Data
    scaler: int = 0
    unit: str = ""

    @property
    def text(self) -> str:
        """Value and unit."""
        shown = text(legible(self.class_id, self.attribute, self.data), self.scaler)
        return f"{shown} {self.unit}" if self.unit else shown

    def described(self) -> dict[str, Any]:
        """The reading in JSON."""
        return {
            "object": self.obis.short,
            "class": self.class_id,
            "attribute": self.attribute,
            "value": plain(legible(self.class_id, self.attribute, self.data), self.scaler),
            "unit": self.unit,
            "scaler": self.scaler,
            "type": type_name(self.data.type),
            "raw": raw(self.data),
        }


def read(meter: Meter, target: Target) -> Reading | Profile:
    """The attribute that is meant, with its scaler and unit; a profile's buffer as rows."""
    class_id = meter.class_of(target)
    attribute = attribute_number(class_id, target.part)
    if class_id == PROFILE and attribute == MAIN:
        return read_profile(meter, target.obis, Part())
    data = meter.get(class_id, target.obis, attribute)
    scaled = meter.scaler_unit(class_id, target.obis, attribute) if is_number(data) else None
    return Reading(target.obis, class_id, attribute, data, *(scaled or ()))


def show_values(settings: Settings, written: list[str], class_id: int | None) -> None:
    """Print each value as soon as it is read: in JSON one line for each."""
    targets = [Target.parse(one, class_id) for one in written]
    width = max(map(len, written))
    with opened(settings) as meter:
        for target in targets:
            reading = read(meter, target)
            if settings.json:
                print_json(_profile_described(reading) if isinstance(reading, Profile) else reading.described())
            elif isinstance(reading, Profile):
                print_rows(reading)
            elif len(targets) == 1:
                print(reading.text)
            else:
                print(f"{target.written:<{width}}  {reading.text}")


def _profile_described(profile: Profile) -> dict[str, Any]:
    return {
        "object": profile.obis.short,
        "class": PROFILE,
        "attribute": MAIN,
        "value": list(profile.objects()),
        "unit": "",
        "scaler": 0,
        "type": "array",
        "raw": [[raw(cell) for cell in row] for row in profile.rows],
    }
