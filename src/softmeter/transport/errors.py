"""What can go wrong between a conversation and the octets of its peer, and what to try."""

from softmeter.errors import MeterError


class TransportError(MeterError):
    """The peer was not reached, fell silent, or went away; `fact` says so without what to try."""

    def __init__(self, fact: str, hint: str = "") -> None:
        super().__init__(f"{fact}: {hint}" if hint else fact)
        self.fact = fact


def unreachable(address: str, error: OSError) -> TransportError:
    """No connection was made."""
    if isinstance(error, ConnectionRefusedError):
        return TransportError(f"nothing listens at {address}", "is the meter running, and is this its port?")
    if isinstance(error, TimeoutError):
        return TransportError(f"{address} cannot be reached in time", "check the address and the network")
    return TransportError(f"{address} cannot be reached: {error.strerror or error}")


def silent(address: str, timeout_s: float) -> TransportError:
    """A connection was made, but no answer came."""
    return TransportError(
        f"{address} gave no answer within {timeout_s:g} s",
        "check the client address (SAP), allow more time, or speak HDLC or mode E if it is an optical port",
    )


def closed(address: str) -> TransportError:
    """The peer ended the connection in the middle of a conversation."""
    return TransportError(f"{address} closed the connection", "it may refuse this client, or be busy with another")
