"""The secrets of one meter, as the store keeps them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from softmeter.dlms.host import Keys
from softmeter.persistent import Scalar
from softmeter.security.identity import Identity
from softmeter.security.policies import Policy
from softmeter.security.suites import Suite

NONE = Keys()
_SECRETS = ("unicast_encryption", "authentication", "password", "broadcast_encryption", "hls_secret")
_OPTIONAL = frozenset({"broadcast_encryption", "hls_secret"})
_POLICY = "policy"


class KeyRing:
    """The master key, and the keys of each client by address. Has no telling `repr`.

    The keys are of suite 0 until `rise` says otherwise; above it the same octets are used.
    """

    __slots__ = ("_identity", "_master", "clients", "suite")

    def __init__(self, master: bytes = b"", clients: Mapping[int, Keys] | None = None) -> None:
        self.suite = Suite.SUITE_0
        self._identity: Identity | None = None
        self._master = master
        self.clients: Mapping[int, Keys] = dict(clients or {})
        """The keys of those who have some, by address."""
        self._refresh()

    @property
    def master(self) -> bytes:
        """The key that wraps new keys (KEK)."""
        return self._master

    @property
    def policies(self) -> Iterator[Policy]:
        """Those in force, of all clients."""
        return (keys.policy for keys in self.clients.values())

    def of(self, sap: int) -> Keys:
        """The keys of a client; empty where it has none."""
        return self.clients.get(sap, NONE)

    def rise(self, suite: Suite, identity: Identity | None) -> None:
        """Use all keys in another suite, with the pairs and certificates of `identity`."""
        self.suite, self._identity = suite, identity
        self._refresh()

    def change(self, sap: int, **secrets: Any) -> None:
        """Put other secrets of a client, or another policy, in force, all at once; `master` is that of all clients."""
        if "master" in secrets:
            self._master = secrets["master"]
        self.clients = {**self.clients, sap: replace(self.of(sap), **secrets)}
        self._refresh()

    def saved(self) -> Mapping[str, Scalar]:
        values: dict[str, Scalar] = {"master": self._master}
        for sap, keys in self.clients.items():
            for name in _SECRETS:
                secret: bytes = getattr(keys, name)
                if secret or name not in _OPTIONAL:
                    values[f"{name}.{sap}"] = secret
            if keys.policy is not Policy.FULL:
                values[f"{_POLICY}.{sap}"] = keys.policy.value
        return values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        clients: dict[int, dict[str, Any]] = {}
        for name, value in saved.items():
            kind, _, sap = name.partition(".")
            if kind == _POLICY and isinstance(value, int):
                clients.setdefault(int(sap), {})[kind] = Policy(value)
            elif not isinstance(value, bytes):
                continue
            elif kind == "master":
                self._master = value
            else:
                clients.setdefault(int(sap), {})[kind] = value
        restored = {sap: replace(self.of(sap), **secrets) for sap, secrets in clients.items()}
        self.clients = {**self.clients, **restored}
        self._refresh()

    def _refresh(self) -> None:
        """Have all keys know what they share; those that know it already stay the same instances."""
        shared: dict[str, Any] = {"master": self._master, "suite": self.suite, "identity": self._identity}
        self.clients = {
            sap: keys
            if all(getattr(keys, name) == value for name, value in shared.items())
            else replace(keys, **shared)
            for sap, keys in self.clients.items()
        }
