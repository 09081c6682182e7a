"""One TOML file with what a factory or a customer would choose, read into settings of the meter."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from softmeter.apps.checking import Problem, document_of, problem_of, too_deep
from softmeter.apps.mbus_setup import MBusTable
from softmeter.apps.modem_table import ModemTable, NetworkTable, settings_of
from softmeter.apps.packaged import text_of
from softmeter.apps.ports import Ports
from softmeter.apps.tariff_file import TariffTable, calendar_of, special_days_of
from softmeter.apps.toml_lines import line_of
from softmeter.device.demand import FACTORY_DEMAND, DemandSettings
from softmeter.device.display_lists import FACTORY_DISPLAY
from softmeter.device.hands import Crystal
from softmeter.device.images import LARGEST_BLOCK, SMALLEST_BLOCK, USUAL_BLOCK
from softmeter.device.profile import ProfileSettings
from softmeter.device.settings import DeviceSettings
from softmeter.device.zone import AMSTERDAM
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND
from softmeter.meter.identity import Identity
from softmeter.meter.model.alarms import ALARM_WORDS, MONITORS
from softmeter.meter.model.capture import BILLING, CATALOGUE, CLOCK, DAILY, LOAD, QUALITY, data, key, register
from softmeter.meter.model.pushing import PUSHES
from softmeter.meter.model.scripted import SCHEDULES
from softmeter.meter.model.switching import LIMITS
from softmeter.meter.p1 import P1Settings, Variant
from softmeter.meter.p1_belgium import PEAK
from softmeter.runtime.program_memory import application_signature

PACKAGED = ("factory", "nl", "be")
KIND = "configuration"

_FACTORY_COLUMNS = {
    LOAD: (CLOCK, data("0-0:96.10.1"), register("1-0:1.8.0"), register("1-0:2.8.0")),
    DAILY: (
        CLOCK,
        data("0-0:96.10.2"),
        *(register(f"1-0:{c}.8.{rate}") for c in (1, 2) for rate in (1, 2)),
    ),
    QUALITY: (
        CLOCK,
        data("0-0:96.10.3"),
        *(register(f"1-0:{c}.27.0") for c in (1, 2, 3, 4)),
        *(register(f"1-0:{c}.25.0") for c in (32, 31, 13, 33)),
    ),
    BILLING: (CLOCK, *(register(f"1-0:{c}.8.0") for c in (1, 2, 5, 6, 7, 8))),
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Identity(_Table):
    type: str = Identity().type
    manufacturer: str = Identity().manufacturer
    serial: str = ""
    year: Annotated[int, Field(ge=2000, le=2105)] = Identity().year
    equipment_identifier: str = ""


class _Clock(_Table):
    utc_offset_min: Annotated[int, Field(ge=-720, le=840)] = -AMSTERDAM.standard_min
    daylight_saving: bool = AMSTERDAM.enabled
    drift_s_per_day: Annotated[float, Field(ge=-60, le=60)] = 0.0
    drift_s_per_day_per_degree: Annotated[float, Field(ge=-1, le=1)] = 0.0

    @property
    def crystal(self) -> Crystal:
        return Crystal(round(self.drift_s_per_day * SECOND), round(self.drift_s_per_day_per_degree * SECOND))


class _Load(_Table):
    period_s: Annotated[int, Field(ge=0)] = 900
    capacity: Annotated[int, Field(ge=1)] = 5280


class _Daily(_Table):
    period_s: Annotated[int, Field(ge=0)] = 86_400
    capacity: Annotated[int, Field(ge=1)] = 31


class _Billing(_Table):
    period_s: Annotated[int, Field(ge=0)] = 0
    capacity: Annotated[int, Field(ge=1)] = 13


class _Quality(_Table):
    period_s: Literal[60, 300, 600, 900, 1800, 3600] = 600
    capacity: Annotated[int, Field(ge=1)] = 2160


class _Profiles(_Table):
    load: _Load = _Load()
    daily: _Daily = _Daily()
    billing: _Billing = _Billing()
    quality: _Quality = _Quality()


class _Demand(_Table):
    period_s: int = FACTORY_DEMAND.period_s
    periods: int = FACTORY_DEMAND.periods


class _Display(_Table):
    scroll_s: int = FACTORY_DISPLAY.scroll_s
    return_s: int = FACTORY_DISPLAY.return_s
    energy_decimals: int = FACTORY_DISPLAY.energy_decimals


class _P1(_Table):
    variant: Variant = P1Settings().variant
    identification: str = P1Settings().identification

    @property
    def settings(self) -> P1Settings:
        return P1Settings(self.variant, self.identification)


class _Firmware(_Table):
    block_octets: Annotated[int, Field(ge=SMALLEST_BLOCK, le=LARGEST_BLOCK)] = USUAL_BLOCK


class _Services(_Table):
    extras: bool = False


class File(_Table):
    identity: _Identity = _Identity()
    clock: _Clock = _Clock()
    tariff: TariffTable | None = None
    profiles: _Profiles = _Profiles()
    demand: _Demand = _Demand()
    display: _Display = _Display()
    services: _Services = _Services()
    mbus: MBusTable = field(default_factory=MBusTable)
    firmware: _Firmware = _Firmware()
    modem: ModemTable = ModemTable()
    network: NetworkTable = NetworkTable()
    p1: _P1 = _P1()
    ports: Ports = Ports()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says; the serial number is empty where it leaves that to chance."""

    identity: Identity
    serial_given: bool
    device: DeviceSettings
    ports: Ports
    extra_services: bool = False
    """Priorities and blocks of ACTION, beyond what the manual offers."""
    p1: P1Settings = field(default_factory=P1Settings)
    modem: ModemTable = field(default_factory=ModemTable)
    mbus: MBusTable = field(default_factory=MBusTable)


def text(path_or_name: str) -> str:
    """The text of a configuration file, or of one of `PACKAGED` by name.

    Raises:
        ConfigurationError: it cannot be read.
    """
    return text_of(path_or_name, "softmeter.configs", PACKAGED)


def read(path_or_name: str) -> Configuration:
    """The configuration in a file, or one of `PACKAGED` by name.

    Raises:
        ConfigurationError: it cannot be read, or an entry is unknown or wrong; names file and entry.
    """
    return parse(text(path_or_name), path_or_name)


def document(text: str) -> File:
    """What stands in `text`, which `problems` found nothing wrong with, and the defaults."""
    return File.model_validate(tomllib.loads(text))


def parse(text: str, name: str, replaced: Mapping[str, Any] | None = None) -> Configuration:
    """The configuration in `text`, where it came from `name`; `replaced` are entries that hold instead of its own.

    Raises:
        ConfigurationError: an entry is unknown or wrong.
    """
    found = problems(text, replaced)
    if isinstance(found, Configuration):
        return found
    more = f"; softmeter config check shows {len(found) - 1} more" if len(found) > 1 else ""
    raise ConfigurationError(f"{found[0]}{more}", name)


def problems(text: str, replaced: Mapping[str, Any] | None = None) -> Configuration | list[Problem]:
    """The configuration in `text` as `parse` reads it, or everything that is wrong in it."""
    document = document_of(text, KIND)
    if isinstance(document, Problem):
        return [document]
    try:
        return _configuration(File.model_validate(_merged(document, replaced or {})))
    except ValidationError as error:
        return sorted(problem_of(one, File, text) for one in error.errors())
    except RecursionError:
        return [too_deep(KIND)]
    except ConfigurationError as error:
        place = _place(str(error))
        return [Problem(line_of(place, text), "", str(error))]


def _merged(document: dict[str, Any], replaced: Mapping[str, Any]) -> dict[str, Any]:
    """A document whose tables have the entries of `replaced` instead of their own."""
    merged = dict(document)
    for name, value in replaced.items():
        inside = merged.get(name)
        merged[name] = _merged(inside, value) if isinstance(inside, dict) and isinstance(value, dict) else value
    return merged


def _configuration(file: File) -> Configuration:
    given = file.identity.model_dump()
    serial_given = bool(given["serial"])
    if not serial_given:
        del given["serial"]
    identity = Identity(**given)
    zone = replace(AMSTERDAM, standard_min=-file.clock.utc_offset_min, enabled=file.clock.daylight_saving)
    file.p1.settings.check()
    columns = dict(_FACTORY_COLUMNS)
    if file.p1.variant is Variant.BE:
        columns[BILLING] += PEAK
    profiles = tuple(
        ProfileSettings(name, tuple(key(one) for one in columns[name]), profile.period_s, profile.capacity)
        for name, profile in (
            (LOAD, file.profiles.load),
            (DAILY, file.profiles.daily),
            (BILLING, file.profiles.billing),
            (QUALITY, file.profiles.quality),
        )
    )
    demand = DemandSettings(file.demand.period_s, file.demand.periods)
    demand.check()
    device = DeviceSettings(
        CATALOGUE,
        profiles,
        zone=zone,
        demand=demand,
        crystal=file.clock.crystal,
        schedules=SCHEDULES,
        has_breaker=identity.has_disconnector,
        limits=LIMITS,
        monitors=MONITORS,
        alarm_words=ALARM_WORDS,
        image_block_octets=file.firmware.block_octets,
        pushes=PUSHES,
        sub_meters=file.mbus.settings,
        program_signature=application_signature(),
        display=replace(FACTORY_DISPLAY, **file.display.model_dump()),
        **settings_of(file.modem, file.network),
    )
    if file.tariff is not None:
        device = replace(device, tariff=calendar_of(file.tariff), default_rate=file.tariff.default_rate)
        device = replace(device, special_days=special_days_of(file.tariff))
    return Configuration(
        identity,
        serial_given,
        device,
        file.ports,
        file.services.extras,
        file.p1.settings,
        file.modem,
        file.mbus,
    )


_PLACES = (
    (re.compile(r"profile (\w+)"), ("profiles",)),
    (re.compile(r"tariff week '(.*?)'"), ("tariff", "weeks")),
    (re.compile(r"tariff day (\d+)"), ("tariff", "days")),
    (re.compile(r"tariff season"), ("tariff", "seasons")),
    (re.compile(r"sub-meters"), ("mbus",)),
    (re.compile(r"special days"), ("tariff", "special_days")),
    (re.compile(r"tariff"), ("tariff",)),
    (re.compile(r"demand"), ("demand",)),
    (re.compile(r"display"), ("display",)),
    (re.compile(r"p1\.identification"), ("p1", "identification")),
)
"""What the parts of a meter say about their settings, and where those stand; a group of the pattern is the entry."""


def _place(message: str) -> tuple[str, ...]:
    for pattern, place in _PLACES:
        if match := pattern.match(message):
            return (*place, *match.groups())
    return ()
