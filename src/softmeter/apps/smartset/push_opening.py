"""Opening what meters push: with the keys of the client it is for, and what can be told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from softmeter.apps.smartset.credentials import known_clients, login, system_title
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import plain, text
from softmeter.clock import DateTime
from softmeter.dlms.dialect import STANDARD
from softmeter.dlms.layers import Unwrapped
from softmeter.dlms.messages import DataNotification
from softmeter.dlms.notifications import PushReceiver
from softmeter.dlms.sealing import KeySet, Sealer
from softmeter.dlms.unsolicited import Unsolicited
from softmeter.entropy import Entropy
from softmeter.errors import DecodeError, LocalProtocolError, SecurityError
from softmeter.security.ciphering import Protection
from softmeter.wire.types import Data, decode_data
from softmeter.wire.wrapper import Datagram

MOST_CLIENTS = 8
"""So many clients' pushes are gathered on one connection."""


@dataclass(frozen=True, slots=True)
class Push:
    """One push as it came. `title` and `counter`: who sent it by the keys, and how; None where nothing proves it."""

    received: str
    sender: str
    client: int
    title: str | None
    repeated: bool
    counter: int | None
    time: str | None
    number: int
    body: Data
    octets: bytes

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "received": self.received,
            "from": self.sender,
            "client": self.client,
            "meter": self.title,
            "repeated": self.repeated,
            "counter": self.counter,
            "time": self.time,
            "number": self.number,
            "values": plain(self.body),
            "encoded": self.octets.hex(),
        }

    def as_text(self) -> str:
        """For people."""
        by = f"meter {self.title}" if self.title else "not protected"
        marks = f"{by}, sent before" if self.repeated else by
        return f"{self.received}  from {self.sender} ({marks})  push {self.number} at {self.time}\n{text(self.body)}"


Counters = dict[tuple[int, str], int]
"""The highest counter by the client that a push was for and the title of its meter, in capitals."""


class MeterKeys(NamedTuple):
    """The keys of one meter by client address; `title` is empty where a key file does not say whose they are."""

    title: bytes
    sets: Mapping[int, KeySet]


def meter_keys(settings: Settings, more: Sequence[Path] = ()) -> list[MeterKeys]:
    """The keys of each meter: those of the settings, if they name a file, and of further files.

    Raises:
        ConfigurationError: a file or an entry cannot be used.
    """
    return [_of_file(settings, path) for path in (settings.keys, *more) if path is not None]


def _of_file(settings: Settings, path: Path) -> MeterKeys:
    logins = [
        login(replace(settings, keys=path, client=name, sap=None, mechanism=None, general=False))
        for name in known_clients(path)
    ]
    sets = {one.sap: one.credentials.key_set() for one in logins if one.credentials.is_ciphered}
    return MeterKeys(system_title(path), sets)


class Opening:
    """One sender's connection: gathers blocks, opens, and notices what was sent before."""

    def __init__(self, sender: str, keys: Sequence[MeterKeys], highest: Counters, entropy: Entropy) -> None:
        self._sender = sender
        self._keys = keys
        self._highest = highest
        self._entropy = entropy
        self._receivers: dict[int, PushReceiver] = {}
        self._proved: tuple[str, bool, int] | None = None
        self._server = 0

    def receive(self, datagram: Datagram) -> Push | None:
        """The push that is complete with a datagram.

        Raises:
            RemoteProtocolError: it is none, or does not open.
        """
        client = datagram.destination
        if client not in self._receivers and len(self._receivers) >= MOST_CLIENTS:
            self._receivers.clear()  # each may hold a push in blocks
        receiver = self._receivers.get(client)
        if receiver is None:
            receiver = PushReceiver(lambda apdu: self._opened(client, apdu), self._confirmed)
            self._receivers[client] = receiver
        self._server = datagram.source
        self._proved = None
        found = receiver.receive(datagram.apdu)
        return None if found is None else self._told(client, found)

    @property
    def held(self) -> int:
        """Octets of pushes that are not whole yet."""
        return sum([receiver.held for receiver in self._receivers.values()])

    def to_send(self) -> list[Datagram]:
        """What the sender waits for: blocks acknowledged, and plain pushes confirmed that ask for it."""
        answers = [(client, apdu) for client, receiver in self._receivers.items() for apdu in receiver.to_send()]
        return [Datagram(client, self._server, apdu) for client, apdu in answers if apdu]

    def _confirmed(self, confirmation: bytes) -> bytes:
        """A confirmation as it goes out; none under the keys of a client, whose counters we do not hold."""
        return b"" if self._proved else confirmation

    def _opened(self, client: int, apdu: bytes) -> bytes:
        if apdu[:1] in {b"\x0f", b"\xc2"}:
            return apdu
        title, receiver = _titles(apdu)
        unwrapped = self._unwrapped(client, (receiver, title), apdu)
        if unwrapped.protection & Protection.AUTHENTICATED:
            name, counter = title.hex().upper(), unwrapped.counters[0][1]
            before = self._highest.get((client, name), -1)
            self._proved = name, counter <= before, counter
            self._highest[client, name] = max(counter, before)
        return unwrapped.plain

    def _unwrapped(self, client: int, titles: tuple[bytes, bytes], apdu: bytes) -> Unwrapped:
        """What is inside, by the keys of the meter that it names; by those of any other where none is of that name.

        Whoever it names as receiver: a meter means the last one who logged in, and we hold the keys of its client.
        """
        named = [one.sets[client] for one in self._keys if one.title == titles[1] and client in one.sets]
        tried = named or [one.sets[client] for one in self._keys if client in one.sets]
        refusal = SecurityError(f"no keys of client {client}; add --keys with its entry")
        for keys in tried:
            try:
                return Sealer(keys, titles, _no_counter, self._entropy, STANDARD).unwrap(apdu)
            except SecurityError as error:
                refusal = error
        raise refusal

    def _told(self, client: int, found: Unsolicited) -> Push:
        octets = found.body if isinstance(found, DataNotification) else found.value
        title, repeated, counter = self._proved or (None, False, None)
        return Push(
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            self._sender,
            client,
            title,
            repeated,
            counter,
            _iso(found.time),
            found.long_invoke_id & 0xFF_FFFF if isinstance(found, DataNotification) else 0,
            decode_data(octets),
            octets,
        )


def _titles(apdu: bytes) -> tuple[bytes, bytes]:
    """Sender and receiver that a general form names: general-glo one, general-ciphering both after its transaction."""
    if apdu[:1] == b"\xdb":
        return _counted(apdu, 1)[0], b""
    if apdu[:1] == b"\xdd":
        _, at = _counted(apdu, 1)
        sender, at = _counted(apdu, at)
        return sender, _counted(apdu, at)[0]
    return b"", b""


def _counted(octets: bytes, at: int) -> tuple[bytes, int]:
    """The octets behind a length of one octet, and where they end; nothing where there is no such length."""
    end = at + 1 + (octets[at] if at < len(octets) else 0)
    return octets[at + 1 : end], end


def _iso(time: bytes | None) -> str | None:
    if not time:
        return None
    try:
        return DateTime.decode(time).iso()
    except DecodeError:
        return time.hex()


def _no_counter(_: object) -> int:
    raise LocalProtocolError("a listener protects nothing")
