"""A whole meter in this process behind a real socket on loopback; its time stands still."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from softmeter.apps import configuration
from softmeter.bench.journal import Journal
from softmeter.bench.supply import Supply
from softmeter.device.device import Device
from softmeter.device.display import Display
from softmeter.dlms.server import Server
from softmeter.entropy import SeededEntropy
from softmeter.instant import SECOND, Instant, LinkTime, parse_instant, whole_second
from softmeter.meter.actor import Actor
from softmeter.meter.factory import Factory
from softmeter.meter.identity import Identity
from softmeter.meter.keys import KeyRing
from softmeter.meter.meter import Meter
from softmeter.metrology.metering import metered
from softmeter.runtime import keyfile
from softmeter.signal.specification import parse_source

_TURN = threading.Lock()
"""One thread at a time touches the meters of this process: a request and the passing of time exclude each other."""
Smartset = Callable[..., tuple[int, str, str]]
"""Runs smartset with arguments; gives exit status, standard output and standard error."""

START, NOW = "2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z"
LOAD = "constant:u=230,i=5,pf=0.8"


def made(keys: keyfile.Keys, identity: Identity) -> Meter:
    """A meter that has lived a day and a half on a constant load of 920 W."""
    start = parse_instant(START)
    settings = configuration.read("factory")
    source = metered(parse_source(LOAD, start_second=whole_second(start), open_file=_no_file))
    device = Device(settings.device, Supply(source, Journal()), start)
    display = Display(LinkTime(0.0))
    secrets = {client.sap: client.held for client in keys.clients.values()}
    meter = Meter(Factory(identity, start), device, display, KeyRing(keys.master_key, secrets), SeededEntropy("meter"))
    Actor(meter).jump(parse_instant(NOW))
    return meter


def written_keys(path: Path, seed: str = "keys") -> keyfile.Keys:
    """Keys of a meter, and their file at `path`."""
    identity = Identity(serial="12345678")
    keys = keyfile.generate(SeededEntropy(seed), identity.system_title, identity.logical_device_name)
    keyfile.write_keys(path, keys)
    return keys


def new_meter(path: Path) -> Meter:
    return made(written_keys(path), Identity(serial="12345678"))


@contextmanager
def living(meter: Meter) -> Iterator[None]:
    """Time goes on for the meter, fast."""
    ended = threading.Event()

    def live() -> None:
        while not ended.is_set():
            with _TURN:
                meter.device.advance(Instant(meter.device.now + SECOND))
            ended.wait(0.01)

    thread = threading.Thread(target=live)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _no_file(path: str) -> BinaryIO:
    raise AssertionError(path)


class _Port:
    """Serves connections, one request of one of them at a time."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Take nobody any more; whoever was served has left by now."""
        with self._listening:
            self._listening.shutdown(socket.SHUT_RDWR)
            for one in self._threads:
                one.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            serving = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            serving.start()
            self._threads = [one for one in (*self._threads, serving) if one.is_alive()]

    def _serve(self, connection: socket.socket) -> None:
        with _TURN:
            server = Server(self._meter, LinkTime(time.monotonic()))
        with connection:
            while not server.closed:
                try:
                    data = connection.recv(1 << 16)
                except OSError:
                    data = b""
                with _TURN:
                    server.receive(data, LinkTime(time.monotonic()))
                    answer = server.to_send()
                    self._meter.unchanged()
                with suppress(OSError):  # who has gone is found out by the next receive
                    connection.sendall(answer)


@contextmanager
def served(meter: Meter) -> Iterator[str]:
    """The address at which the meter answers."""
    port = _Port(meter)
    try:
        yield port.address
    finally:
        port.close()
