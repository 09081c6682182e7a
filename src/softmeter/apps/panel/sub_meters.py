"""Simulated sub-meters in the panel's interface.

    GET  /api/bench/sub-meters          list of `ShownSubMeter`
    POST /api/bench/sub-meters/{place}  `SubMeterChange`; answers that sub-meter as it is visible then

A change acts from the next whole second on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, Protocol

from fastapi import APIRouter
from pydantic import Field, StrictBool

from softmeter.apps.panel.message import Message
from softmeter.bench.shelf import ShownSubMeter
from softmeter.errors import ConfigurationError


class SubMeterChange(Message):
    """What is done to a sub-meter; what is absent stays as it is. `flow` null leaves it to its own habit."""

    attached: StrictBool | None = None
    flow: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] | None = None
    opened: StrictBool | None = None
    battery_low: StrictBool | None = None
    broken: StrictBool | None = None

    def changes(self) -> dict[str, float | None]:
        """What was named."""
        given: dict[str, Any] = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in given.items() if name == "flow" or value is not None}


class SubMeters(Protocol):
    """The sub-meters of a meter. `change` raises MeterError for what cannot be."""

    def shown(self) -> Sequence[ShownSubMeter]: ...

    def change(self, place: int, changes: dict[str, float | None]) -> None: ...


class NoSubMeters:
    """Those of a meter whose bus is a line of its own, or none."""

    def shown(self) -> Sequence[ShownSubMeter]:
        return ()

    def change(self, place: int, changes: dict[str, float | None]) -> None:
        """Refuse.

        Raises:
            ConfigurationError: always.
        """
        raise ConfigurationError(f"there is no place {place} to change {', '.join(changes)}", "sub-meters")


def sub_meter_routes(shelf: SubMeters, stored: Callable[[], Awaitable[None]]) -> APIRouter:
    """The routes; `stored` returns when all that is visible is stored."""
    router = APIRouter(prefix="/api/bench")

    async def visible() -> Sequence[ShownSubMeter]:
        shown = shelf.shown()
        await stored()
        return shown

    @router.get("/sub-meters")
    async def sub_meters() -> Sequence[ShownSubMeter]:
        return await visible()

    @router.post("/sub-meters/{place}")
    async def change(place: int, body: SubMeterChange) -> ShownSubMeter:
        shelf.change(place, body.changes())
        return (await visible())[place - 1]

    return router
