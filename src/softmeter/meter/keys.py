"""The secrets of one meter, as the store keeps them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from softmeter.dlms.host import Keys
from softmeter.persistent import Scalar

NONE = Keys()


class KeyRing:
    """The master key, and the keys of each client by address. Has no telling `repr`."""

    __slots__ = ("_clients", "_master")

    def __init__(self, master: bytes = b"", clients: Mapping[int, Keys] | None = None) -> None:
        self._master = master
        self._clients = dict(clients or {})

    @property
    def master(self) -> bytes:
        """The key that wraps new keys (KEK)."""
        return self._master

    def of(self, sap: int) -> Keys:
        """The keys of a client; empty where it has none."""
        return self._clients.get(sap, NONE)

    def saved(self) -> Mapping[str, Scalar]:
        values: dict[str, Scalar] = {"master": self._master}
        for sap, keys in self._clients.items():
            values[f"unicast_encryption.{sap}"] = keys.unicast_encryption
            values[f"authentication.{sap}"] = keys.authentication
            values[f"password.{sap}"] = keys.password
        return values

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        for name, value in saved.items():
            kind, _, sap = name.partition(".")
            if not isinstance(value, bytes):
                continue
            if kind == "master":
                self._master = value
            else:
                secret: dict[str, Any] = {kind: value}
                self._clients[int(sap)] = replace(self.of(int(sap)), **secret)
