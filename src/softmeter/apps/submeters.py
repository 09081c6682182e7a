"""`softmeter submeters`: simulated sub-meters on a line of their own, for other M-Bus masters."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from softmeter.apps.telling import tell
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeter_orders import REMEMBERED
from softmeter.bench.submeter_past import Past
from softmeter.bench.submeters import SubMeter, parse_sub_meters
from softmeter.device.breaker import State
from softmeter.device.mbus_channel import Moment
from softmeter.device.surroundings import CALM
from softmeter.errors import ConfigurationError
from softmeter.instant import Instant, whole_second
from softmeter.runtime.address import Address
from softmeter.runtime.lock import DirectoryLock
from softmeter.runtime.mbus_line import BAUD, MBusPort
from softmeter.runtime.optical_port import SerialAddress, parse_place
from softmeter.runtime.reports import Reports
from softmeter.runtime.whole_file import check_writable, write_whole
from softmeter.security.mbus import KEY_OCTETS
from softmeter.wire.mbus import MOST_PRIMARY, Frame, encode, manufacturer_letters

OPTION, STATE = "--listen", "--state"
PTY = "pty"


@dataclass(frozen=True, slots=True)
class SubMeterOptions:
    """What a person asks of `submeters`."""

    meters: str
    listen: str
    at: Instant | None = None
    """The instant at which they stand; None: they go with the clock of this machine."""
    json: bool = False
    state: Path | None = None
    """Where they keep what they remember; None: they are fresh from the factory at each start."""


class Line:
    """The sub-meters, and what they remember: while the process runs, or in a file, which holds their keys."""

    def __init__(self, meters: tuple[SubMeter, ...], at: Instant | None = None, state: Path | None = None) -> None:
        """Begin anew, or go on as a file has it, which nobody else may use until `close`.

        Raises:
            ConfigurationError: the file cannot be read, is none of sub-meters, or is in use.
        """
        self._line = MBusLine(meters)
        self._lock = None if state is None else _locked(state)
        try:
            self._memory = "" if state is None else self._kept(state)
        except ConfigurationError:
            self.close()
            raise
        self._at = at
        self._state = state
        self._reports = Reports(logging.getLogger("softmeter.submeters"))

    def answer(self, frame: Frame) -> bytes:
        """What the line answers now."""
        now = Instant(time.time_ns()) if self._at is None else self._at
        before = self._memory
        self._memory, answer = self._line.exchange(before, encode(frame), Moment(whole_second(now), CALM))
        if self._state is None or self._memory == before:
            return answer
        try:
            write_whole(self._state, self._memory.encode(), mode=0o600)
        except OSError as error:
            self._memory = before  # who cannot remember it has not heard it
            self._reports.say(logging.WARNING, "%s cannot be written: %s", self._state, error.strerror)
            return b""
        return answer

    def close(self) -> None:
        """Let others use the file."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.abandon()

    def _kept(self, state: Path) -> str:
        try:
            memory = state.read_text("utf-8") if state.exists() else ""
            is_memory = all(map(_is_past, self._line.pasts(memory)))
        except OSError as error:
            raise ConfigurationError(f"{state} cannot be read: {error.strerror}", STATE) from None
        except (ValueError, TypeError, AttributeError, RecursionError):
            is_memory = False
        if not is_memory:
            raise ConfigurationError(f"{state} is no file of sub-meters; name another one", STATE)
        return memory


def _locked(state: Path) -> DirectoryLock:
    """The right to a file, whatever link names it."""
    check_writable(state, STATE)
    place = Path(os.path.realpath(state))
    return DirectoryLock(place.parent, place.name)


def _is_past(past: Past) -> bool:
    """Whether what was read has the form of a past; ValueError where octets are no hexadecimal digits."""
    typed = all(isinstance(one, str if isinstance(kept, str) else int) for one, kept in zip(past, Past(), strict=True))
    key, accesses = bytes.fromhex(past.key), bytes.fromhex(past.accesses)
    numbered = 0 <= past.address <= MOST_PRIMARY and 0 <= past.access <= 0xFF and past.valve in set(State)
    return typed and numbered and len(key) in {0, KEY_OCTETS} and len(accesses) <= REMEMBERED


async def serve(options: SubMeterOptions) -> None:
    """Answer masters until SIGTERM or Ctrl-C.

    Raises:
        ConfigurationError: an option is wrong, or the line cannot be opened.
    """
    meters = parse_sub_meters(options.meters)
    if not meters:
        raise ConfigurationError("name at least one, like gas,water:7", "sub-meters")
    line = Line(meters, options.at, options.state)
    port = MBusPort(line.answer)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    try:
        where = await _opened(port, options.listen)
        tell(_as_json(meters, where) if options.json else _as_text(meters, where))
        with contextlib.suppress(asyncio.CancelledError):
            await ended.wait()
    finally:
        await port.close()
        line.close()


async def _opened(port: MBusPort, text: str) -> str:
    place = parse_place(text, OPTION, BAUD)
    match place:
        case Address():
            return str(await port.listen(place))
        case SerialAddress(path=path) if path == PTY:
            return port.open_terminal()
        case SerialAddress():
            return port.open_device(place.path, place.baud, OPTION)


def _told(meter: SubMeter) -> dict[str, str]:
    header = meter.header
    return {
        "kind": meter.name,
        "identification": f"{header.identification:08X}",
        "manufacturer": manufacturer_letters(header.manufacturer),
        "secondary_address": meter.secondary_address,
        "default_key": meter.default_key.hex().upper(),
    }


def _as_json(meters: tuple[SubMeter, ...], where: str) -> str:
    return json.dumps({"listen": where, "sub_meters": [_told(meter) for meter in meters]})


def _as_text(meters: tuple[SubMeter, ...], where: str) -> str:
    lines = (
        f"{told['kind']:11} {told['manufacturer']} {told['identification']}  "
        f"secondary address {told['secondary_address']}, default key {told['default_key']}"
        for told in map(_told, meters)
    )
    return "\n".join((f"M-Bus       {where}", *lines))
