"""A meter lives: its ports open, time drives it, until somebody ends it."""

import asyncio
import contextlib
import logging
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from softmeter.apps import mbus_setup
from softmeter.apps.announcement import Announcement
from softmeter.apps.assembly import METER, Assembled, assemble
from softmeter.apps.module_line import module_line
from softmeter.apps.options import RunOptions
from softmeter.apps.panel.live_time import LiveTime
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.apps.panel.server import create_app
from softmeter.apps.panel.serving import serving
from softmeter.apps.panel.shown_meter import ShownMeter
from softmeter.apps.ports import Listening, is_loopback
from softmeter.apps.progress import jump_progress
from softmeter.apps.start_checks import check_start, usable_places
from softmeter.apps.telling import say, tell
from softmeter.apps.wan_place import with_set_port
from softmeter.bench.bench import Bench
from softmeter.bench.shelf import Shelf
from softmeter.device.modem import is_reachable
from softmeter.device.modem_parameters import Interface
from softmeter.device.pulses import Together
from softmeter.device.push_setting import Service
from softmeter.dlms.datagram_server import DatagramServer
from softmeter.dlms.server import Server
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant, LinkTime, iso, whole_second
from softmeter.meter.meter import Meter
from softmeter.meter.optical import optical_server
from softmeter.meter.p1 import broadcast
from softmeter.meter.parts_network import idle_s, most_connections, wan_port
from softmeter.meter.push import outgoing
from softmeter.meter.vigilance import Vigilance
from softmeter.runtime.address import Address
from softmeter.runtime.bench_time import BenchTime
from softmeter.runtime.descriptors import MOST, raised_limit, shares
from softmeter.runtime.drive import Drive
from softmeter.runtime.optical_port import OpticalPort, Place
from softmeter.runtime.p1_line import P1Line
from softmeter.runtime.p1_port import P1Port, Telegrams
from softmeter.runtime.ports import Port, follow_power
from softmeter.runtime.pulse_feed import HeardPulses, PulseFeed
from softmeter.runtime.pulse_port import PulsePort
from softmeter.runtime.push_places import Places
from softmeter.runtime.push_port import PushPort
from softmeter.runtime.store import Store
from softmeter.runtime.udp_port import UdpPort
from softmeter.runtime.volume import Volume
from softmeter.runtime.wan_port import WanPort

log = logging.getLogger("softmeter")


async def live(options: RunOptions) -> None:
    """Run a meter until SIGTERM or Ctrl-C.

    Raises:
        ConfigurationError: an option, a file or an address cannot be used.
        StorageError: the state cannot be read or written.
    """
    await check_start(options)
    store = Store.open(options.state)
    try:
        watch, heard = PulseWatch(), HeardPulses()
        assembled = assemble(options, store, Together(watch, heard), say)
        module = [assembled.at_place] if assembled.at_place else []
        ports = await with_set_port(options, assembled.ports, wan_port(assembled.actor.meter), say, module)
        places = await usable_places(options, ports, assembled.configured_in, assembled.at_place, assembled.mbus)
        with ThreadPoolExecutor(1, "store") as writer:
            life = _Life(options, store, assembled, places, (watch, heard), writer)
            with life.tracing:
                await life.lead()
    finally:
        store.close()


class _Life:
    """The parts of a running process, wired together."""

    def __init__(
        self,
        options: RunOptions,
        store: Store,
        assembled: Assembled,
        places: Listening,
        pulses: tuple[PulseWatch, HeardPulses],
        writer: ThreadPoolExecutor,
    ) -> None:
        self._options = options
        self._assembled = assembled
        self._places = places
        actor = self._actor = assembled.actor
        bench_time = BenchTime(actor.now, options.rate, LinkTime(time.monotonic()))
        self._drive = Drive(actor, partial(store.commit, METER), bench_time, writer)
        self._shares = shares(limit := raised_limit())
        if self._shares != MOST:
            log.warning("with %d file descriptors there is room for fewer connections: %s", limit, self._shares)
        meter = actor.meter
        ports, links = assembled.ports, assembled.links
        # Apart: on UDP an address can be forged, and must not lock its owner out of TCP.
        wan, datagrams = (Vigilance(meter, time.monotonic) for _ in range(2))
        optical = Vigilance(meter, time.monotonic, local=True)
        self._wan = WanPort(
            places.wan,
            lambda peer: Server(meter, LinkTime(time.monotonic()), wan.over(peer), idle_s=idle_s(meter)),
            self._drive.barrier,
            most_peers=self._shares.wan,
            line=links.wan,
        )
        self._udp = UdpPort(
            places.udp,
            lambda peer, source, to, now: DatagramServer(meter, source, to, now, datagrams.over(peer)),
            self._drive.barrier,
            line=links.wan,
        )
        self._p1 = self._p1_port(Telegrams(partial(broadcast, meter, assembled.p1), self._drive.barrier))
        self._optical = OpticalPort(
            places.optical,
            partial(optical_server, meter, optical.over("optical port")),
            self._drive.barrier,
            line=links.optical,
        )
        watch, heard = pulses
        self._feed = PulseFeed(heard, meter, self._drive.barrier, self._drive.watch)
        self._pulses = self._pulse_port()
        self._pace()
        self._volume = Volume()
        self._pushes = PushPort(
            lambda: outgoing(meter),
            lambda number, arrived: meter.device.behaviours.pushes.settle(meter.device, number, arrived=arrived),
            self._drive.barrier,
            Places(ports.push_to, f"{assembled.configured_in}: ports.push_to"),
            online=lambda: meter.device.behaviours.modem.online,
            carried=self._volume.carried,
            line=links.wan,
        )
        line = assembled.mbus.line
        self._mbus = mbus_setup.master(line, meter) if line else None
        self.tracing = self._traced(meter)
        self._wan.volume = self._volume
        self._udp.make_tap = self._volume.counting(self._udp.make_tap)
        bench = Bench(meter, assembled.journal, LiveTime(self._drive, time.monotonic))
        self._shelf = None if line else Shelf(assembled.mbus.simulated, bench, meter)
        self._shown = ShownMeter(actor, bench, watch, self._drive.barrier)
        self._shown.source = assembled.source

    def _p1_port(self, telegrams: Telegrams) -> P1Port | P1Line:
        """The P1 port where it is wanted."""
        place, line = self._places.p1, self._assembled.links.p1
        if isinstance(place, Address):
            return P1Port(place, telegrams, self._drive.watch, most_readers=self._shares.p1, line=line)
        return P1Line(place, telegrams, self._drive.watch, line)

    def _pulse_port(self) -> PulsePort | None:
        """The stream of pulses, where it is wanted."""
        place = self._places.pulses
        return None if place is None else PulsePort(place, self._feed, most_readers=self._shares.pulses)

    def _pace(self) -> None:
        """Hold time up for those readers for whom that is wanted."""
        paced: list[P1Port | P1Line | PulsePort] = [self._p1] if self._options.p1_paced else []
        if self._options.pulses_paced and self._pulses is not None:
            paced.append(self._pulses)
        for port in paced:
            self._drive.pace(lambda: any(one.behind for one in paced), port.relieved)

    def _traced(self, meter: Meter) -> contextlib.AbstractContextManager[object]:
        """What writes the trace and the key log, if either is wanted."""
        options = self._options
        if options.trace is None and options.keylog is None:
            return contextlib.nullcontext()
        from softmeter.apps.tracing import MeterKeys, Tracing

        tracing = Tracing(options.trace, options.keylog, MeterKeys(meter))
        self._wan.make_tap = tracing.port("wan", "DLMS/COSEM over TCP")
        self._udp.make_tap = tracing.port("wan-udp", "DLMS/COSEM over UDP", datagrams=True)
        self._pushes.make_taps = {
            Service.TCP: tracing.port("push", "pushes over TCP"),
            Service.UDP: tracing.port("push-udp", "pushes over UDP", datagrams=True),
        }
        serial = not isinstance(self._optical.place, Address)
        self._optical.listen_in(tracing.port("optical", "optical port", serial=serial))
        serial = isinstance(self._p1, P1Line)
        self._p1.listen_in(tracing.port("p1", "P1 telegrams", serial=serial, broadcast=True))
        return contextlib.closing(tracing)

    async def lead(self) -> None:
        """Jump where asked, open the ports, live, end cleanly."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drive.stop)
        await self._drive.store_now()
        await self._jump()
        if self._drive.stopping:
            await self._drive.run()  # to its clean end at once: nothing was opened, and nothing is told
            return
        module = module_line(self._assembled.at_place, self._actor.meter, self._drive.barrier)
        async with self._panel() as panel_at, module as module_at:
            places: dict[str, Place] = {"wan": await self._wan.open(), "p1": await self._p1.open()}
            ports: list[tuple[Port, Interface]] = [(self._wan, Interface.WAN), (self._p1, Interface.P1)]
            if await self._open_udp(places["wan"]):
                places["udp"] = self._udp.address
                ports.append((self._udp, Interface.WAN))
            if await self._open_optical(places):
                ports.append((self._optical, Interface.OPTICAL))
            places["panel"] = panel_at
            if module_at is not None:
                places["modem"] = module_at
            if self._mbus is not None:
                places["mbus"] = self._mbus.place
            if self._pulses is not None:
                places["pulses"] = await self._pulses.open()
            following = asyncio.gather(*[self._follow(port, interface) for port, interface in ports])
            following.add_done_callback(lambda _: self._drive.stop())  # a port that cannot open again ends the run
            self._drive.ticked.connect(self._ticked)
            self._look_at_links()
            self._answer_calls()
            self._announce(places)
            try:
                await self._drive.run()
                if following.done():
                    await following
            finally:
                following.cancel()
                self._shown.end()
                for port, _ in ports:
                    await port.close()
                if self._pulses is not None:
                    await self._pulses.close()
                self._feed.end()
                await self._pushes.close()
                if self._mbus is not None:
                    await self._mbus.runs.close()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

    async def _follow(self, port: Port, interface: Interface) -> None:
        """Keep a port open while anybody could reach the meter through its interface."""
        meter = self._actor.meter
        await follow_power(
            [port],
            lambda: is_reachable(meter.device, interface),
            self._drive.ticked,
            lambda: meter.device.behaviours.firmware.restarts,
        )

    async def _open_udp(self, wan: Place) -> bool:
        """Listen at the same place as TCP. A port number that TCP took by itself may be another's on UDP."""
        taken = self._udp.address.port == 0
        if isinstance(wan, Address):
            self._udp.address = wan
        try:
            await self._udp.open()
        except ConfigurationError as error:
            if not taken:
                raise
            say(f"no DLMS over UDP: {error}")
            return False
        return True

    async def _open_optical(self, places: dict[str, Place]) -> bool:
        """Open the optical port. One that nobody asked for may stay closed: several meters share a machine."""
        try:
            places["optical"] = await self._optical.open()
        except ConfigurationError as error:
            if "optical" in self._places.given:
                raise
            say(f"no optical port: {error}")
            return False
        return True

    async def _jump(self) -> None:
        jump_to = self._options.jump_to
        if jump_to is None and self._options.catch_up and not self._assembled.source.startswith("grid"):
            jump_to = max(self._actor.now, Instant(time.time_ns() // SECOND * SECOND))
        if jump_to is None:
            return
        if jump_to < self._actor.now:
            say(f"--jump-to is ignored: {iso(jump_to)} has passed, the meter is at {iso(self._actor.now)} already")
            return
        with jump_progress(self._actor.now, jump_to) as progress:
            await self._drive.jump_to(jump_to, progress)
        present = Instant(time.time_ns() // SECOND * SECOND)
        if self._options.catch_up and jump_to < present:  # living through it took some seconds as well
            await self._drive.jump_to(present)

    def _look_at_links(self) -> None:
        """Have the links follow the bench and the cell around."""
        around = self._actor.meter.device.feeling.state
        self._assembled.links.look(whole_second(self._actor.now), around)

    def _answer_calls(self) -> None:
        """Take whom the meter's set-ups let in now, and no more of them."""
        meter = self._actor.meter
        modem = meter.device.behaviours.modem
        modem.called(meter.device, self._wan.taken_calls())
        self._wan.calls_left = modem.calls_left(meter.device)
        self._wan.accepting = self._udp.accepting = modem.answers(meter.device)
        self._wan.most_peers = min(self._shares.wan, most_connections(meter) or self._shares.wan)

    def _ticked(self) -> None:
        self._assembled.journal.forget_before(whole_second(self._actor.now))
        self._look_at_links()
        self._answer_calls()
        self._actor.meter.device.behaviours.modem.carried(*self._volume.taken())
        self._pushes.tick()
        if self._mbus is not None:
            self._mbus.runs.tick()
        self._p1.tick()
        self._feed.tick()
        self._wan.tick()
        self._udp.tick()
        self._optical.tick()
        self._shown.ticked()

    def _panel(self) -> contextlib.AbstractAsyncContextManager[Address]:
        """The panel's web server, while the meter lives."""
        hosts = () if is_loopback(self._places.panel) else ("*",)
        app = create_app(
            self._shown,
            token=self._options.panel_token,
            allowed_hosts=hosts,
            sub_meters=self._shelf,
            pulses=self._feed,
        )
        return serving(app, self._places.panel, self._shares.panel)

    def _announce(self, places: dict[str, Place]) -> None:
        announcement = Announcement(
            self._actor.meter.identity,
            places,
            self._assembled.key_path,
            self._options.state,
            self._actor.now,
            float(self._drive.bench_time.rate),
            self._assembled.p1.variant,
        )
        self._shown.ports = announcement.panel_ports()
        tell(announcement.as_json() if self._options.json else announcement.as_text())
