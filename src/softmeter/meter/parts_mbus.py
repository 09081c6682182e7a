"""Channels of the M-Bus master as the interface classes want to see them."""

from collections.abc import Callable
from dataclasses import dataclass

from softmeter.clock import DateTime
from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.buffer import Column
from softmeter.cosem.classes.disconnect_control import ControlMode, ControlState
from softmeter.cosem.classes.mbus_client import CaptureDefinition, KeyState, SentRecord
from softmeter.cosem.classes.profile_generic import ProfilePart
from softmeter.cosem.classes.register import ScalerUnit
from softmeter.device import mbus_orders
from softmeter.device.breaker import State
from softmeter.device.device import Device
from softmeter.device.mbus import SubMeters
from softmeter.device.mbus_channel import NO_VALUE, Channel, Definition, Value
from softmeter.errors import AccessError
from softmeter.meter.mbus_channels import identifier, second_identifier
from softmeter.meter.model.capture import SUB_METERS, travelling
from softmeter.meter.parts import FixedLog, LoadProfile, lived, refusals
from softmeter.meter.presented import Presented
from softmeter.persistent import Ring
from softmeter.wire.types import Data, encode_data

LONGEST_IDENTIFIER = 48
_LONGEST_PERIOD_S = 86_400
_SHORTEST_PERIOD_S = 60


@dataclass
class _OfChannel:
    meter: Presented
    number_of_channel: int

    @property
    def channel(self) -> Channel:
        return self.sub_meters.channel(self.number_of_channel)

    @property
    def sub_meters(self) -> SubMeters:
        return self.meter.device.behaviours.mbus

    def change(self, channel: Channel) -> None:
        lived(self.meter)
        self.sub_meters.put(self.meter.device, self.number_of_channel, channel)


class ChannelPart(_OfChannel):
    """A channel: who its sub-meter is, and what may be done with it."""

    @property
    def definitions(self) -> tuple[CaptureDefinition, ...]:
        return tuple(CaptureDefinition(one.data, one.value) for one in self.channel.definitions)

    @definitions.setter
    def definitions(self, definitions: tuple[CaptureDefinition, ...]) -> None:
        wanted = tuple(Definition(one.data_information_block, one.value_information_block) for one in definitions)
        self.change(self.channel._replace(definitions=wanted))

    @property
    def key_state(self) -> KeyState:
        return KeyState(self.channel.key_status)

    @property
    def identifier(self) -> bytes:
        return identifier(self.channel)

    @identifier.setter
    def identifier(self, octets: bytes) -> None:
        self.change(self.channel._replace(identifier=_checked(octets)))

    @property
    def second_identifier(self) -> bytes:
        return second_identifier(self.channel)

    @second_identifier.setter
    def second_identifier(self, octets: bytes) -> None:
        self.change(self.channel._replace(second_identifier=_checked(octets)))

    def number(self, name: str) -> int:
        return int(getattr(self.channel, name))

    def set_number(self, name: str, value: int) -> None:
        if name == "period_s":
            if value and (not _SHORTEST_PERIOD_S <= value <= _LONGEST_PERIOD_S or _LONGEST_PERIOD_S % value):
                raise AccessError(DataAccessResult.OTHER_REASON, f"a period of {value} s does not divide a day")
        elif self.channel.installed:
            raise AccessError(DataAccessResult.OTHER_REASON, "a sub-meter that is installed stays who it is")
        elif name == "primary_address" and value > mbus_orders.MOST_PRIMARY:
            raise AccessError(DataAccessResult.OTHER_REASON, f"{value} is no primary address")
        changes: dict[str, int] = {name: value}
        self.change(self.channel._replace(**changes))  # type: ignore[arg-type]

    def install(self, primary_address: int) -> int:
        self._do(lambda: mbus_orders.install(self.meter.device, self.number_of_channel, primary_address))
        return self.channel.primary_address

    def deinstall(self) -> None:
        self._do(lambda: mbus_orders.deinstall(self.meter.device, self.number_of_channel))

    def capture(self) -> None:
        self._do(lambda: mbus_orders.capture(self.meter.device, self.number_of_channel))

    def reset_alarm(self) -> None:
        self._do(lambda: mbus_orders.reset_alarm(self.meter.device, self.number_of_channel))

    def synchronise(self) -> None:
        self._do(lambda: mbus_orders.synchronise(self.meter.device, self.number_of_channel))

    def send(self, records: tuple[SentRecord, ...]) -> None:
        octets = b"".join(
            record.data_information_block + record.value_information_block + _octets(record.data) for record in records
        )
        self._do(lambda: mbus_orders.send_records(self.meter.device, self.number_of_channel, octets))

    def set_key(self, key: bytes) -> None:
        self._do(lambda: mbus_orders.set_key(self.meter.device, self.number_of_channel, key))

    def transfer_key(self, wrapped: bytes) -> None:
        self._do(lambda: mbus_orders.transfer_key(self.meter.device, self.number_of_channel, wrapped))

    def _do(self, order: Callable[[], None]) -> None:
        lived(self.meter)
        with refusals():
            order()


@dataclass
class ValuePart(_OfChannel):
    """One of the values of a channel, from 1 on."""

    place: int

    @property
    def value(self) -> int:
        return self._read.number

    @property
    def scaler_unit(self) -> ScalerUnit:
        return ScalerUnit(self._read.scaler, self._read.unit)

    @property
    def status(self) -> int:
        return self.sub_meters.status(self.meter.device, self.number_of_channel)

    @property
    def capture_time(self) -> DateTime:
        return self.channel.captured.date_time

    def reset(self) -> None:
        raise AccessError(ActionResult.READ_WRITE_DENIED, "what a sub-meter counted cannot be reset")

    @property
    def _read(self) -> Value:
        values = self.channel.values
        return values[self.place - 1] if self.place <= len(values) else NO_VALUE


class ValvePart(_OfChannel):
    """The valve of a channel."""

    @property
    def closed(self) -> bool:
        """Whether the control is closed, as a breaker is: what is supplied flows."""
        return self.channel.valve == State.CONNECTED

    @property
    def state(self) -> ControlState:
        return ControlState(self.channel.valve)

    @property
    def mode(self) -> ControlMode:
        return ControlMode(self.channel.mode)

    @mode.setter
    def mode(self, mode: ControlMode) -> None:
        self.change(self.channel._replace(mode=int(mode)))

    def disconnect(self) -> None:
        self._move(mbus_orders.close_valve)

    def reconnect(self) -> None:
        self._move(mbus_orders.open_valve)

    def _move(self, order: Callable[[Device, int], bool]) -> None:
        lived(self.meter)
        with refusals():
            moved = order(self.meter.device, self.number_of_channel)
        if not moved:
            raise AccessError(ActionResult.TEMPORARY_FAILURE, "the valve cannot be moved in its state and mode")


class EmptyChannelProfile(FixedLog):
    """The profile of a channel that never had a sub-meter."""

    def __init__(self, meter: Presented, number: int) -> None:
        super().__init__(meter)
        self._settings = meter.device.settings.sub_meters.profiles[number - 1]

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(travelling(column) for column in self._settings.columns)

    @property
    def ring(self) -> Ring:
        settings = self._settings
        return Ring(settings.name, self.meter.device.settings.catalogue.form(settings.columns).dtype, settings.capacity)

    @property
    def capture_period_s(self) -> int:
        return self._settings.period_s

    def clear(self) -> None:
        """Nothing is there."""


def channel_profile(meter: Presented, number: int) -> ProfilePart:
    """The hourly profile of a channel."""
    if meter.device.behaviours.mbus.channel(number).installed:
        return LoadProfile(meter, SUB_METERS[number - 1])
    return EmptyChannelProfile(meter, number)


def _checked(identifier: bytes) -> bytes:
    if len(identifier) > LONGEST_IDENTIFIER:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{len(identifier)} octets; at most {LONGEST_IDENTIFIER}")
    return identifier


def _octets(data: Data) -> bytes:
    """A value as it stands in a record: octets as they are, numbers low octet first."""
    match data.value:
        case bytes():
            return data.value
        case int():
            return encode_data(data)[:0:-1]
    raise AccessError(ActionResult.TYPE_UNMATCHED, f"{data.type.name} does not travel in an M-Bus record")
