"""The line on which a person talks to the cellular module, where one is configured (`modem.at_port`)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from softmeter.apps.ports import LISTENING, Listening, meet
from softmeter.errors import ConfigurationError
from softmeter.meter.at_commands import AtServer
from softmeter.meter.meter import Meter
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.optical_port import OpticalPort, Place


def check_apart(place: Place | None, found: Listening) -> None:
    """Refuse a line where the meter has a port already.

    Raises:
        ConfigurationError: it has; says which.
    """
    for name in LISTENING:
        taken = getattr(found, name)
        if place is not None and taken is not None and meet(place, taken):
            raise ConfigurationError(f"{place} is the place of {name} too; choose another", "modem.at_port")


@asynccontextmanager
async def module_line(place: Place | None, meter: Meter, barrier: Barrier) -> AsyncIterator[Place | None]:
    """Keep the line open; gives where it is.

    Raises:
        ConfigurationError: the address or device cannot be used.
    """
    if place is None:
        yield None
        return
    line = OpticalPort(place, lambda _, __: AtServer(meter), barrier, log="softmeter.modem")
    try:
        yield await line.open()
    finally:
        await line.close()
