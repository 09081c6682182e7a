"""The meter's side of the optical port, as the objects 0-0:20.0.0 and 0-0:22.0.0 set it up (manual 11.1)."""

from softmeter.cosem.classes.local_port_setup import Baud, PortMode, ResponseTime
from softmeter.dlms.hdlc_server import HdlcServer, Station
from softmeter.dlms.host import Guard
from softmeter.dlms.optical import OpticalServer
from softmeter.meter.inside import number_in
from softmeter.meter.meter import Meter
from softmeter.meter.model.local import HDLC_SETUP, LOCAL_PORT_SETUP, OpticalPort
from softmeter.meter.readout import readout
from softmeter.wire.hdlc_parameters import Parameters
from softmeter.wire.mode_e import Identification
from softmeter.wire.mode_e_link import ModeEServer


def optical_server(meter: Meter, guard: Guard | None, baud: int, inter_octet_s: float | None) -> OpticalServer:
    """The port for the next reader.

    `baud`: the speed at which it waits; pauses inside frames do not count where `inter_octet_s` is None.
    """
    mode, _, fastest, response = (number_in(meter, 19, LOCAL_PORT_SETUP, number) for number in (2, 3, 4, 5))
    identity = meter.identity
    opening = ModeEServer(
        Identification(identity.manufacturer, str(Baud(fastest).value), identity.model),
        lambda: readout(meter),
        OpticalPort(meter).address.decode("ascii"),
        reaction_s=ResponseTime(response).seconds,
        idle_baud=baud,
    )
    line = HdlcServer(meter, station(meter, paced=inter_octet_s is not None), guard)
    return OpticalServer(opening, line, mode_e=PortMode(mode) is PortMode.IEC_62056_21)


def station(meter: Meter, *, paced: bool) -> Station:
    """What the HDLC line looks like; pauses inside frames count where it is `paced`."""
    windows_and_lengths = [number_in(meter, 23, HDLC_SETUP, number) for number in (5, 6, 3, 4)]
    pause_ms, inactivity_s, address = (number_in(meter, 23, HDLC_SETUP, number) for number in (7, 8, 9))
    return Station(
        address=address,
        largest=Parameters(*windows_and_lengths),
        inter_octet_s=pause_ms / 1000 if paced else None,
        inactivity_s=inactivity_s,
    )
