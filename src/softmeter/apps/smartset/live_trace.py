"""What passes between smartset and a meter, printed as it passes: time, direction, octets deciphered and decoded."""

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from softmeter.apps.decode.exchange import Exchange, Keys
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import Node, lines, plain
from softmeter.runtime.trace import ConnectionTrace
from softmeter.transport.tap import Host, MakeTap, Tap

_WORDS = {True: "sent", False: "received"}


class Unit(NamedTuple):
    """A frame or datagram, and when it passed after the first connection was wanted."""

    connection: int
    elapsed_s: float
    sent: bool
    octets: bytes


class Both:
    """Two taps on one connection."""

    def __init__(self, *taps: Tap) -> None:
        self._taps = taps

    def received(self, octets: bytes) -> None:
        for tap in self._taps:
            tap.received(octets)

    def sent(self, octets: bytes) -> None:
        for tap in self._taps:
            tap.sent(octets)

    def closed(self) -> None:
        for tap in self._taps:
            tap.closed()


def together(*makes: MakeTap) -> MakeTap:
    """One tap of several."""
    return lambda own, peer: Both(*(make(own, peer) for make in makes))


def printing(keys: Keys, *, as_json: bool) -> MakeTap:
    """What makes taps that print on standard error; connections are numbered."""
    begun = time.monotonic()
    numbers = iter(range(1, sys.maxsize))
    show = _json if as_json else _text

    def tap(own: Host, peer: Host) -> Tap:
        number = next(numbers)
        exchange = Exchange(keys)

        def describe(unit: bytes, sent: bool) -> str:
            ends = ("own", "peer") if sent else ("peer", "own")
            show(Unit(number, time.monotonic() - begun, sent, unit), list(decoded(unit, exchange, *ends)))
            return ""

        return ConnectionTrace(None, 0, (own, peer), describe)

    return tap


def _stamp() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def _text(unit: Unit, nodes: Sequence[Node]) -> None:
    connection = f"connection {unit.connection}  {_WORDS[unit.sent]} {len(unit.octets)} octets"
    body = [f"  {line}" for node in nodes for line in lines(node)]
    print("\n".join([f"{_stamp()}  +{unit.elapsed_s:.3f} s  {connection}", *body, ""]), file=sys.stderr, flush=True)


def _json(unit: Unit, nodes: Sequence[Node]) -> None:
    told = {
        "time": _stamp(),
        "elapsed_s": round(unit.elapsed_s, 6),
        "connection": unit.connection,
        "direction": _WORDS[unit.sent],
        "octets": unit.octets.hex(),
        "decoded": [plain(node) for node in nodes],
    }
    print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)
