"""The tree of exceptions; imports nothing."""


class MeterError(Exception):
    """Whatever this package raises on purpose."""


class ProtocolError(MeterError):
    """An exchange with a peer broke a protocol's rules."""


class LocalProtocolError(ProtocolError):
    """We did something illegal: a mistake in this program."""


class RemoteProtocolError(ProtocolError):
    """The peer did something illegal."""


class DecodeError(RemoteProtocolError):
    """Octets are not what their type says."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(f"{message} (at octet {offset})")
        self.offset = offset


class SecurityError(RemoteProtocolError):
    """A protection did not verify; says little on purpose."""


class AccessError(MeterError):
    """A service on an object was refused.

    `result` is a Data-Access-Result or Action-Result, see `softmeter.cosem.access`.
    """

    def __init__(self, result: int, message: str = "") -> None:
        super().__init__(message or f"refused with result {result}")
        self.result = result


class ConfigurationError(MeterError):
    """Something a person wrote is wrong; `where` names the file, line, option or key."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.where = where


class StorageError(MeterError):
    """The memory that survives could not be read or written."""
