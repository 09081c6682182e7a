"""What a DLMS server asks of the meter it serves, and what it reports to it.

A meter is one serial actor shared by any number of connections. The server never stores anything: it asks the host for
keys and counters, tells it what changed, and leaves to it when an answer may leave (see `Host.must_store`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from softmeter.cosem.dictionary import View
from softmeter.cosem.interface import Holder
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.dialect import STANDARD, CounterProfile, Dialect
from softmeter.dlms.sealing import KeySet
from softmeter.entropy import Entropy
from softmeter.errors import LocalProtocolError
from softmeter.obis import Obis
from softmeter.security.identity import Identity
from softmeter.security.policies import Policy
from softmeter.security.suites import Suite

NO_OBJECT = Obis(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Client:
    """What a meter type knows of one client address; the same for every meter of the type.

    `ways`: the pairs of context and mechanism by which this client may associate, and as which audience each of them
    sees the objects. So a weak way can open a smaller view. In a way with ciphering every APDU must be as the policy
    of the client's keys demands. MD5, SHA-1 and what manufacturers made up are no ways in.
    """

    sap: int
    name: str
    ways: Mapping[tuple[Context, Mechanism], Enum]
    conformance: Conformance
    security_setup: Obis = NO_OBJECT
    """The object that presents the client's keys and policy."""
    counter_profile: CounterProfile = CounterProfile.STRICT
    dialect: Dialect = STANDARD
    pre_established: Enum | None = None
    """The audience of an association that is there without an AARQ: for messages to all meters at once, unconfirmed SET
    and ACTION under the broadcast key, which nobody answers. Who has it needs no `ways`."""
    users: Mapping[int, str] = field(default_factory=dict)
    """The users of the address by their number (0 to 255), of which the AARQ must name one; none where it is empty."""

    def __post_init__(self) -> None:
        if (Context.LOGICAL_NAMES, Mechanism.HLS_GMAC) in self.ways:
            raise LocalProtocolError(f"client {self.name}: GMAC needs the keys and titles of a ciphered context")
        for _, mechanism in self.ways:
            if mechanism in {Mechanism.HLS, Mechanism.HLS_MD5, Mechanism.HLS_SHA1}:
                raise LocalProtocolError(f"client {self.name}: {mechanism.name} is no proof any more")


@dataclass(frozen=True, slots=True)
class Keys:
    """A client's secrets, and how they are used; what does not apply is empty. Has no telling `repr`.

    Whoever changes one gives a new instance: it is used from the next APDU on.
    """

    unicast_encryption: bytes = field(default=b"", repr=False)
    authentication: bytes = field(default=b"", repr=False)
    password: bytes = field(default=b"", repr=False)
    broadcast_encryption: bytes = field(default=b"", repr=False)
    master: bytes = field(default=b"", repr=False)
    """Wraps other keys (KEK)."""
    hls_secret: bytes = field(default=b"", repr=False)
    """Of mechanism 6."""
    suite: Suite = Suite.SUITE_0
    policy: Policy = Policy.FULL
    identity: Identity | None = field(default=None, repr=False)
    """The pairs and certificates of suites 1 and 2."""
    _key_set: KeySet | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def key_set(self) -> KeySet:
        """The same as an association uses them; made for the first one."""
        made = self._key_set
        if made is None:
            standing = self.unicast_encryption, self.authentication, self.broadcast_encryption
            made = KeySet(self.suite, *standing, b"", self.master, self.identity)
            object.__setattr__(self, "_key_set", made)
        return made


class Counters(Protocol):
    """Invocation counters, by client address (the key) and client title.

    For another key than the global unicast one (broadcast, wrapped, agreed) the title has a ninth octet: its `Use`.
    Each step must be covered by a durable reservation before the answer leaves: where the reservation in force does not
    cover it, the host takes a further one and sets its `must_store`. Counters move also while the host is locked.
    """

    def last_accepted(self, sap: int, title: bytes) -> int:
        """The highest counter accepted from `title` under this client's key; 0 when there was none."""
        ...

    def accept(self, sap: int, title: bytes, counter: int) -> None:
        """Take note of a counter whose tag verified and which is above `last_accepted`."""
        ...

    def next_own(self, sap: int) -> int:
        """The meter's next counter under this client's key: never given twice.

        Raises:
            LocalProtocolError: the counter is used up.
        """
        ...


class Guard(Protocol):
    """Who watches over one connection: keeps out clients that guess secrets, and hears of what is suspicious."""

    def admits(self, sap: int) -> bool:
        """Whether somebody may try to open an association as this client now."""
        ...

    def lets_change(self) -> bool:
        """Whether attributes may be set and methods called over this connection now; reading always goes on."""
        ...

    def heard(self, event: "Event") -> None:
        """An association was opened, or somebody failed to, or an APDU was forged or repeated."""
        ...


class Host(Holder, Protocol):
    """The meter, as far as a server needs it."""

    @property
    def system_title(self) -> bytes:
        """8 octets."""
        ...

    @property
    def entropy(self) -> Entropy: ...

    @property
    def clients(self) -> Mapping[int, Client]:
        """The clients of this meter type, by their address."""
        ...

    @property
    def counters(self) -> Counters: ...

    @property
    def locked(self) -> bool:
        """True while the meter's state is being stored: requests that change something wait in their connection."""
        ...

    @property
    def must_store(self) -> bool:
        """True while an answer taken from `Server.to_send` may not leave before the next commit.

        The host sets it in `changed` and when a counter outgrows its reservation, and clears it when it has committed.
        """
        ...

    def view(self, audience: Enum) -> View:
        """The objects as an audience sees them; one `View` per meter type and audience."""
        ...

    def keys(self, sap: int) -> Keys:
        """The secrets in force for a client."""
        ...

    def changed(self) -> None:
        """A client changed something (SET, ACTION): it must be stored before the answer leaves."""
        ...


@dataclass(frozen=True, slots=True)
class AssociationOpened:
    """A client is associated; with HLS after the fourth pass."""

    sap: int
    mechanism: Mechanism


@dataclass(frozen=True, slots=True)
class AssociationReleased:
    """An association ended by request, by a new one, or with its connection (`reason` says which)."""

    sap: int
    reason: str


@dataclass(frozen=True, slots=True)
class AssociationRefused:
    """An AARQ was answered with a rejection, for `reason`: the client's address, its context, its services."""

    sap: int
    reason: str


@dataclass(frozen=True, slots=True)
class LoginFailed:
    """A wrong password or a wrong answer to a challenge."""

    sap: int
    mechanism: Mechanism


@dataclass(frozen=True, slots=True)
class DecipherFailed:
    """A protected APDU did not verify, or was less protected than the policy demands."""

    sap: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """A genuine APDU came with a counter that is not above the last accepted one."""

    sap: int
    last_accepted: int


@dataclass(frozen=True, slots=True)
class AttributeSet:
    """A client changed an attribute; `key` is class, logical name and attribute as on the wire (9 octets)."""

    sap: int
    key: bytes


@dataclass(frozen=True, slots=True)
class MethodInvoked:
    """A client invoked a method; `key` is class, logical name and method as on the wire (9 octets)."""

    sap: int
    key: bytes


@dataclass(frozen=True, slots=True)
class NotificationConfirmed:
    """A client has confirmed a DataNotification that asked for it; `long_invoke_id` is that of the notification."""

    sap: int
    long_invoke_id: int


@dataclass(frozen=True, slots=True)
class BadRequest:
    """An APDU could not be read, or came where none may; the peer was told, or the connection closed."""

    sap: int
    reason: str


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The connection was silent for too long and is closed."""

    reason: str


Event = (
    AssociationOpened
    | AssociationReleased
    | AssociationRefused
    | LoginFailed
    | DecipherFailed
    | Replayed
    | AttributeSet
    | MethodInvoked
    | NotificationConfirmed
    | BadRequest
    | TimedOut
)
