"""The cellular side: module, data network, IP, switches of the interfaces (manual 4.3, 11, 12.2, 12.3)."""

from collections.abc import Callable
from typing import Any

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.classes.auto_answer import AutoAnswer
from softmeter.cosem.classes.auto_connect import AutoConnect
from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.gprs_modem_setup import GprsModemSetup
from softmeter.cosem.classes.gsm_diagnostic import GsmDiagnostic
from softmeter.cosem.classes.ipv4_setup import Ipv4Setup
from softmeter.cosem.classes.ipv6_setup import Ipv6Setup
from softmeter.cosem.classes.lte_monitoring import LteMonitoring
from softmeter.cosem.classes.mac_address_setup import MacAddressSetup
from softmeter.cosem.classes.modem_configuration import ModemConfiguration
from softmeter.cosem.classes.ntp_setup import NtpSetup
from softmeter.cosem.classes.ppp_setup import PppSetup
from softmeter.cosem.classes.tcp_udp_setup import TcpUdpSetup
from softmeter.cosem.dictionary import Row
from softmeter.cosem.interface import Source
from softmeter.device.modem_parameters import ALL_INTERFACES, Ping, Randomisation
from softmeter.errors import AccessError
from softmeter.meter.parts_ip import IPV4, Ipv4Part, Ipv6Part
from softmeter.meter.parts_network import (
    CONNECTIONS,
    IDLE_S,
    PORT,
    SEGMENT,
    AccessPart,
    AnswerPart,
    ConnectPart,
    RadioPart,
    TimePart,
    authenticate,
    card,
    change,
    signal,
)
from softmeter.meter.policies import (
    ANSWER,
    APN,
    CONNECT,
    IPV4_SETUP,
    IPV6_SETUP,
    MAC,
    MODEM,
    NTP,
    PPP,
    READ,
    SET,
    TCP_UDP_SETUP,
)
from softmeter.meter.presented import Presented
from softmeter.obis import Obis
from softmeter.wire.types import Data as Value
from softmeter.wire.types import Tag

_PPP = Obis.parse("0-0:25.3.0")
_LOCAL_MAC = bytes.fromhex("020000000001")
MOST_PLACE = 128
_FORM = (Tag.DOUBLE_LONG_UNSIGNED, Tag.LONG_UNSIGNED, Tag.LONG_UNSIGNED)


def _data(tag: Tag, read: Callable[[Any], Any], write: Callable[[Presented, Any], None] | None = None) -> Data:
    return Data(source=Source(tag, read, write))


def _randomisation(meter: Presented) -> tuple[Value, ...]:
    kept = meter.device.behaviours.modem.parameters.randomisation
    return tuple(Value(tag, number) for tag, number in zip(_FORM, kept, strict=True))


def _set_randomisation(meter: Presented, value: tuple[Value, ...]) -> None:
    if tuple(one.type for one in value) != _FORM:
        raise AccessError(DataAccessResult.TYPE_UNMATCHED, "a window in seconds, a factor, a number of retries")
    wanted = Randomisation(*[one.value for one in value])
    change(meter, meter.device.behaviours.modem.parameters._replace(randomisation=wanted))


def _set_interfaces(meter: Presented, wanted: int) -> None:
    if wanted & ~ALL_INTERFACES & ~2:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{wanted:#x} has bits of no interface")
    change(meter, meter.device.behaviours.modem.parameters._replace(interfaces=wanted))


def _ping(meter: Presented) -> Ping:
    return meter.device.behaviours.modem.parameters.ping


def _set_ping(meter: Presented, ping: Ping) -> None:
    change(meter, meter.device.behaviours.modem.parameters._replace(ping=ping))


def _set_pinged(meter: Presented, place: bytes) -> None:
    if len(place) > MOST_PLACE:
        raise AccessError(DataAccessResult.OTHER_REASON, f"{len(place)} octets are no host")
    _set_ping(meter, _ping(meter)._replace(destination=place))


# fmt: off
ROWS = (
    Row("0-0:2.0.0", "Modem configuration", ModemConfiguration(), MODEM),
    Row("0-0:2.1.0", "Auto connect", AutoConnect(part=ConnectPart), CONNECT),
    Row("0-0:2.2.0", "Auto answer", AutoAnswer(part=AnswerPart), ANSWER),
    Row("0-0:25.0.0", "TCP-UDP setup",
        TcpUdpSetup(port=PORT, ip_reference=IPV4, maximum_segment_size=SEGMENT, simultaneous_connections=CONNECTIONS,
                    inactivity_time_out=IDLE_S), TCP_UDP_SETUP),
    Row("0-0:25.1.0", "IPv4 setup", Ipv4Setup(part=Ipv4Part, link_reference=_PPP), IPV4_SETUP),
    Row("0-0:25.2.0", "MAC address setup", MacAddressSetup(mac_address=_LOCAL_MAC), MAC),
    Row("0-0:25.3.0", "PPP setup",
        PppSetup(authenticate=authenticate, phy_reference=Obis.parse("0-0:25.4.0")), PPP),
    Row("0-0:25.4.0", "GPRS modem setup", GprsModemSetup(part=AccessPart), APN),
    Row("0-0:25.6.0", "GSM diagnostic", GsmDiagnostic(part=RadioPart), READ),
    Row("0-0:25.7.0", "IPv6 setup", Ipv6Setup(part=Ipv6Part, link_reference=_PPP), IPV6_SETUP),
    Row("0-0:25.10.0", "NTP setup", NtpSetup(part=TimePart), NTP),
    Row("0-0:25.11.0", "LTE monitoring", LteMonitoring(part=RadioPart), READ),
    Row("0-1:94.31.4", "Modem ICCID", _data(Tag.OCTET_STRING, card), READ),
    Row("0-1:94.31.6", "Modem signal strength, dBm",
        _data(Tag.INTEGER, lambda meter: max(signal(meter).rsrp, -128)), READ),
    Row("0-1:94.31.7", "Modem RSRP, dBm", _data(Tag.LONG, lambda meter: signal(meter).rsrp), READ),
    Row("0-1:94.31.8", "Modem RSRQ, dB", _data(Tag.LONG, lambda meter: signal(meter).rsrq), READ),
    Row("0-1:94.31.9", "Modem RSSI, dBm", _data(Tag.LONG, lambda meter: signal(meter).rssi), READ),
    Row("0-1:94.31.12", "Randomisation settings",
        _data(Tag.STRUCTURE, _randomisation, _set_randomisation), SET),
    Row("0-1:94.31.128", "Communication interface control",
        _data(Tag.UNSIGNED, lambda meter: meter.device.behaviours.modem.parameters.interfaces, _set_interfaces), SET),
    Row("0-1:94.31.129", "Ping destination",
        _data(Tag.OCTET_STRING, lambda meter: _ping(meter).destination, _set_pinged), SET),
    Row("0-1:94.31.130", "Ping period, s",
        _data(Tag.LONG_UNSIGNED, lambda meter: _ping(meter).period_s,
              lambda meter, period: _set_ping(meter, _ping(meter)._replace(period_s=period))), SET),
    Row("0-1:94.31.131", "Data volume sent, octets",
        _data(Tag.LONG64_UNSIGNED, lambda meter: meter.device.behaviours.modem.sent), READ),
    Row("0-1:94.31.132", "Data volume received, octets",
        _data(Tag.LONG64_UNSIGNED, lambda meter: meter.device.behaviours.modem.received), READ),
)
# fmt: on
