"""The optical port: one reader at a time, over TCP, on a pseudo-terminal of its own, or on a serial device.

Source: manual 11.1; IEC 62056-21, IEC 62056-46. Over TCP the speed is imagined, and pauses inside frames mean nothing.
"""

import os
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from softmeter.bench.link import Line
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.connection import Connection
from softmeter.runtime.serial_port import SerialPort
from softmeter.runtime.wan_port import WanPort
from softmeter.transport.serial import INTER_OCTET_S, open_serial
from softmeter.transport.tap import MakeTap

PTY = "pty"
SLOW = 300
"""Baud at which IEC 62056-21 begins."""
_SPEED_DIGITS = 7
READERS = 1
LOG = "softmeter.optical"


@dataclass(frozen=True, slots=True)
class SerialAddress:
    """A device or pseudo-terminal; `baud`: the speed at which it waits, 300 for mode E, more for HDLC at once.

    `option` is the name under which it was given.
    """

    path: str
    baud: int = SLOW
    option: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.path

    def opened(self) -> int:
        """The device, as a file descriptor.

        Raises:
            ConfigurationError: it cannot be opened; says why and what to try.
        """
        try:
            return open_serial(self.path, self.baud)
        except FileNotFoundError:
            message = f"{self.path} is not there; plug it in, or give a device that ls /dev shows"
            raise ConfigurationError(message, self.option) from None
        except PermissionError:
            message = f"{self.path} is not allowed; its group is shown by ls -l {self.path}, and must be yours"
            raise ConfigurationError(message, self.option) from None
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be opened ({error.strerror})", self.option) from None
        except ConfigurationError as error:
            raise ConfigurationError(str(error), self.option) from None


Place = Address | SerialAddress


def parse_place(text: str, option: str, baud: int = SLOW) -> Place:
    """Read HOST:PORT, `pty`, or a device with or without `@BAUD`; else it is at `baud`.

    Raises:
        ConfigurationError: the text has another form.
    """
    if text == PTY:
        return SerialAddress(PTY, baud, option)
    if not text.startswith("/"):
        return Address.parse(text, option)
    path, _, speed = text.partition("@")
    if speed and not (speed.isdecimal() and len(speed) <= _SPEED_DIGITS):
        raise ConfigurationError(f"{speed!r} in {text!r} is no speed; write it like /dev/ttyUSB0@9600", option)
    return SerialAddress(path, int(speed or baud), option)


class OpticalConnection(Connection, Protocol):
    """The meter's side of an optical port, which changes its speed."""

    @property
    def baud(self) -> int: ...


Factory = Callable[[int, float | None], OpticalConnection]
"""Makes the meter's side, given the speed at which it waits and the longest pause inside a frame."""


class OpticalPort:
    """Opens where it is told to, and there serves one reader at a time."""

    def __init__(
        self,
        place: Place,
        factory: Factory,
        barrier: Barrier,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        line: Line | None = None,
        log: str = LOG,
    ) -> None:
        self.place = place
        self._port: WanPort | SerialPort
        if isinstance(place, Address):
            self._port = WanPort(
                place, lambda _: factory(SLOW, None), barrier, monotonic, most_peers=READERS, log=log, line=line
            )
        else:
            baud = place.baud
            make = partial(factory, baud, INTER_OCTET_S)
            self._port = SerialPort(_opener(place), baud, make, barrier, monotonic, line)

    async def open(self) -> Place:
        """Listen; returns where, with the true port number or the path of the pseudo-terminal.

        Raises:
            ConfigurationError: the address or device cannot be used.
        """
        if isinstance(self._port, WanPort):
            return await self._port.open()
        return SerialAddress(await self._port.open(), self._port.baud)

    def listen_in(self, make_tap: MakeTap) -> None:
        """Have the connections to come tapped."""
        self._port.make_tap = make_tap

    async def close(self) -> None:
        """Stop listening and drop the reader."""
        await self._port.close()

    def tick(self) -> None:
        """The meter takes changes again: serve the request that waited for it."""
        self._port.tick()


def _opener(place: SerialAddress) -> Callable[[], tuple[int, str]]:
    """What opens the line, again after each power cut, as the same path."""
    if place.path == PTY:
        return _Terminal().open
    return lambda: (place.opened(), place.path)


class _Terminal:
    """A pseudo-terminal that keeps its path, and its far end open so that readers may come and go."""

    def __init__(self) -> None:
        self._near, self._far = os.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)

    def open(self) -> tuple[int, str]:
        return os.dup(self._near), os.ttyname(self._far)
