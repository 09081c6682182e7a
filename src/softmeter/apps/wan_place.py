"""The port number of the WAN as a client has set it (TCP-UDP setup, attribute 2): taken at the next start."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from softmeter.apps.options import RunOptions
from softmeter.apps.ports import Ports, listening, meet
from softmeter.errors import ConfigurationError
from softmeter.runtime.address import Address
from softmeter.runtime.optical_port import Place


async def with_set_port(
    options: RunOptions, ports: Ports, number: int | None, say: Callable[[str], None], others: Sequence[Place] = ()
) -> Ports:
    """The ports of a configuration, with the `number` that a client has set unless an option says where the WAN is.

    A number that cannot be listened on, over TCP and UDP, or is wanted for another port of this start, one of `others`
    too, is passed over, so that no client can keep a meter from starting.
    """
    wanted = Address.parse(ports.wan, "ports.wan")
    if number is None or number == wanted.port or options.wan is not None:
        return ports
    wanted = replace(wanted, port=number)
    try:
        changed = Ports.model_validate({**ports.model_dump(), "wan": str(wanted)})
        listening(options, changed, "TCP-UDP setup")
        if taken := next((other for other in others if meet(wanted, other)), None):
            raise ConfigurationError(f"{wanted} is the place of {taken} too", wanted.option)  # noqa: TRY301
        (await wanted.listen()).close()
        (await wanted.datagrams()).close()
    except (ConfigurationError, ValueError) as error:
        say(f"a client has set the port {number} for the WAN, which is not taken: {error}")
        return ports
    return changed
