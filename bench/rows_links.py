"""How much of a slow link an image takes up on its way into a meter: cellular, and optical at 9600 baud."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import load
from meters import Fleet
from rows import Alone, Figure
from rows_firmware import OCTETS, hls5, image, management
from rows_process import CONSTANT, START, command

from softmeter.bench.link import Line, Quality
from softmeter.bench.reader import SimulatedStream
from softmeter.device.radio import carrier
from softmeter.device.surroundings import CALM
from softmeter.dlms.client import Client
from softmeter.dlms.image_upload import MOST_AHEAD, upload
from softmeter.instant import LinkTime
from softmeter.meter.optical import optical_server
from softmeter.runtime.entropy import SystemEntropy
from softmeter.transport.hdlc import HdlcOptions, line_client
from softmeter.transport.link import OpenLink
from softmeter.transport.serial import INTER_OCTET_S
from softmeter.transport.tcp import Address, Link
from softmeter.wire.hdlc_parameters import LARGEST

LIMITED = "[firmware]\nblock_octets = 1024\n[modem]\nlink_limits = true\n"
TIME_OUT_S = 30.0
BAUD = 9600
OPTICAL_OCTETS = 64 * 1024


def cat_m(*, quick: bool) -> Figure:
    """512 KiB to a meter whose WAN port carries no more than Cat-M: from the first question to the last block map."""
    del quick
    with tempfile.TemporaryDirectory(prefix="softmeter-bench-") as directory:
        state = Path(directory)
        (state / "limits.toml").write_text(LIMITED, encoding="utf-8")
        options = ("run", "--source", CONSTANT, "--start", START, "--config", str(state / "limits.toml"))
        with load.started("meter", command(state, *options)) as server:
            octets, client = image(state), management(server)
            with Link(Address(*server.address, client_sap=1), TIME_OUT_S) as link:
                link.run(client.associate())
                start = time.perf_counter()
                link.run(upload(client, octets, b"A2.0", resume=False, confirmed=False, ahead=MOST_AHEAD))
                seconds = time.perf_counter() - start
    return share(OCTETS * 8 / carrier(CALM).downlink_bps, seconds)


def optical(*, quick: bool) -> Figure:
    """64 KiB through the optical port at 9600 baud, counted bits: the association, all questions and the link too.

    The line is simulated in time of its own; what is measured is how many bits pass, and who waits for whom.
    """
    del quick
    meter = Fleet().fresh().meter
    images = meter.device.behaviours.firmware
    images.block_octets = 1024
    line = Line("optical", b"", bits_per_octet=10)
    line.up.quality = line.down.quality = Quality(bits_per_s=BAUD)
    port = optical_server(meter, None, BAUD, INTER_OCTET_S)
    stream = SimulatedStream(port, line, LinkTime(0.0))
    carrier = line_client(HdlcOptions(client_sap=1, baud=BAUD, proposal=LARGEST), TIME_OUT_S, serial=True)
    keys = meter.keys(1)
    client = Client(hls5(keys.unicast_encryption, keys.authentication), SystemEntropy())
    with OpenLink(stream, carrier, client_sap=1, timeout_s=TIME_OUT_S, now=stream.now) as link:
        link.run(client.associate())
        link.run(upload(client, bytes(OPTICAL_OCTETS), b"A2.0", confirmed=False))
        seconds = stream.now()
    sent, received = stream.carried
    figure = share(OPTICAL_OCTETS * 10 / BAUD, seconds)
    return figure._replace(beside=f"{figure.beside}; {sent:,} octets there, {received:,} back")


def share(least_s: float, seconds: float) -> Figure:
    """How much of the line's time the octets of the image themselves take up."""
    return Figure(100 * least_s / seconds, "%", f"{seconds:.2f} s; the bare octets of the image take {least_s:.2f} s")


ROWS = (
    Alone("firmware: 512 KiB over Cat-M limits, one block of four answered", ">= 90 %", cat_m),
    Alone("firmware: 64 KiB over 9600 baud, unconfirmed blocks", ">= 90 %", optical),
)
