"""What carries a conversation to the meter: the wrapper over TCP or UDP, HDLC over TCP, or HDLC on a serial device."""

from collections.abc import Callable
from functools import partial

from softmeter.apps.smartset.quiet_ports import AttentiveStream
from softmeter.apps.smartset.settings import METER, OPTICAL, Settings
from softmeter.errors import ConfigurationError
from softmeter.transport.hdlc import HdlcLink, HdlcOptions
from softmeter.transport.tap import MakeTap
from softmeter.transport.tcp import Address, Link
from softmeter.transport.udp import UdpLink

OpenLink = Link | HdlcLink | UdpLink
Connect = Callable[[], OpenLink]


def connector(settings: Settings, sap: int, make_tap: MakeTap | None) -> Connect:
    """What connects to the meter, each time it is called.

    Raises:
        ConfigurationError: the meter's address has another form, or options contradict each other.
    """
    if settings.udp and (settings.serial is not None or settings.hdlc or settings.mode_e):
        raise ConfigurationError("it carries the wrapper; leave out --serial, --hdlc and --mode-e", "--udp")
    options = HdlcOptions(sap, settings.server_sap, mode_e=settings.mode_e)
    if settings.serial is not None:
        return partial(HdlcLink.serial, settings.serial, options, settings.timeout_s, make_tap)
    if settings.hdlc or settings.mode_e:
        where = OPTICAL if settings.meter == METER else settings.meter
        return partial(HdlcLink.tcp, Address.parse(where, sap), options, settings.timeout_s, make_tap)
    where_to = Address.parse(settings.meter, sap, settings.server_sap)
    if settings.udp:
        return partial(UdpLink, where_to, settings.timeout_s, make_tap)
    return _Wrapped(where_to, settings.timeout_s, make_tap)


class _Wrapped:
    """Connects with the wrapper over TCP; the first time with an ear for ports that speak otherwise."""

    def __init__(self, address: Address, timeout_s: float, make_tap: MakeTap | None) -> None:
        self._address, self._timeout_s, self._make_tap = address, timeout_s, make_tap
        self._is_first = True

    def __call__(self) -> Link:
        stream = None
        if self._is_first:
            stream = AttentiveStream(self._address.host, self._address.port, self._timeout_s, self._address.server_sap)
        self._is_first = False
        return Link(self._address, self._timeout_s, self._make_tap, stream=stream)
