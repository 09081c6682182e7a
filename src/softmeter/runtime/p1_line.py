"""The P1 port on a serial device or a pseudo-terminal: one reader, who asks for telegrams by the data request line.

Source: DSMR 5.0.2 P1, 5.2 and 5.7: 115,200 baud; a telegram when the request goes high, then one per second; sending
stops at once when it drops. On a device the request is the modem line CTS; a line without modem lines asks always. On a
pseudo-terminal whoever holds the other end open asks.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import select
import struct
import termios
import time
import tty
from collections.abc import Callable

from softmeter.bench.link import Line
from softmeter.instant import LinkTime
from softmeter.runtime.optical_port import PTY, SerialAddress
from softmeter.runtime.p1_port import Telegrams
from softmeter.runtime.signal import Signal
from softmeter.transport.tap import MakeTap, Tap, host_of

BAUD = 115_200
LOOK_EVERY_S = 0.05
"""How often the request line is looked at."""

log = logging.getLogger("softmeter.p1")


class P1Line:
    """Sends a telegram when it is asked for, and on every `tick` while it is."""

    def __init__(
        self,
        place: SerialAddress,
        telegrams: Telegrams,
        watch: Callable[[int], None] = lambda _: None,
        line: Line | None = None,
    ) -> None:
        """`watch` is told when somebody asks (1) and does no more (-1); `line` is a perfect one if not given."""
        self._over = line or Line("p1", b"")
        self._under_way: asyncio.TimerHandle | None = None
        self._make_tap: MakeTap | None = None
        self.relieved = Signal()
        """Fires when somebody asks, or has taken all that was sent to him."""
        self._place = place
        self._telegrams = telegrams
        self._watch = watch
        self._path = ""
        self._terminal: int | None = None
        """Our end of the pseudo-terminal, kept while the port is closed so that its path stays the same."""
        self._file: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._asked = self._due = False
        self._left = b""
        """What the line did not take yet."""
        self._tap: Tap | None = None
        telegrams.barrier.passed.connect(self._serve)

    async def open(self) -> SerialAddress:
        """Take the line; returns where it is.

        Raises:
            ConfigurationError: the device cannot be used.
        """
        path = self._open_terminal() if self._place.path == PTY else self._open_device()
        self._look()
        if not self._asked:
            log.info("%s: no telegrams until the data request is there", path)
        return SerialAddress(path, self._place.baud)

    async def close(self) -> None:
        """Leave the line."""
        if self._file is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._ask(asked=False)
        os.close(self._file)
        self._file = None

    def tick(self) -> None:
        """The visible state changed, or a second passed: a telegram to whoever asks."""
        self._telegrams.renew()
        self._due = self._asked
        self._serve()

    def listen_in(self, make_tap: MakeTap) -> None:
        """Have somebody listen in while it is read."""
        self._make_tap = make_tap

    @property
    def behind(self) -> bool:
        """Whether nobody asks, or the last telegram has not left yet; while the line is left nobody can."""
        if self._file is None:
            return False
        return not self._asked or self._due or bool(self._left) or self._under_way is not None

    def _open_terminal(self) -> str:
        if self._terminal is None:
            self._terminal, far = os.openpty()
            tty.setraw(far)
            os.set_blocking(self._terminal, False)
            self._path = os.ttyname(far)
            os.close(far)  # so that it hangs up when the reader leaves
        self._file = os.dup(self._terminal)
        return self._path

    def _open_device(self) -> str:
        self._file = self._place.opened()
        return self._place.path

    def _look(self) -> None:
        """Follow the request line."""
        self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)
        if self._file is not None and (asked := _is_requested(self._file)) != self._asked:
            self._ask(asked=asked)

    def _ask(self, *, asked: bool) -> None:
        """The request went high or dropped."""
        if asked == self._asked or self._file is None:
            return
        self._asked = self._due = asked
        if not asked:
            self._drop_left(self._file)
            self._silence(self._file)
        log.info("the data request %s", "is there" if asked else "has gone")
        if self._tap is not None:
            self._tap.closed()
            self._tap = None
        if asked and self._make_tap is not None:
            self._tap = self._make_tap(host_of(None), host_of(None))
        self._watch(1 if asked else -1)
        self._serve()

    def _serve(self) -> None:
        """Send what is due, unless it must wait; a telegram that would overtake the one before it is left out."""
        telegram = self._telegrams.current() if self._due else None
        if telegram is None or self._file is None:
            return
        self._due = False
        if self._left or self._under_way is not None:
            log.warning("a telegram left out: the line is too slow, or not read")
            return
        if self._tap is not None:
            self._tap.sent(telegram)
        if self._over.is_perfect:
            self._left = telegram
            self._write()
            return
        now = LinkTime(time.monotonic())
        passed = [self._over.up.passed(piece, now) for piece in self._over.up.pieces(telegram)]
        self._left = b"".join(piece.octets for piece in passed)
        self._under_way = asyncio.get_running_loop().call_later(passed[-1].due - now, self._write)

    def _write(self) -> None:
        self._under_way = None
        file = self._file
        if file is None:
            return
        try:
            self._left = self._left[os.write(file, self._left) :]
        except BlockingIOError:
            pass
        except OSError as error:
            log.info("nothing can be sent: %s", error.strerror)
            self._left = b""
        if self._left:
            asyncio.get_running_loop().add_writer(file, self._write)
        else:
            self._drop_left(file)
            self.relieved.fire()

    def _silence(self, file: int) -> None:
        """Let nobody hear what is under way; on a terminal it lies at the far end, where only that end forgets it."""
        if self._terminal is None:
            with contextlib.suppress(termios.error):  # a device that was pulled out holds nothing any more
                termios.tcflush(file, termios.TCOFLUSH)
            return
        far = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        termios.tcflush(file, termios.TCIOFLUSH)
        termios.tcflush(far, termios.TCIOFLUSH)
        os.close(far)

    def _drop_left(self, file: int) -> None:
        self._left = b""
        if self._under_way is not None:
            self._under_way.cancel()
            self._under_way = None
        asyncio.get_running_loop().remove_writer(file)


def _is_requested(file: int) -> bool:
    """Whether somebody asks for telegrams on this line."""
    looked = select.poll()
    looked.register(file, 0)
    if any(event & select.POLLHUP for _, event in looked.poll(0)):
        return False
    try:
        (lines,) = struct.unpack("I", fcntl.ioctl(file, termios.TIOCMGET, bytes(4)))
    except OSError:
        return True
    return bool(lines & termios.TIOCM_CTS)
