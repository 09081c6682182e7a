"""The classes of the cellular side and of pushes are complete, and take nothing that is none."""

import pytest

from softmeter.cosem.classes.auto_answer import AutoAnswer
from softmeter.cosem.classes.auto_connect import AutoConnect
from softmeter.cosem.classes.gprs_modem_setup import GprsModemSetup
from softmeter.cosem.classes.gsm_diagnostic import CellInfo, GsmDiagnostic
from softmeter.cosem.classes.ipv4_setup import Ipv4Setup
from softmeter.cosem.classes.ipv6_setup import Ipv6Setup
from softmeter.cosem.classes.lte_monitoring import LinkQuality, LteMonitoring
from softmeter.cosem.classes.mac_address_setup import MacAddressSetup
from softmeter.cosem.classes.modem_configuration import ModemConfiguration
from softmeter.cosem.classes.ppp_setup import PapAuthentication, PppSetup
from softmeter.cosem.classes.push_setup import Destination, PushObject, PushSetup, TransportService
from softmeter.cosem.classes.tcp_udp_setup import TcpUdpSetup
from softmeter.cosem.interface import Interface
from softmeter.errors import AccessError, DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import struct


@pytest.mark.parametrize(
    ("interface", "class_id", "version", "attributes", "methods"),
    [
        (ModemConfiguration, 27, 1, 3, 0),
        (AutoAnswer, 28, 2, 6, 0),
        (AutoConnect, 29, 2, 5, 1),
        (PushSetup, 40, 0, 6, 1),
        (TcpUdpSetup, 41, 0, 5, 0),
        (Ipv4Setup, 42, 0, 9, 0),
        (MacAddressSetup, 43, 0, 1, 0),
        (PppSetup, 44, 0, 4, 0),
        (GprsModemSetup, 45, 0, 3, 0),
        (GsmDiagnostic, 47, 2, 7, 0),
        (Ipv6Setup, 48, 0, 9, 0),
        (LteMonitoring, 151, 1, 2, 0),
    ],
)
def test_a_class_has_the_attributes_of_its_version(
    interface: type[Interface], class_id: int, version: int, attributes: int, methods: int
) -> None:
    assert (interface.class_id, interface.version) == (class_id, version)
    assert (len(interface.attribute_specs), len(interface.method_specs)) == (attributes, methods)


def test_structures_travel_as_the_standard_writes_them() -> None:
    pushed = PushObject(3, Obis.parse("1-0:1.8.0"), 2, 0)
    assert struct(PushObject).encode(pushed).hex() == "0204120003090601000108 00ff0f02120000".replace(" ", "")
    cell = CellInfo(1, 2, 20, 0, 204, 8, 6300)
    assert struct(CellInfo).encode(cell).hex() == "02070600000001120002111411001200cc1200080600 00189c".replace(" ", "")
    quality = struct(LinkQuality).decode(bytes.fromhex("02040f130f370f1e1600"))
    assert quality == LinkQuality(19, 55, 30, quality.coverage)
    destination = struct(Destination).decode(bytes.fromhex("0203160109016116 00".replace(" ", "")))
    assert (destination.service, destination.destination) == (TransportService.UDP, b"a")


@pytest.mark.parametrize("octets", ["0203160909016116 00", "020316000901611603", "02021600090161"])
def test_a_destination_of_no_known_service_or_message_is_no_value(octets: str) -> None:
    with pytest.raises(DecodeError):
        struct(Destination).decode(bytes.fromhex(octets.replace(" ", "")))


def test_a_password_never_shows() -> None:
    assert "geheim" not in repr(PapAuthentication(b"user", b"geheim"))


@pytest.mark.parametrize(("check", "value"), [("check_segment", 39), ("check_connections", 0)])
def test_a_segment_without_room_and_no_connection_at_all_are_refused(check: str, value: int) -> None:
    setup = TcpUdpSetup(ip_reference=Obis.parse("0-0:25.1.0"))
    with pytest.raises(AccessError):
        getattr(setup, check)(value)
    getattr(setup, check)(value + 1)
