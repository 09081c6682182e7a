"""One TOML file with what a factory or a customer would choose, read into settings of the meter."""

import tomllib
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from softmeter.clock import NOT_SPECIFIED, NOT_SPECIFIED_YEAR, DateTime
from softmeter.device.display import DisplaySettings
from softmeter.device.display_lists import FACTORY_DISPLAY
from softmeter.device.profile import ProfileSettings
from softmeter.device.settings import DeviceSettings
from softmeter.device.tariff import Season, Switch, TariffTable
from softmeter.device.zone import AMSTERDAM
from softmeter.errors import ConfigurationError
from softmeter.meter.identity import Identity
from softmeter.meter.model.capture import CATALOGUE, CLOCK, DAILY, LOAD, data, key, register

PACKAGED = ("factory", "nl")

_FACTORY_COLUMNS = {
    LOAD: (CLOCK, data("0-0:96.10.1"), register("1-0:1.8.0"), register("1-0:2.8.0")),
    DAILY: (
        CLOCK,
        data("0-0:96.10.2"),
        *(register(f"1-0:{c}.8.{rate}") for c in (1, 2) for rate in (1, 2)),
    ),
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


class _Season(_Table):
    name: Annotated[str, Field(min_length=1, max_length=8)]
    start: Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$")]
    week: str


_Time = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Tariff(_Table):
    default_rate: Annotated[int, Field(ge=1, le=4)] = 1
    seasons: tuple[_Season, ...]
    weeks: dict[str, tuple[int, ...]]
    days: dict[Annotated[int, Field(ge=0, le=255)], dict[_Time, int]]


class _Load(_Table):
    period_s: Annotated[int, Field(ge=0)] = 900
    capacity: Annotated[int, Field(ge=1)] = 5280


class _Daily(_Table):
    period_s: Annotated[int, Field(ge=0)] = 86_400
    capacity: Annotated[int, Field(ge=1)] = 31


class _Profiles(_Table):
    load: _Load = _Load()
    daily: _Daily = _Daily()


class _Display(_Table):
    scroll_s: int = FACTORY_DISPLAY.scroll_s
    return_s: int = FACTORY_DISPLAY.return_s
    energy_decimals: int = FACTORY_DISPLAY.energy_decimals


class Ports(_Table):
    """Where the meter listens, HOST:PORT; `optical` may be a device or `pty` as well."""

    wan: str = "127.0.0.1:4059"
    p1: str = "127.0.0.1:4061"
    optical: str = "127.0.0.1:4062"
    panel: str = "127.0.0.1:8080"


class _Services(_Table):
    extras: bool = False


class _File(_Table):
    identity: _Identity = _Identity()
    clock: _Clock = _Clock()
    tariff: _Tariff | None = None
    profiles: _Profiles = _Profiles()
    display: _Display = _Display()
    services: _Services = _Services()
    ports: Ports = Ports()


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says; the serial number is empty where it leaves that to chance."""

    identity: Identity
    serial_given: bool
    device: DeviceSettings
    display: DisplaySettings
    ports: Ports
    extra_services: bool = False
    """Priorities and blocks of ACTION, beyond what the manual offers."""


def text(path_or_name: str) -> str:
    """The text of a configuration file, or of one of `PACKAGED` by name.

    Raises:
        ConfigurationError: it cannot be read.
    """
    if path_or_name in PACKAGED:
        return (files("softmeter.configs") / f"{path_or_name}.toml").read_text("utf-8")
    try:
        return Path(path_or_name).read_text("utf-8")
    except OSError as error:
        message = f"cannot be read ({error.strerror}); give a file, or one of: {', '.join(PACKAGED)}"
        raise ConfigurationError(message, path_or_name) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text in UTF-8", path_or_name) from None


def read(path_or_name: str) -> Configuration:
    """The configuration in a file, or one of `PACKAGED` by name.

    Raises:
        ConfigurationError: it cannot be read, or an entry is unknown or wrong; names file and entry.
    """
    return parse(text(path_or_name), path_or_name)


def parse(text: str, name: str) -> Configuration:
    """The configuration in `text`; `name` is where it came from.

    Raises:
        ConfigurationError: an entry is unknown or wrong.
    """
    try:
        file = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"is no TOML: {error}", name) from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{first['msg']} (found {_short(first['input'])})", f"{name}: {entry}") from None
    except RecursionError:
        raise ConfigurationError("is no configuration: nested far too deep", name) from None
    try:
        return _configuration(file)
    except ConfigurationError as error:
        raise ConfigurationError(str(error), name) from None


def _configuration(file: _File) -> Configuration:
    given = file.identity.model_dump()
    serial_given = bool(given["serial"])
    if not serial_given:
        del given["serial"]
    zone = replace(AMSTERDAM, standard_min=-file.clock.utc_offset_min, enabled=file.clock.daylight_saving)
    profiles = tuple(
        ProfileSettings(name, tuple(key(one) for one in _FACTORY_COLUMNS[name]), profile.period_s, profile.capacity)
        for name, profile in ((LOAD, file.profiles.load), (DAILY, file.profiles.daily))
    )
    device = DeviceSettings(CATALOGUE, profiles, zone=zone)
    if file.tariff is not None:
        device = replace(device, tariff=_table(file.tariff), default_rate=file.tariff.default_rate)
    display = replace(FACTORY_DISPLAY, **file.display.model_dump())
    return Configuration(Identity(**given), serial_given, device, display, file.ports, file.services.extras)


def _table(tariff: _Tariff) -> TariffTable:
    return TariffTable(
        tuple(Season(season.name, _start(season.start), season.week) for season in tariff.seasons),
        tariff.weeks,
        {
            day: tuple(
                Switch(int(time[:2]) * 3600 + int(time[3:]) * 60, rate) for time, rate in sorted(switches.items())
            )
            for day, switches in tariff.days.items()
        },
    )


def _start(month_day: str) -> DateTime:
    month, day = month_day.split("-")
    return DateTime(NOT_SPECIFIED_YEAR, int(month), int(day), NOT_SPECIFIED, 0, 0, 0)


def _short(value: Any) -> str:
    try:
        text = repr(value)
    except RecursionError:
        return "a table nested far too deep"
    return text if len(text) <= 60 else f"{text[:57]}..."
