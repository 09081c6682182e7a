"""The keys of one client as his security setup wants to see and change them (manual 12.2, 12.3)."""

from collections.abc import Mapping

from softmeter.cosem.classes.security_setup import SecurityPolicy, refused
from softmeter.device.events import Event
from softmeter.meter.presented import Presented
from softmeter.security.suites import Key, Suite
from softmeter.security.wrapping import KeyId

_NAMES = {
    KeyId.UNICAST_ENCRYPTION: "unicast_encryption",
    KeyId.BROADCAST_ENCRYPTION: "broadcast_encryption",
    KeyId.AUTHENTICATION: "authentication",
    KeyId.MASTER: "master",
}


class ClientSecurity:
    """The security settings of one client: suite 0, everything authenticated and encrypted.

    `may_change_master`: whether the key that wraps the keys of all clients can be replaced through this one.
    """

    policy = SecurityPolicy.AUTHENTICATED_ENCRYPTED
    suite = Suite.SUITE_0

    def __init__(self, meter: Presented, sap: int, *, may_change_master: bool) -> None:
        self._meter = meter
        self._sap = sap
        self._may_change_master = may_change_master

    @property
    def client_system_title(self) -> bytes:
        return self._meter.counters.last_title(self._sap)

    @property
    def server_system_title(self) -> bytes:
        return self._meter.identity.system_title

    @property
    def master(self) -> Key:
        return Key(self._meter.key_ring.master)

    def activate(self, policy: int) -> None:
        """Nothing changes: the policy in force is the strongest there is."""

    def replace(self, keys: Mapping[KeyId, Key]) -> None:
        """Put new keys in force and log it; with a new encryption key the client may count anew."""
        if KeyId.MASTER in keys and not self._may_change_master:
            raise refused("the master key is not this client's")
        ring, fresh = self._meter.key_ring, keys.get(KeyId.UNICAST_ENCRYPTION)
        is_new = fresh is not None and bytes(fresh) != ring.of(self._sap).unicast_encryption
        ring.change(self._sap, **{_NAMES[key_id]: bytes(key) for key_id, key in keys.items()})
        if is_new:
            self._meter.counters.restart(self._sap)
        self._meter.device.record(Event.KEY_EXCHANGED)
