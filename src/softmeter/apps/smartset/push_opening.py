"""Opening what meters push: with the keys of the client it is for, and what can be told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from softmeter.apps.smartset.credentials import known_clients, login
from softmeter.apps.smartset.settings import Settings
from softmeter.apps.smartset.values import plain, text
from softmeter.clock import DateTime
from softmeter.dlms.dialect import STANDARD
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
    """One push as it came. `title`: who sent it by the keys, None where nothing proves it."""

    received: str
    sender: str
    client: int
    title: str | None
    repeated: bool
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


def key_sets(settings: Settings) -> dict[int, KeySet]:
    """The keys of a key file by client address; none without a file.

    Raises:
        ConfigurationError: the file or an entry cannot be used.
    """
    if settings.keys is None:
        return {}
    logins = [
        login(replace(settings, client=name, sap=None, mechanism=None, general=False))
        for name in known_clients(settings.keys)
    ]
    return {one.sap: one.credentials.key_set() for one in logins if one.credentials.is_ciphered}


class Opening:
    """One sender's connection: gathers blocks, opens, and notices what was sent before."""

    def __init__(
        self, sender: str, keys: Mapping[int, KeySet], highest: dict[tuple[int, str], int], entropy: Entropy
    ) -> None:
        self._sender = sender
        self._keys = keys
        self._highest = highest
        self._entropy = entropy
        self._receivers: dict[int, PushReceiver] = {}
        self._proved: tuple[str, bool] | None = None

    def receive(self, datagram: Datagram) -> Push | None:
        """The push that is complete with a datagram.

        Raises:
            RemoteProtocolError: it is none, or does not open.
        """
        client = datagram.destination
        if client not in self._receivers and len(self._receivers) >= MOST_CLIENTS:
            self._receivers.clear()  # each may hold a push in blocks
        receiver = self._receivers.setdefault(client, PushReceiver(lambda apdu: self._opened(client, apdu)))
        self._proved = None
        found = receiver.receive(datagram.apdu)
        return None if found is None else self._told(client, found)

    def _opened(self, client: int, apdu: bytes) -> bytes:
        if apdu[:1] in {b"\x0f", b"\xc2"}:
            return apdu
        keys = self._keys.get(client)
        if keys is None:
            raise SecurityError(f"no keys of client {client}; add --keys with its entry")
        title = _title(apdu)
        sealer = Sealer(keys, (b"", title), _no_counter, self._entropy, STANDARD)
        unwrapped = sealer.unwrap(apdu)
        if unwrapped.protection & Protection.AUTHENTICATED:
            counter, place = unwrapped.counters[0][1], (client, title.hex())
            self._proved = title.hex().upper(), counter <= self._highest.get(place, -1)
            self._highest[place] = max(counter, self._highest.get(place, -1))
        return unwrapped.plain

    def _told(self, client: int, found: Unsolicited) -> Push:
        octets = found.body if isinstance(found, DataNotification) else found.value
        title, repeated = self._proved or (None, False)
        return Push(
            datetime.now(UTC).isoformat(timespec="milliseconds"),
            self._sender,
            client,
            title,
            repeated,
            _iso(found.time),
            found.long_invoke_id & 0xFF_FFFF if isinstance(found, DataNotification) else 0,
            decode_data(octets),
            octets,
        )


def _title(apdu: bytes) -> bytes:
    """The sender that a general form names: general-glo first of all, general-ciphering after its transaction."""
    if apdu[:1] == b"\xdb":
        return apdu[2 : 2 + apdu[1]] if len(apdu) > 1 else b""
    if apdu[:1] == b"\xdd" and len(apdu) > 2:
        at = 2 + apdu[1]
        return apdu[at + 1 : at + 1 + apdu[at]] if at < len(apdu) else b""
    return b""


def _iso(time: bytes | None) -> str | None:
    if not time:
        return None
    try:
        return DateTime.decode(time).iso()
    except DecodeError:
        return time.hex()


def _no_counter(_: object) -> int:
    raise LocalProtocolError("a listener protects nothing")
