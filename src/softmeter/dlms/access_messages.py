"""The messages of ACCESS: several reads, writes and calls in one request (IEC 62056-53, ACCESS service)."""

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.dlms.messages import AttributeReference, MethodReference, Selection, encoded
from softmeter.wire.types import (
    Alternative,
    Codec,
    EnumOf,
    array_of,
    choice,
    octets,
    of,
    optional,
    struct,
    structure,
    u32,
)

HIGH_PRIORITY, CONFIRMED, BREAK_ON_ERROR = 1 << 31, 1 << 30, 1 << 29
"""Flags of a long invoke id."""


@structure
class AccessGet:
    """Read an attribute."""

    attribute: AttributeReference = of(struct(AttributeReference))


@structure
class AccessSet:
    """Set an attribute."""

    attribute: AttributeReference = of(struct(AttributeReference))


@structure
class AccessAction:
    """Call a method."""

    method: MethodReference = of(struct(MethodReference))


@structure
class AccessGetSelected:
    """Read a part of an attribute."""

    attribute: AttributeReference = of(struct(AttributeReference))
    selection: Selection = of(struct(Selection))


@structure
class AccessSetSelected:
    """Set a part of an attribute."""

    attribute: AttributeReference = of(struct(AttributeReference))
    selection: Selection = of(struct(Selection))


AccessSpecification = AccessGet | AccessSet | AccessAction | AccessGetSelected | AccessSetSelected
"""One thing that an ACCESS asks for."""

_specification: Codec[AccessSpecification] = choice(
    "access specification",
    Alternative(1, AccessGet, struct(AccessGet)),
    Alternative(2, AccessSet, struct(AccessSet)),
    Alternative(3, AccessAction, struct(AccessAction)),
    Alternative(4, AccessGetSelected, struct(AccessGetSelected)),
    Alternative(5, AccessSetSelected, struct(AccessSetSelected)),
)


@structure
class GetAccessed:
    """How a read ended."""

    result: DataAccessResult = of(EnumOf(DataAccessResult))


@structure
class SetAccessed:
    """How a write ended."""

    result: DataAccessResult = of(EnumOf(DataAccessResult))


@structure
class ActionAccessed:
    """How a call ended."""

    result: ActionResult = of(EnumOf(ActionResult))


Accessed = GetAccessed | SetAccessed | ActionAccessed
"""How one specification ended."""

_accessed: Codec[Accessed] = choice(
    "access response",
    Alternative(1, GetAccessed, struct(GetAccessed)),
    Alternative(2, SetAccessed, struct(SetAccessed)),
    Alternative(3, ActionAccessed, struct(ActionAccessed)),
)


@structure
class AccessRequest:
    """`time` is 0 or 12 octets; `data` has one encoded Data per specification, null-data for those that need none."""

    long_invoke_id: int = of(u32)
    time: bytes = of(octets)
    specifications: tuple[AccessSpecification, ...] = of(array_of(_specification))
    data: tuple[bytes, ...] = of(array_of(encoded))


@structure
class AccessResponse:
    """`data` and `results` have one element per specification of the request; data is null where there is none."""

    long_invoke_id: int = of(u32)
    time: bytes = of(octets)
    specifications: tuple[AccessSpecification, ...] | None = of(optional(array_of(_specification)))
    data: tuple[bytes, ...] = of(array_of(encoded))
    results: tuple[Accessed, ...] = of(array_of(_accessed))
