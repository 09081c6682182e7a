"""`--trace` and `--keylog`: what passes a port, decoded as it passes."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from softmeter import __version__
from softmeter.apps.decode.exchange import Exchange, Keys
from softmeter.apps.decode.keyring import KEYLOG, KeySet
from softmeter.apps.decode.stream import decoded
from softmeter.apps.decode.tree import lines
from softmeter.dlms.host import Host as Served
from softmeter.runtime.trace import ConnectionTrace, KeyLog, TraceFile
from softmeter.security.suites import Key
from softmeter.transport.tap import Host, MakeTap
from softmeter.wire.pcapng import LONGEST_COMMENT, LinkType

_MOST_LINES = 2000


class MeterKeys:
    """The keys of a meter as they are now."""

    def __init__(self, meter: Served) -> None:
        self._meter = meter

    @property
    def sets(self) -> Sequence[KeySet]:
        """The keys of all clients that have some."""
        found = []
        for sap, client in self._meter.clients.items():
            keys = self._meter.keys(sap)
            key = keys.unicast_encryption if client.ways else keys.broadcast_encryption
            if key:
                found.append(KeySet(client.name, Key(key), Key(keys.authentication)))
        return found

    @property
    def titles(self) -> Sequence[bytes]:
        """The meter's own."""
        return [self._meter.system_title]

    @property
    def masters(self) -> Sequence[Key]:
        """Those that wrap keys of clients."""
        held = dict.fromkeys(self._meter.keys(sap).master for sap in self._meter.clients)
        return [Key(master) for master in held if master]


class Tracing:
    """The files of one run, and the taps that fill them; `goes_on`: behind what an earlier one of this run wrote."""

    def __init__(self, trace: Path | None, keylog: Path | None, keys: Keys, *, goes_on: bool = False) -> None:
        self._keys = keys
        self._trace = None if trace is None else TraceFile(trace, f"softmeter {__version__}", goes_on=goes_on)
        self._keylog = None if keylog is None else KeyLog(keylog, KEYLOG, goes_on=goes_on)

    def port(
        self, name: str, description: str, *, serial: bool = False, datagrams: bool = False, broadcast: bool = False
    ) -> MakeTap:
        """What makes the taps of one port; those of a serial line have no addresses, those of UDP no streams.

        What a `broadcast` port sends is the same for all its peers, and described once for all of them.
        """
        kind = LinkType.USER0 if serial else LinkType.RAW
        number = 0 if self._trace is None else self._trace.interface(kind, name, f"{description}; times are real time")
        shared = lru_cache(4)(self._describe()) if broadcast else None

        def tap(own: Host, peer: Host) -> ConnectionTrace:
            ends = None if serial else (own, peer)
            return ConnectionTrace(self._trace, number, ends, shared or self._describe(), datagrams=datagrams)

        return tap

    def close(self) -> None:
        """Close the files."""
        if self._trace is not None:
            self._trace.close()
        if self._keylog is not None:
            self._keylog.close()

    def _describe(self) -> Callable[[bytes, bool], str]:
        exchange = Exchange(self._keys, keys_used=None if self._keylog is None else self._note)

        def describe(unit: bytes, sent: bool) -> str:
            ends = ("own", "peer") if sent else ("peer", "own")
            return comment(unit, exchange, *ends)

        return describe

    def _note(self, kind: str, title: bytes, keys: KeySet) -> None:
        if self._keylog is not None:
            self._keylog.note(
                {
                    "kind": kind,
                    "name": "".join(keys.name.split()),
                    "title": title.hex(),
                    "encryption": bytes(keys.encryption).hex(),
                    "authentication": bytes(keys.authentication).hex(),
                }
            )


def comment(unit: bytes, exchange: Exchange, source: object, destination: object) -> str:
    """A unit as the text of its tree, without the secrets in it."""
    written: list[str] = []
    size = 0
    for node in decoded(unit, exchange, source, destination):
        for line in lines(node):
            size += len(line.encode()) + 1
            if size > LONGEST_COMMENT - 4 or len(written) >= _MOST_LINES:
                written.append("…")
                return "\n".join(written)
            written.append(line)
    return "\n".join(written)
