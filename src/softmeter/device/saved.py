"""Reading back what a part saved: each value checked for its type, a missing one left as it is."""

from collections.abc import Mapping

from softmeter.errors import StorageError
from softmeter.persistent import Scalar


def saved_int(saved: Mapping[str, Scalar], name: str, otherwise: int) -> int:
    """The number saved under `name`, or `otherwise` where there is none.

    Raises:
        StorageError: something else than a number was saved.
    """
    value = saved.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int):
        raise StorageError(f"{name} is {value!r} in the stored state; it must be a whole number")
    return value


def saved_text(saved: Mapping[str, Scalar], name: str, otherwise: str) -> str:
    """The text saved under `name`, or `otherwise` where there is none.

    Raises:
        StorageError: something else than text was saved.
    """
    value = saved.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise StorageError(f"{name} is {value!r} in the stored state; it must be text")
    return value


def saved_octets(saved: Mapping[str, Scalar], name: str, otherwise: bytes) -> bytes:
    """The octets saved under `name`, or `otherwise` where there are none.

    Raises:
        StorageError: something else than octets was saved.
    """
    value = saved.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, bytes):
        raise StorageError(f"{name} is {value!r} in the stored state; it must be octets")
    return value
