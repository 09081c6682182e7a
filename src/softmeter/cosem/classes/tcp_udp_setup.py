"""Class 41, TCP-UDP setup: port, segments and idle time of the IP link (IEC 62056-62, 4.9.1)."""

from softmeter.cosem.access import DataAccessResult
from softmeter.cosem.interface import Interface, attribute, check
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import logical_name, u8, u16

LEAST_SEGMENT = 40


class TcpUdpSetup(Interface, class_id=41, version=0):
    """How TCP and UDP are used."""

    port: int = attribute(2, u16, settable=True, default=4059)
    ip_reference: Obis = attribute(3, logical_name, settable=True)
    maximum_segment_size: int = attribute(4, u16, settable=True, default=576)
    simultaneous_connections: int = attribute(5, u8, settable=True, default=1)
    inactivity_time_out: int = attribute(6, u16, settable=True, default=180)

    @check(2)
    def check_port(self, port: int) -> None:
        if not port:
            raise AccessError(DataAccessResult.OTHER_REASON, "port 0 is none")

    @check(4)
    def check_segment(self, octets: int) -> None:
        if octets < LEAST_SEGMENT:
            raise AccessError(DataAccessResult.OTHER_REASON, f"a segment of {octets} octets is less than an IP header")

    @check(5)
    def check_connections(self, count: int) -> None:
        if not count:
            raise AccessError(DataAccessResult.OTHER_REASON, "at least one connection is possible")
