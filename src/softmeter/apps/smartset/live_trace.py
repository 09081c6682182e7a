"""What passes between smartset and a meter, printed as it passes: time, direction, octets deciphered and decoded."""

import json
import sys
import time
from collections.abc import Callable
from datetime import datetime

from softmeter.apps.decode.exchange import Exchange, Keys
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import lines, plain
from softmeter.runtime.trace import ConnectionTrace
from softmeter.transport.tap import Host, MakeTap, Tap

_WORDS = {True: "sent", False: "received"}


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


def together(taps: list[MakeTap]) -> MakeTap | None:
    """One tap of all that are wanted; None where none is."""
    if not taps:
        return None
    return lambda own, peer: Both(*(make(own, peer) for make in taps))


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
            show(number, sent, unit, list(decoded(unit, exchange, *ends)), time.monotonic() - begun)
            return ""

        return ConnectionTrace(None, 0, (own, peer), describe)

    return tap


Show = Callable[[int, bool, bytes, list[object], float], None]


def _stamp() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")


def _text(number: int, sent: bool, unit: bytes, nodes: list, elapsed_s: float) -> None:
    head = f"{_stamp()}  +{elapsed_s:.3f} s  connection {number}  {_WORDS[sent]} {len(unit)} octets"
    body = [f"  {line}" for node in nodes for line in lines(node)]
    print("\n".join([head, *body, ""]), file=sys.stderr, flush=True)


def _json(number: int, sent: bool, unit: bytes, nodes: list, elapsed_s: float) -> None:
    told = {
        "time": _stamp(),
        "elapsed_s": round(elapsed_s, 6),
        "connection": number,
        "direction": _WORDS[sent],
        "octets": unit.hex(),
        "decoded": [plain(node) for node in nodes],
    }
    print(json.dumps(told, ensure_ascii=False), file=sys.stderr, flush=True)
