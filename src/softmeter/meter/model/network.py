"""The cellular side: module, network, IP (manual 11, 12.3)."""

from softmeter.cosem.classes.tcp_udp_setup import TcpUdpSetup
from softmeter.cosem.dictionary import Row
from softmeter.meter.parts_network import SEGMENT
from softmeter.meter.policies import TCP_UDP_SETUP
from softmeter.obis import Obis

# fmt: off
ROWS = (
    Row("0-0:25.0.0", "TCP-UDP setup",
        TcpUdpSetup(ip_reference=Obis.parse("0-0:25.1.0"), maximum_segment_size=SEGMENT), TCP_UDP_SETUP),
)
# fmt: on
