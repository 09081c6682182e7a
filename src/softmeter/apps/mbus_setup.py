"""What a configuration and a start say of M-Bus: simulated sub-meters, or the line of the meter's own master."""

from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from softmeter.apps.options import RunOptions
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.cosem.classes.mbus_port_setup import LineSpeed, MBusPortSetup
from softmeter.device import mbus_errands
from softmeter.device.mbus import SubMeterSettings
from softmeter.device.mbus_channel import Outcome
from softmeter.errors import ConfigurationError
from softmeter.meter.inside import number_in
from softmeter.meter.mbus_bus import FramedBus
from softmeter.meter.meter import Meter
from softmeter.meter.model.mbus import PORT, SETTINGS
from softmeter.obis import Obis
from softmeter.runtime.address import Address
from softmeter.runtime.mbus_master import BAUD, MBusMaster
from softmeter.runtime.mbus_wire import device_wire, tcp_wire, terminal_wire
from softmeter.runtime.optical_port import PTY, Place, SerialAddress, parse_place

OPTION = "--mbus"
_SPEED = "@"
_PORT = Obis.parse(PORT)


class MBusTable(BaseModel):
    """`sub_meters` are simulated ones, like `gas,water:7`; `line` is where real ones are: HOST:PORT, pty, a device."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sub_meters: str = ""
    line: str = ""

    @field_validator("line")
    @classmethod
    def _can_be_reached(cls, text: str) -> str:
        try:
            if text:
                parse_place(text, "", BAUD)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return text

    @model_validator(mode="after")
    def _is_one_bus(self) -> "MBusTable":
        if self.line and self.sub_meters:
            raise ValueError("sub_meters are simulated and line is a real one: the meter has one bus")
        return self

    @property
    def settings(self) -> SubMeterSettings:
        """The bus of a meter.

        Raises:
            ConfigurationError: the sub-meters are none.
        """
        if self.line:
            return SETTINGS._replace(outside=True)
        line = self.simulated
        return SETTINGS._replace(bus=FramedBus(line.exchange, line.felt))

    @property
    def simulated(self) -> MBusLine:
        """The simulated sub-meters, all of them plugged out where there is a line.

        Raises:
            ConfigurationError: the sub-meters are none.
        """
        return MBusLine(parse_sub_meters(self.sub_meters))


def asked(options: RunOptions) -> dict[str, Any]:
    """What holds instead of the configuration's own, of this start alone.

    Raises:
        ConfigurationError: the place has no such form.
    """
    if options.mbus is None:
        return {}
    parse_place(options.mbus, OPTION, BAUD)
    return {"mbus": {"line": options.mbus, "sub_meters": ""}}


def device_of(table: MBusTable, options: RunOptions, source: str) -> SerialAddress | None:
    """The serial device that the line of the master is; `source` is the file that `table` comes from."""
    named = f"{source}: mbus.line" if options.mbus is None else OPTION
    place = parse_place(table.line, named, BAUD) if table.line else None
    return place if isinstance(place, SerialAddress) else None


class Master(NamedTuple):
    """The master of a meter, and where its line is."""

    runs: MBusMaster
    place: Place


def master(line: str, meter: Meter) -> Master:
    """What runs the errands of a meter on a line; its speed is that of 0-0:24.6.0 unless the line says one."""
    place = parse_place(line, OPTION, BAUD)
    fixed: int | None = None
    match place:
        case Address():
            wire = tcp_wire(place)
        case SerialAddress(path=path) if path == PTY:
            wire, path = terminal_wire()
            place = SerialAddress(path, place.baud)
        case SerialAddress(path=path):
            wire = device_wire(path)
            fixed = place.baud if _SPEED in line else None

    def report(number: int, outcome: Outcome) -> None:
        mbus_errands.report(meter.device, number, outcome)
        meter.changed()  # who reads it before it is stored waits

    def baud() -> int:
        return LineSpeed(number_in(meter, MBusPortSetup.class_id, _PORT, 2)).baud if fixed is None else fixed

    return Master(MBusMaster(wire, lambda: mbus_errands.taken(meter.device), report, baud=baud), place)
