"""Attributes by their declarations: what is read has a type."""

from decimal import Decimal

import pytest

from dlms.device import MANAGEMENT_SAP, PROFILE, SmallMeter
from dlms.test_server_and_client import gmac, open_client
from softmeter.cosem.sessions import AssociationStatus
from softmeter.dlms.channel import Family
from softmeter.dlms.conversation import drive
from softmeter.dlms.typed import (
    AssociationLN,
    Attribute,
    Clock,
    ObjectData,
    ProfileGeneric,
    Register,
    get,
    number,
    put,
    read_register,
)
from softmeter.errors import DecodeError, LocalProtocolError
from softmeter.obis import Obis
from softmeter.units import Unit
from softmeter.wire.types import Data, Tag


def test_attributes_have_their_types() -> None:
    meter = SmallMeter()
    meter.profile.fill(4)
    client, serve = open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE))
    assert drive(get(client, Register.value, "1-0:1.8.0"), serve) == 123_456
    shown = drive(get(client, Register.scaler_unit, Obis.parse("1-0:1.8.0")), serve)
    assert (shown.scaler, shown.unit) == (0, Unit.WATT_HOUR)
    assert drive(get(client, Clock.time, "0-0:1.0.0"), serve) == meter.clock.time
    assert drive(get(client, ProfileGeneric.entries_in_use, PROFILE), serve) == 4
    assert len(drive(get(client, ProfileGeneric.capture_objects, PROFILE), serve)) == 4
    assert drive(get(client, AssociationLN.association_status, "0-0:40.0.0"), serve) is AssociationStatus.ASSOCIATED
    assert drive(get(client, ObjectData.value, "0-0:96.1.1"), serve) == Data(Tag.OCTET_STRING, b"nobody")
    assert drive(get(client, Register.logical_name, "1-0:1.8.0"), serve) == Obis.parse("1-0:1.8.0")
    reading = drive(read_register(client, "1-0:31.4.0"), serve)
    assert (reading.value, reading.unit, reading.quantity) == (65, Unit.AMPERE, Decimal(65))


def test_attributes_are_set_by_their_types() -> None:
    meter = SmallMeter()
    client, serve = open_client(meter, MANAGEMENT_SAP, gmac(Family.SERVICE))
    drive(put(client, Clock.time_zone, "0-0:1.0.0", -120), serve)
    assert meter.clock.time_zone_min == -120
    with pytest.raises(LocalProtocolError, match="set it as `Data`"):
        drive(put(client, Register.value, "1-0:31.4.0", 3), serve)
    drive(put(client, Attribute(3, 2, ObjectData.value.codec), "1-0:31.4.0", Data(Tag.LONG_UNSIGNED, 3)), serve)
    assert meter.limit == 3


@pytest.mark.parametrize("octets", ["090141", "0301", "00", "1700000000", "0100"])
def test_what_is_no_number(octets: str) -> None:
    with pytest.raises(DecodeError, match="no whole number"):
        number.decode(bytes.fromhex(octets))
