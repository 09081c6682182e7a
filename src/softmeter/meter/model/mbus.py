"""Sub-meters: four channels of the M-Bus master (manual, annex I; DSMR P2; IDIS package 2)."""

from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.disconnect_control import DisconnectControl
from softmeter.cosem.classes.followed_register import FollowedRegister
from softmeter.cosem.classes.mbus_client import MBusClient
from softmeter.cosem.classes.mbus_port_setup import MBusPortSetup
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.script_table import call
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.events import Log
from softmeter.device.mbus import NUMBERS, SubMeterSettings
from softmeter.device.mbus_channel import PERIOD_S, VALUES
from softmeter.device.profile import ProfileSettings
from softmeter.meter.model.alarms import log_rows
from softmeter.meter.model.capture import CLOCK, SUB_METERS, captured_value, data, key
from softmeter.meter.model.scripted import DUMMY, table
from softmeter.meter.parts_mbus import ChannelPart, ValuePart, ValvePart, channel_profile
from softmeter.meter.policies import BREAKER, LOG, M_BUS_CLIENT, M_BUS_LINE, READ, SCRIPT, SET
from softmeter.obis import Obis
from softmeter.wire.types import Tag

PORT = "0-0:24.6.0"
ENTRIES = 240

SETTINGS = SubMeterSettings(
    profiles=tuple(
        ProfileSettings(
            SUB_METERS[number - 1],
            tuple(key(one) for one in (CLOCK, data(f"0-{number}:96.10.3"), *captured_value(number, 1))),
            PERIOD_S,
            ENTRIES,
        )
        for number in NUMBERS
    )
)
"""What the factory gives each channel, on a bus that nothing is connected to."""


def _client(number: int) -> MBusClient:
    return MBusClient(part=lambda meter: ChannelPart(meter, number), mbus_port_reference=Obis.parse(PORT))


def _value(number: int, place: int) -> FollowedRegister:
    return FollowedRegister(part=lambda meter: ValuePart(meter, number, place))


def _status(number: int) -> Data:
    return Data(source=Source(Tag.UNSIGNED, lambda meter: meter.device.behaviours.mbus.status(meter.device, number)))


def _name(number: int, which: str) -> Data:
    """One of the names of a channel: `which` attribute of its part."""
    return Data(
        source=Source(
            Tag.OCTET_STRING,
            lambda meter: getattr(ChannelPart(meter, number), which),
            lambda meter, name: setattr(ChannelPart(meter, number), which, name),
        )
    )


def _profile(number: int) -> ProfileGeneric:
    return ProfileGeneric(part=lambda meter: channel_profile(meter, number))


def _valve(number: int) -> DisconnectControl:
    return DisconnectControl(part=lambda meter: ValvePart(meter, number))


def _channel(number: int) -> tuple[Row, ...]:
    # fmt: off
    return (
        Row(f"0-{number}:24.1.0", f"M-Bus client, channel {number}", _client(number), M_BUS_CLIENT),
        *(Row(f"0-{number}:24.2.{place}", f"M-Bus value {place}, channel {number}", _value(number, place), READ)
          for place in range(1, VALUES + 1)),
        Row(f"0-{number}:24.3.0", f"M-Bus master load profile, channel {number}", _profile(number), LOG),
        Row(f"0-{number}:24.4.0", f"M-Bus disconnect control, channel {number}", _valve(number), BREAKER),
        Row(f"0-{number}:96.1.0", f"M-Bus device ID, channel {number}", _name(number, "identifier"), SET),
        Row(f"0-{number}:96.1.1", f"M-Bus device ID 2, channel {number}", _name(number, "second_identifier"), SET),
        Row(f"0-{number}:96.10.3", f"Profile status, M-Bus channel {number}", _status(number), READ),
        *log_rows(Log(number << 8 | 4), f"M-Bus control, channel {number}"),
    )
    # fmt: on


# fmt: off
ROWS = (
    Row(PORT, "M-Bus master port setup", MBusPortSetup(), M_BUS_LINE),
    *log_rows(Log.M_BUS, "M-Bus"),
    Row("0-0:10.0.110", "Script table: M-Bus profile control",
        table(*((call(7, f"0-{number}:24.3.0", 1, DUMMY),) for number in NUMBERS)), SCRIPT),
    *(row for number in NUMBERS for row in _channel(number)),
)
# fmt: on
