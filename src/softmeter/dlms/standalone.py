"""A device in memory: all that a server asks of its host, for whoever has rows and no meter around them.

What must outlive the process is the owner's business: `store` is called before an answer that acknowledges a change
may leave, and `counters` may be given as ones that survive.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from softmeter.cosem.dictionary import Dictionary, Row, View
from softmeter.cosem.sessions import Sessions
from softmeter.dlms.host import Client, Counters, Keys
from softmeter.entropy import Entropy
from softmeter.errors import LocalProtocolError
from softmeter.security.ciphering import LAST_COUNTER
from softmeter.security.suites import TITLE_OCTETS

_NO_KEYS = Keys()


class MemoryCounters:
    """Invocation counters that are forgotten with the process: a device that starts anew needs new keys, or `start`.

    `start`: what the device's own counters begin above, and what received ones must be above: higher than any that was
    ever used with these keys.
    """

    def __init__(self, start: int = 0) -> None:
        self._start = start
        self._own: dict[int, int] = {}
        self._accepted: dict[tuple[int, bytes], int] = {}

    def last_accepted(self, sap: int, title: bytes) -> int:
        """The highest counter accepted from `title` under this client's key."""
        return self._accepted.get((sap, title), self._start)

    def highest_accepted(self, sap: int) -> int:
        """The highest counter accepted under this client's key from anybody: what a counter object shows."""
        return max((counter for (key, _), counter in self._accepted.items() if key == sap), default=self._start)

    def accept(self, sap: int, title: bytes, counter: int) -> None:
        """Take note of a verified counter above `last_accepted`."""
        self._accepted[sap, title] = counter

    def next_own(self, sap: int) -> int:
        """The device's next counter under this client's key.

        Raises:
            LocalProtocolError: the counter is used up.
        """
        following = self._own.get(sap, self._start) + 1
        if following > LAST_COUNTER:
            raise LocalProtocolError(f"the invocation counter of client {sap} is used up")
        self._own[sap] = following
        return following


class Standalone:
    """A `Host` of its own; subclass it with the state that the sources of its rows read.

    Args:
        dictionary: the objects, made once for all devices of a type.
        clients: who may associate, and how.
        keys: the secrets of each client address.

    Raises:
        LocalProtocolError: the system title has not 8 octets.
    """

    def __init__(
        self,
        dictionary: Dictionary | Iterable[Row],
        clients: Iterable[Client],
        *,
        system_title: bytes,
        entropy: Entropy,
        keys: Mapping[int, Keys] | None = None,
        counters: Counters | None = None,
    ) -> None:
        if len(system_title) != TITLE_OCTETS:
            raise LocalProtocolError(f"a system title has {TITLE_OCTETS} octets, not {len(system_title)}")
        self.dictionary = dictionary if isinstance(dictionary, Dictionary) else Dictionary(dictionary)
        self.clients: Mapping[int, Client] = {client.sap: client for client in clients}
        self.system_title = system_title
        self.entropy = entropy
        self.counters: Counters = counters or MemoryCounters()
        self.attributes: dict[bytes, bytes] = {}
        self.sessions = Sessions()
        self.locked = False
        self.must_store = False
        self._keys = dict(keys or {})

    def view(self, audience: Enum) -> View:
        """The objects as an audience sees them."""
        return self.dictionary.view(audience)

    def keys(self, sap: int) -> Keys:
        """The secrets in force for a client."""
        return self._keys.get(sap, _NO_KEYS)

    def changed(self) -> None:
        """A client changed something: `store` is called before its answer leaves."""
        self.must_store = True

    def store(self) -> None:
        """Keep what must survive; a subclass that has a disk does it here, and calls this."""
        self.must_store = False
