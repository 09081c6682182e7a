"""Reading the object list of an association: what a client sees and may do (IEC 62056-62, class 15, object_list)."""

from collections.abc import Iterable
from typing import NamedTuple

from softmeter.apps.smartset.values import whole
from softmeter.cosem.access import AttributeAccess
from softmeter.errors import DecodeError
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag

CURRENT = Obis(0, 0, 40, 0, 0)
"""The current association, whoever asks."""

_READ, _WRITE = 1, 2
_BITS_FROM_VERSION = 3  # of the association: access modes are bits, before they are an enumeration
_MODES = (0, _READ, _WRITE, _READ | _WRITE, _READ, _WRITE, _READ | _WRITE)
_LETTERS = {0: "", _READ: "r", _WRITE: "w", _READ | _WRITE: "rw"}


class Entry(NamedTuple):
    """One object with this client's rights: attribute to read and write bits, attribute to selectors, methods."""

    class_id: int
    version: int
    obis: Obis
    attributes: dict[int, AttributeAccess]
    selectors: dict[int, tuple[int, ...]]
    methods: dict[int, bool]


def entries(data: Data) -> list[Entry]:
    """The objects in an object_list.

    Raises:
        DecodeError: it is none.
    """
    try:
        elements = [element.value for element in data.value]
        versions = {Obis.of(name.value): whole(version) for _, version, name, _ in elements}
        in_bits = versions.get(CURRENT, 0) >= _BITS_FROM_VERSION
        return [
            Entry(whole(class_id), whole(version), Obis.of(name.value), *_rights(*rights.value, in_bits=in_bits))
            for class_id, version, name, rights in elements
        ]
    except (TypeError, ValueError, AttributeError, IndexError) as error:
        raise DecodeError(f"the meter's object list is none: {error}") from error


def _rights(
    attributes: Data, methods: Data, *, in_bits: bool
) -> tuple[dict[int, AttributeAccess], dict[int, tuple[int, ...]], dict[int, bool]]:
    modes, selectors = {}, {}
    for number, mode, offered in (element.value for element in attributes.value):
        modes[whole(number)] = AttributeAccess(whole(mode) & 3 if in_bits else _MODES[whole(mode)])
        if offered.type == Tag.ARRAY:
            selectors[whole(number)] = tuple(whole(one) for one in offered.value)
    callable_ones = {whole(number): bool(mode.value) for number, mode in (element.value for element in methods.value)}
    return modes, selectors, callable_ones


def rights_text(entry: Entry) -> str:
    """`1-3 r, 4 rw, call 1-2`."""
    by_letters: dict[str, list[int]] = {}
    for number, mode in entry.attributes.items():
        if mode:
            by_letters.setdefault(_LETTERS[mode], []).append(number)
    parts = [f"{spans(numbers)} {letters}" for letters, numbers in by_letters.items()]
    called = [number for number, allowed in entry.methods.items() if allowed]
    return ", ".join([*parts, f"call {spans(called)}"] if called else parts) or "none"


def spans(numbers: Iterable[int]) -> str:
    """Neighbours joined: `1-3 5`."""
    joined: list[list[int]] = []
    for number in sorted(numbers):
        if joined and joined[-1][1] == number - 1:
            joined[-1][1] = number
        else:
            joined.append([number, number])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in joined)
