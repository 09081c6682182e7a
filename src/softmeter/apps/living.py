"""A meter lives: its ports open, time drives it, until somebody ends it."""

import asyncio
import contextlib
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import uvicorn

from softmeter.apps.assembly import METER, Assembled, assemble
from softmeter.apps.options import RunOptions
from softmeter.apps.panel.contract import Port as PanelPort
from softmeter.apps.panel.pulse_watch import PulseWatch
from softmeter.apps.panel.server import create_app
from softmeter.apps.panel.shown_meter import ShownMeter
from softmeter.apps.progress import jump_progress
from softmeter.dlms.server import Server
from softmeter.errors import ConfigurationError
from softmeter.instant import LinkTime, iso
from softmeter.meter.p1 import telegram
from softmeter.runtime.address import Address
from softmeter.runtime.bench_time import BenchTime
from softmeter.runtime.drive import Drive
from softmeter.runtime.p1_port import P1Port
from softmeter.runtime.ports import follow_power
from softmeter.runtime.store import Store
from softmeter.runtime.wan_port import WanPort

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
PANEL_GRACE_S = 1

log = logging.getLogger("softmeter")


def say(text: str) -> None:
    """Tell the person something, beside what a program reads on standard output."""
    print(text, file=sys.stderr, flush=True)


async def live(options: RunOptions) -> None:
    """Run a meter until SIGTERM or Ctrl-C.

    Raises:
        ConfigurationError: an option, a file or an address cannot be used.
        StorageError: the state cannot be read or written.
    """
    store = Store.open(options.state)
    try:
        pulses = PulseWatch()
        assembled = assemble(options, store, pulses, say)
        with ThreadPoolExecutor(1, "store") as writer:
            await _Life(options, store, assembled, pulses, writer).lead()
    finally:
        store.close()


class _Life:
    """The parts of a running process, wired together."""

    def __init__(
        self, options: RunOptions, store: Store, assembled: Assembled, pulses: PulseWatch, writer: ThreadPoolExecutor
    ) -> None:
        self._options = options
        self._assembled = assembled
        actor = self._actor = assembled.actor
        bench_time = BenchTime(actor.now, options.rate, LinkTime(time.monotonic()))
        self._drive = Drive(actor, partial(store.commit, METER), bench_time, writer)
        meter = actor.meter
        ports = assembled.ports
        self._wan = WanPort(
            Address.parse(options.wan or ports.wan, "--wan"),
            lambda: Server(meter, LinkTime(time.monotonic())),
            self._drive.barrier,
        )
        self._p1 = P1Port(
            Address.parse(options.p1 or ports.p1, "--p1"),
            lambda: telegram(meter.device, meter.identity),
            self._drive.watch,
        )
        self._panel_address = Address.parse(options.panel or ports.panel, "--panel")
        if self._panel_address.host not in LOOPBACK and not options.panel_token:
            message = f"{self._panel_address} is no loopback address; a panel there needs --panel-token"
            raise ConfigurationError(message, "--panel")
        self._shown = ShownMeter(actor, assembled.journal, pulses, bench_time.rate, time.monotonic)
        self._shown.source = assembled.source

    async def lead(self) -> None:
        """Jump where asked, open the ports, live, end cleanly."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._drive.stop)
        await self._drive.store_now()
        await self._jump()
        async with self._panel() as panel_at:
            wan_at, p1_at = await self._wan.open(), await self._p1.open()
            powered = asyncio.create_task(
                follow_power((self._wan, self._p1), lambda: self._actor.meter.device.powered, self._drive.ticked)
            )
            powered.add_done_callback(lambda _: self._drive.stop())  # a port that cannot open again ends the run
            self._drive.ticked.connect(self._ticked)
            self._report({"wan": wan_at, "p1": p1_at, "panel": panel_at})
            try:
                await self._drive.run()
                if powered.done():
                    await powered
            finally:
                powered.cancel()
                self._shown.end()
                await self._wan.close()
                await self._p1.close()

    async def _jump(self) -> None:
        jump_to = self._options.jump_to
        if jump_to is None:
            return
        if jump_to < self._actor.now:
            message = f"{iso(jump_to)} has passed: the meter is at {iso(self._actor.now)} already"
            raise ConfigurationError(message, "--jump-to")
        with jump_progress(self._actor.now, jump_to) as progress:
            await self._drive.jump_to(jump_to, progress)

    def _ticked(self) -> None:
        self._p1.tick()
        self._wan.tick()
        self._shown.ticked()

    @contextlib.asynccontextmanager
    async def _panel(self) -> Any:
        """The panel's web server, while the meter lives."""
        listening = await self._panel_address.listen()
        address = self._panel_address.bound(listening)
        hosts = () if address.host in LOOPBACK else ("*",)
        app = create_app(self._shown, token=self._options.panel_token, allowed_hosts=hosts)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=PANEL_GRACE_S
        )
        server = _PanelServer(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield address
        finally:
            server.should_exit = True
            await serving

    def _report(self, addresses: dict[str, Address]) -> None:
        identity = self._actor.meter.identity
        keys = self._assembled.key_path
        self._shown.ports = _panel_ports(addresses, str(keys))
        if self._options.json:
            print(json.dumps(self._facts(addresses)), flush=True)
            return
        print(f"{identity.type}, serial {identity.serial}, {identity.logical_device_name}")
        print(f"  time      {iso(self._actor.now)}, rate {float(self._drive.bench_time.rate):g}")
        print(f"  DLMS      {addresses['wan']}")
        print(f"  P1        {addresses['p1']}")
        print(f"  panel     http://{addresses['panel']}/")
        print(f"  keys      {keys}")
        for port in self._shown.ports:
            for command in port.commands:
                print(f"  try       {command}")
        print("  Ctrl-C ends it; state is kept", flush=True)

    def _facts(self, addresses: dict[str, Address]) -> dict[str, Any]:
        identity = self._actor.meter.identity
        return {
            "ports": {name: {"host": address.host, "port": address.port} for name, address in addresses.items()},
            "identity": {
                "type": identity.type,
                "serial": identity.serial,
                "logical_device_name": identity.logical_device_name,
                "system_title": identity.system_title.hex(),
            },
            "keys": str(self._assembled.key_path.resolve()),
            "state": str(self._options.state.resolve()),
            "now": iso(self._actor.now),
            "rate": float(self._drive.bench_time.rate),
        }


class _PanelServer(uvicorn.Server):
    """Leaves the signals to the meter."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _panel_ports(addresses: dict[str, Address], keys: str) -> tuple[PanelPort, ...]:
    wan, p1 = addresses["wan"], addresses["p1"]
    smartset = f"smartset --meter {wan} --client"
    return (
        PanelPort(
            name="WAN",
            address=str(wan),
            protocol="DLMS/COSEM over TCP",
            commands=(
                f"{smartset} public get 0-0:42.0.0",
                f"{smartset} management --keys {keys} get 1-0:1.8.0",
            ),
        ),
        PanelPort(name="P1", address=str(p1), protocol="DSMR 5.0.2 telegrams", commands=(f"nc {p1.host} {p1.port}",)),
    )
