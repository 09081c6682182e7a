"""The keys of one client as his security setup wants to see and change them (manual 12.2, 12.3)."""

from collections.abc import Mapping

from softmeter.cosem.classes.security_setup import SecurityPolicy, refused
from softmeter.device.events import Event
from softmeter.instant import Instant
from softmeter.meter.clients import BROADCAST, MANAGEMENT
from softmeter.meter.parts import lived
from softmeter.meter.presented import Forwarded, Presented
from softmeter.security.certificates import Certificate
from softmeter.security.ciphering import Protection
from softmeter.security.identity import Purpose
from softmeter.security.policies import Policy
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId

_NAMES = {
    KeyId.UNICAST_ENCRYPTION: "unicast_encryption",
    KeyId.BROADCAST_ENCRYPTION: "broadcast_encryption",
    KeyId.AUTHENTICATION: "authentication",
    KeyId.MASTER: "master",
}
_FOR_ALL = frozenset({KeyId.MASTER, KeyId.BROADCAST_ENCRYPTION})


class ClientSecurity(Forwarded):
    """The security settings of one client; key pairs and certificates are those of the meter, whoever asks.

    `may_change_all`: whether the keys that are not one client's alone can be replaced through this one: that which
    wraps the keys of all clients, and that of messages to all meters.
    """

    def __init__(self, meter: Presented, sap: int, *, may_change_all: bool) -> None:
        super().__init__(meter)
        self._sap = sap
        self._may_change_all = may_change_all

    @property
    def policy(self) -> int:
        """In suite 0 the strongest there is, in the numbers of version 0; above the bits of version 1."""
        if self.suite is Suite.SUITE_0:
            return SecurityPolicy.AUTHENTICATED_ENCRYPTED
        return self._meter.key_ring.of(self._sap).policy.value

    @property
    def suite(self) -> Suite:
        return self._meter.suite

    @property
    def client_system_title(self) -> bytes:
        return self._meter.counters.last_title(self._sap)

    @property
    def server_system_title(self) -> bytes:
        return self._meter.identity.system_title

    @property
    def master(self) -> Key:
        return Key(self._meter.key_ring.master)

    @property
    def now(self) -> Instant:
        return self._meter.present()

    def activate(self, policy: int) -> None:
        """Put a policy in force; in suite 0 nothing changes, there is only one.

        Raises:
            AccessError: requests would have to be signed, and the meter does not keep the certificate of who asks. What
                he shows when he comes in counts only while the clock is right, and he could not set it.
        """
        if self.suite is Suite.SUITE_0:
            return
        session, wanted = self._meter.sessions.current, Policy(policy)
        title = b"" if session is None else session.client_title
        if Protection.SIGNED in wanted.request and self.trust.public(title, Purpose.SIGNATURE) is None:
            raise refused("the certificate of who asks is not in the meter")
        self._meter.key_ring.change(self._sap, policy=wanted)

    def replace(self, keys: Mapping[KeyId, Key]) -> None:
        """Put new keys in force and log it; with a new encryption key the client may count anew.

        Raises:
            AccessError: a key is not this client's alone, or one that encrypts is or was another client's.
        """
        if keys.keys() & _FOR_ALL and not self._may_change_all:
            raise refused("the key is not this client's alone")
        ring, counters = self._meter.key_ring, self._meter.counters
        held = self._encrypting()
        users = {KeyId.UNICAST_ENCRYPTION: self._sap, KeyId.BROADCAST_ENCRYPTION: BROADCAST}
        fresh = {users[key_id]: bytes(key) for key_id, key in keys.items() if key_id in users}
        fresh = {user: key for user, key in fresh.items() if key != held.get(user)}
        for user, key in fresh.items():  # each counts for itself: under one key, numbers would be used twice
            others = {other: one for other, one in {**held, **fresh}.items() if other != user}
            if key in others.values() or counters.knows_elsewhere(user, key):
                raise refused("another client has or had the key")
        lived(self._meter)
        ring.change(self._sap, **{_NAMES[key_id]: bytes(key) for key_id, key in keys.items()})
        for user, key in fresh.items():
            counters.restart(user, held.get(user, b""), key)
        self._meter.device.record(Event.KEY_EXCHANGED)

    def _encrypting(self) -> Mapping[int, bytes]:
        """The encryption keys in force, by the address of the client who counts under them."""
        ring = self._meter.key_ring
        held = {sap: keys.unicast_encryption for sap, keys in ring.clients.items()}
        return {**held, BROADCAST: ring.of(MANAGEMENT).broadcast_encryption}

    def spares(self, certificate: Certificate) -> bool:
        """Whether it may go: while some client must sign, the meter's own must stay, and that of who asks."""
        signs = any(Protection.SIGNED in (policy.request | policy.response) for policy in self._meter.key_ring.policies)
        session = self._meter.sessions.current
        needed = {self.server_system_title, b"" if session is None else session.client_title}
        return not (signs and certificate.purpose is Purpose.SIGNATURE and certificate.title in needed)
