"""What a meter was made as, kept with it: so that it is the same meter on every later start."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from softmeter.instant import Instant
from softmeter.meter.identity import Identity
from softmeter.persistent import Scalar

_UNKNOWN = Instant(0)
_PLATE = {field.name: f"identity.{field.name}" for field in fields(Identity)}


class Factory:
    """Identity, first power-on, configuration and source: written once, the source again when another is given."""

    __slots__ = ("configuration", "identity", "source", "start")

    def __init__(
        self, identity: Identity | None = None, start: Instant = _UNKNOWN, configuration: str = "", source: str = ""
    ) -> None:
        self.identity = identity or Identity()
        self.start = start
        self.configuration = configuration
        self.source = source

    def saved(self) -> Mapping[str, Scalar]:
        plate = {name: getattr(self.identity, field) for field, name in _PLATE.items()}
        return {
            **plate,
            "start_ns": self.start,
            "configuration": self.configuration,
            "source": self.source,
        }

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        plate: dict[str, Any] = {
            name.removeprefix("identity."): value for name, value in saved.items() if name.startswith("identity.")
        }
        self.identity = Identity(**plate)
        start, configuration, source = saved.get("start_ns"), saved.get("configuration"), saved.get("source")
        self.start = Instant(start if isinstance(start, int) else 0)
        self.configuration = configuration if isinstance(configuration, str) else ""
        self.source = source if isinstance(source, str) else ""
