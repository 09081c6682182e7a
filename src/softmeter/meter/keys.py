"""The secrets of one meter, as the store keeps them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from softmeter.dlms.host import Keys
from softmeter.persistent import Scalar

NONE = Keys()
_SECRETS = ("unicast_encryption", "authentication", "password", "broadcast_encryption")
_OPTIONAL = frozenset({"broadcast_encryption"})


class KeyRing:
    """The master key, and the keys of each client by address. Has no telling `repr`."""

    __slots__ = ("_clients", "_master")

    def __init__(self, master: bytes = b"", clients: Mapping[int, Keys] | None = None) -> None:
        self._master = master
        self._clients = {sap: replace(keys, master=master) for sap, keys in (clients or {}).items()}

    @property
    def master(self) -> bytes:
        """The key that wraps new keys (KEK)."""
        return self._master

    def of(self, sap: int) -> Keys:
        """The keys of a client; empty where it has none."""
        return self._clients.get(sap, NONE)

    def change(self, sap: int, **secrets: bytes) -> None:
        """Put other secrets of a client in force, all at once; `master` is that of all clients."""
        changed: dict[str, Any] = dict(secrets)
        if "master" in secrets:
            self._master = secrets["master"]
            self._clients = {one: replace(keys, master=self._master) for one, keys in self._clients.items()}
        self._clients = {**self._clients, sap: replace(self.of(sap), **changed)}

    def saved(self) -> Mapping[str, Scalar]:
        values: dict[str, Scalar] = {"master": self._master}
        for sap, keys in self._clients.items():
            for name in _SECRETS:
                secret: bytes = getattr(keys, name)
                if secret or name not in _OPTIONAL:
                    values[f"{name}.{sap}"] = secret
        return values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        clients: dict[int, dict[str, Any]] = {}
        for name, value in saved.items():
            kind, _, sap = name.partition(".")
            if not isinstance(value, bytes):
                continue
            if kind == "master":
                self._master = value
            else:
                clients.setdefault(int(sap), {})[kind] = value
        self._clients |= {sap: replace(self.of(sap), **secrets) for sap, secrets in clients.items()}
        self._clients = {sap: replace(keys, master=self._master) for sap, keys in self._clients.items()}
