"""`softmeter pulses`: reads the stream of pulses and tells the power that lies between them."""

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, NamedTuple

from softmeter.apps.telling import tell
from softmeter.device.pulses import Output
from softmeter.errors import ConfigurationError, RemoteProtocolError
from softmeter.instant import SECOND
from softmeter.runtime.address import Address
from softmeter.transport.errors import TransportError, unreachable

LONGEST_LINE: Final = 16 * 1024
CONNECTING_S: Final = 10.0
_EXPORTED: Final = "-A"
_NO_NUMBER: Final = 2**63
"""Neither the number nor the time of a pulse is so high."""


@dataclass(frozen=True, slots=True)
class PulseOptions:
    """What a person asks of `pulses`."""

    address: Address
    output: str | None = None
    """The output of interest; None: both."""
    intervals: int | None = None
    """After how many of them it ends, of the active output where both are of interest; None: when somebody ends it."""
    reference: float | None = None
    """The power that the load really has, in W or var."""


class _Pulse(NamedTuple):
    number: int
    at: int

    @classmethod
    def of(cls, record: dict[str, Any], before: "_Pulse | None") -> "_Pulse":
        """What a line says of one, which comes after another.

        Raises:
            ValueError: it is none, or does not.
        """
        pulse = cls(record["number"], record["ns"])
        if not all(isinstance(one, int) and 0 <= one < _NO_NUMBER for one in pulse):
            raise ValueError("no number or time of a pulse")
        if before is not None and (pulse.number <= before.number or pulse.at <= before.at):
            raise ValueError("pulses run backwards")
        return pulse


class Counted:
    """The pulses of one output: how many there were, and over how long."""

    def __init__(self, output: str, unit: str, units_per_pulse: float) -> None:
        """Begin with none.

        Raises:
            ValueError: a pulse is worth nothing.
        """
        if not (units_per_pulse > 0 and isfinite(units_per_pulse)):
            raise ValueError(f"a pulse of {units_per_pulse} {unit}")
        self._output = output
        self._unit = unit
        self._units_per_pulse = units_per_pulse
        self._first: _Pulse | None = None
        self._last: _Pulse | None = None

    @property
    def intervals(self) -> int:
        """From the first pulse to the last."""
        return 0 if self._first is None or self._last is None else self._last.number - self._first.number

    def line(self, record: dict[str, Any]) -> str:
        """What is to be said of the next pulse.

        Raises:
            ValueError: it does not come after the one before.
        """
        before = self._last
        pulse = _Pulse.of(record, before)
        said = f"{record['time']}  {self._output:8}  {pulse.number:9}  {record['energy']}"
        self._last = pulse
        if before is None:
            self._first = pulse
            return said
        power = self._power(before, pulse) * (-1 if record["energy"] == _EXPORTED else 1)
        missed = pulse.number - before.number - 1
        said += f"  {(pulse.at - before.at) / SECOND:14.9f} s  {power:11.3f} {self._unit.removesuffix('h')}"
        return f"{said}  {missed} missed" if missed else said

    def burst(self, record: dict[str, Any]) -> str:
        """What is to be said of many pulses of which only the first and the last are told.

        Raises:
            ValueError: they do not come one after the other, and after the one before.
        """
        first = _Pulse.of(record["first"], self._last)
        last = _Pulse.of(record["last"], first)
        self._first, self._last = self._first or first, last
        since = record["first"]["time"]
        return f"{record['last']['time']}  {self._output:8}  {last.number:9}  a burst from {first.number} on, {since}"

    def summary(self, reference: float | None) -> str:
        """What was counted from the first pulse to the last, and how far that is from the power of a reference."""
        if self._first is None or self._last is None or not self.intervals:
            return f"{self._output}: no interval"
        power, elapsed = self._power(self._first, self._last), self._last.at - self._first.at
        energy = self.intervals * self._units_per_pulse
        said = f"{self._output}: {self.intervals} intervals in {elapsed / SECOND:.9f} s, {energy:g} {self._unit}, mean "
        said += f"{power:.3f} {self._unit.removesuffix('h')}"
        return said if reference is None else f"{said}, error {100 * (power / abs(reference) - 1):+z.4f} %"

    def _power(self, begin: _Pulse, end: _Pulse) -> float:
        return (end.number - begin.number) * self._units_per_pulse * 3600 * SECOND / (end.at - begin.at)


def asked(address: str, output: str | None, intervals: int | None, reference: float | None) -> PulseOptions:
    """What a person wrote, checked.

    Raises:
        ConfigurationError: the address is none, there is no such output, or a reference without power says nothing.
    """
    known = [one.value for one in Output]
    if output is not None and output not in known:
        raise ConfigurationError(f"{output!r} is no output; there are {' and '.join(known)}", "--output")
    if reference is not None and not (reference and isfinite(reference)):
        raise ConfigurationError("say the power of the load, other than 0", "--reference")
    return PulseOptions(Address.parse(address, "HOST:PORT"), output, intervals, reference)


def read(options: PulseOptions) -> None:
    """Print pulses as they come, and at the end, which Ctrl-C is too, what they make together.

    Raises:
        TransportError: nobody answers there, or the meter ends.
        RemoteProtocolError: what comes is no stream of pulses.
    """
    address, counted = options.address, dict[str, Counted]()
    try:
        link = socket.create_connection((address.host, address.port), CONNECTING_S)
    except OSError as error:
        raise unreachable(str(address), error) from None
    with link, contextlib.suppress(KeyboardInterrupt):
        link.settimeout(None)
        try:
            _follow(link, options, counted)
        finally:
            for one in [one for one in counted.values() if one.intervals or options.output]:
                tell(one.summary(options.reference))


def _follow(link: socket.socket, options: PulseOptions, counted: dict[str, Counted]) -> None:
    for line in _lines(link):
        try:
            said = _said(json.loads(line), options, counted)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise RemoteProtocolError(f"{options.address} gives no pulses: {line[:60]!r}: {error!r}") from None
        # whoever sends it steers no terminal
        if said is not None and not tell("".join([one if one.isprintable() else "?" for one in said])):
            return
        if options.intervals and counted[options.output or Output.ACTIVE.value].intervals >= options.intervals:
            return
    raise TransportError(f"{options.address} has closed the stream")


def _lines(link: socket.socket) -> Iterator[bytes]:
    """Lines until the peer leaves or the connection breaks; one that is too long is given as far as it came."""
    with link.makefile("rb") as stream, contextlib.suppress(OSError):
        while line := stream.readline(LONGEST_LINE):
            yield line


def _said(record: dict[str, Any], options: PulseOptions, counted: dict[str, Counted]) -> str | None:
    """What a line says for people; None where it is of no interest."""
    match record["type"]:
        case "meter":
            for name, output in record["outputs"].items():
                if options.output in (None, name):
                    counted[name] = Counted(name, str(output["unit"]), float(output["units_per_pulse"]))
            return f"{record['meter']['logical_device_name']}  {record['time']}"
        case "pulse" if record["output"] in counted:
            return counted[record["output"]].line(record)
        case "period" if record["output"] in counted:
            return f"{record['time']}  {record['output']:8}  a measuring period ends"
        case "burst" if record["output"] in counted:
            return counted[record["output"]].burst(record)
        case "reached" if not record["powered"]:
            return f"{record['time']}  the meter has no power"
        case _:
            return None
