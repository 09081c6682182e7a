"""Declaring an interface class once: attributes, methods, and how each is read, set and invoked on a meter.

Objects hold no per-meter state. They are built once per meter type, and every accessor is given the meter (`Holder`) it
serves. What a client may set lives in the meter's attribute store, or in a part of the device behind a setter.

Source: IEC 62056-62 (interface classes).
"""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import MISSING, Field, dataclass, field, replace
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar, dataclass_transform

from softmeter.cosem.access import ActionResult, DataAccessResult
from softmeter.cosem.sessions import Sessions
from softmeter.errors import AccessError, DecodeError, LocalProtocolError
from softmeter.wire.types import Codec, Tag, i8, skip_data

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


encoded: Codec[bytes] = Codec("encoded data", (skip_data, bytes), (skip_data, bytes))
"""Data that is already encoded: for attributes too large to be built value by value."""


class ObjectLists(Protocol):
    """Who knows the objects of a meter type; see `softmeter.cosem.dictionary.Dictionary`."""

    def object_list(self, audience: Enum, *, version: int = 1) -> bytes:
        """The encoded object_list as an audience sees it, in the form of a version of the association."""
        ...


class Holder(Protocol):
    """What every accessor is given: one meter."""

    @property
    def attributes(self) -> MutableMapping[bytes, bytes]:
        """The persistent attribute store: class, logical name and attribute (9 octets) to encoded data."""
        ...

    @property
    def dictionary(self) -> ObjectLists:
        """The objects of the meter's type."""
        ...

    @property
    def sessions(self) -> Sessions:
        """The open associations, for the association objects that present them."""
        ...


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """Where a value comes from: how to read it from a meter, and the type it travels in."""

    type: Tag
    read: Callable[[Any], T]
    """The meter's own class is the argument; it is `Any` here because the stack does not know the meter."""
    write: Callable[[Any, T], None] | None = None
    """How a client's value changes the device; None where it may not. Raises AccessError."""


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """One declared attribute."""

    number: int
    name: str
    type: Codec[Any]
    settable: bool = False
    read: Callable[..., Any] | None = None
    """None for a field of the object: fixed by the model, or its default when settable."""
    write: Callable[..., None] | None = None
    check: Callable[..., None] | None = None
    select: Mapping[int, Codec[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """One declared method."""

    number: int
    name: str
    type: Codec[Any]
    returns: Codec[Any] | None
    invoke: Callable[..., Any]
    lasting: bool = True
    """Whether what it changes must be stored before the answer leaves."""


Reader = Callable[[Holder], bytes]
"""Reads an attribute: tag and content."""

Selector = Callable[[Holder, int, bytes], bytes]
"""Reads a part of an attribute: selector and encoded parameter to encoded data. Raises AccessError."""

Writer = Callable[[Holder, bytes], None]
"""Sets an attribute from tag and content. Raises AccessError."""

Invoker = Callable[[Holder, bytes], bytes]
"""Invokes a method: encoded parameter (empty: none) to encoded data (empty: none). Raises AccessError."""


def attribute(
    number: int,
    type: Codec[T],  # noqa: A002 - the word of the declaration
    *,
    settable: bool = False,
    default: Any = MISSING,
) -> Any:
    """Declare a field of the object as attribute `number`.

    With `settable` the field is the value until a client sets another, which then lives in the meter's attribute store.
    """
    spec = AttributeSpec(number, "", type, settable=settable)
    return field(default=default, metadata={_SPEC: spec})


def computed(
    number: int,
    type: Codec[Any],  # noqa: A002
    select: Mapping[int, Codec[Any]] | None = None,
) -> Callable[[Function], Function]:
    """Declare `f(self, meter) -> value` as attribute `number`, derived on every read.

    With `select` (selector to type of its parameter) the function is `f(self, meter, selection=None)`.
    """

    def declare(function: Function) -> Function:
        spec = AttributeSpec(number, function.__name__, type, read=function, select=select or {})
        setattr(function, _SPEC, spec)
        return function

    return declare


def setter(number: int) -> Callable[[Function], Function]:
    """Declare `f(self, meter, value) -> None` as what a SET of the computed attribute `number` does."""

    def declare(function: Function) -> Function:
        setattr(function, _SETS, number)
        return function

    return declare


def check(number: int) -> Callable[[Function], Function]:
    """Declare `f(self, value) -> None` as what refuses (AccessError) values of settable attribute `number`."""

    def declare(function: Function) -> Function:
        setattr(function, _CHECKS, number)
        return function

    return declare


def method(
    number: int,
    type: Codec[Any],  # noqa: A002
    returns: Codec[Any] | None = None,
    *,
    lasting: bool = True,
) -> Callable[[Function], Function]:
    """Declare `f(self, meter, parameter)` as method `number`.

    A parameter of type `i8` is the dummy of the standard: it may also be absent or null-data, and is 0 then. What a
    method changes that is not `lasting` may be gone after a power cut, and whoever called it knows how to find out.
    """

    def declare(function: Function) -> Function:
        setattr(function, _SPEC, MethodSpec(number, function.__name__, type, returns, function, lasting))
        return function

    return declare


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=False, field_specifiers=(attribute,))
class Interface:
    """An interface class; a subclass declares attributes 2..n and methods 1..m, and is complete or refused."""

    class_id: ClassVar[int]
    version: ClassVar[int]
    attribute_specs: ClassVar[Mapping[int, AttributeSpec]]
    method_specs: ClassVar[Mapping[int, MethodSpec]]

    def __init_subclass__(cls, *, class_id: int, version: int) -> None:
        dataclass(frozen=True, kw_only=True, eq=False)(cls)
        cls.class_id, cls.version = class_id, version
        cls.attribute_specs = {spec.number: spec for spec in sorted(_attributes(cls), key=lambda spec: spec.number)}
        cls.method_specs = {spec.number: spec for spec in sorted(_methods(cls), key=lambda spec: spec.number)}
        if list(cls.attribute_specs) != list(range(2, len(cls.attribute_specs) + 2)):
            raise LocalProtocolError(f"attributes of {cls.__name__} are {list(cls.attribute_specs)}, not 2 to n")
        if list(cls.method_specs) != list(range(1, len(cls.method_specs) + 1)):
            raise LocalProtocolError(f"methods of {cls.__name__} are {list(cls.method_specs)}, not 1 to n")

    def takes(self, spec: AttributeSpec) -> bool:
        """Whether the attribute can be set on this object at all, whoever asks."""
        return spec.settable or spec.write is not None

    @classmethod
    def attribute_names(cls) -> frozenset[str]:
        return frozenset({"logical_name"} | {spec.name for spec in cls.attribute_specs.values()})

    @classmethod
    def method_names(cls) -> frozenset[str]:
        return frozenset(spec.name for spec in cls.method_specs.values())


def reader(instance: Interface, spec: AttributeSpec, key: bytes) -> Reader:
    """Compile how attribute `spec` of `instance` is read; `key` is its place in the attribute store."""
    encode = spec.type.encode
    if spec.read is not None:
        bound = spec.read.__get__(instance)
        return lambda meter: encode(bound(meter))
    fixed = encode(getattr(instance, spec.name))
    if spec.settable:
        return lambda meter: meter.attributes.get(key, fixed)
    return lambda _: fixed


def selector(instance: Interface, spec: AttributeSpec) -> Selector:
    """Compile how a part of attribute `spec` is read."""
    encode = spec.type.encode

    def read(meter: Holder, number: int, parameter: bytes) -> bytes:
        kind = spec.select.get(number)
        if spec.read is None or kind is None:
            raise AccessError(DataAccessResult.SCOPE_OF_ACCESS_VIOLATED, f"{spec.name} has no selector {number}")
        return encode(spec.read(instance, meter, _value(kind, parameter)))

    return read


def writer(instance: Interface, spec: AttributeSpec, key: bytes) -> Writer:
    """Compile how attribute `spec` is set: decoded and checked first, then one change."""
    kind = spec.type

    def write(meter: Holder, octets: bytes) -> None:
        value = _value(kind, octets)
        if spec.write is not None:
            spec.write(instance, meter, value)
            return
        if spec.check is not None:
            spec.check(instance, value)
        meter.attributes[key] = kind.encode(value)

    return write


def invoker(instance: Interface, spec: MethodSpec) -> Invoker:
    """Compile how method `spec` is invoked."""
    returns = spec.returns

    def invoke(meter: Holder, octets: bytes) -> bytes:
        dummy = spec.type is i8 and octets in {b"", b"\x00"}
        result = spec.invoke(instance, meter, 0 if dummy else _value(spec.type, octets, ActionResult.TYPE_UNMATCHED))
        return b"" if returns is None else returns.encode(result)

    return invoke


def _value(kind: Codec[T], octets: bytes, refused: int = DataAccessResult.TYPE_UNMATCHED) -> T:
    try:
        return kind.decode(octets)
    except DecodeError as error:
        raise AccessError(refused, str(error)) from error


_SPEC, _SETS, _CHECKS = "cosem_spec", "cosem_sets", "cosem_checks"


def _declared(cls: type) -> dict[str, Any]:
    """Everything declared in the class and those it extends, the nearest last."""
    return {name: value for kind in reversed(cls.__mro__) for name, value in vars(kind).items()}


def _attributes(cls: type[Interface]) -> Iterable[AttributeSpec]:
    declared = _declared(cls).values()
    setters = {getattr(value, _SETS): value for value in declared if hasattr(value, _SETS)}
    checks = {getattr(value, _CHECKS): value for value in declared if hasattr(value, _CHECKS)}
    fields: dict[str, Field[Any]] = vars(cls)["__dataclass_fields__"]
    for name, one in fields.items():
        if _SPEC in one.metadata:
            fixed: AttributeSpec = one.metadata[_SPEC]
            yield replace(fixed, name=name, check=checks.get(fixed.number))
    for value in declared:
        spec = getattr(value, _SPEC, None)
        if isinstance(spec, AttributeSpec):
            yield replace(spec, write=setters.get(spec.number))


def _methods(cls: type[Interface]) -> Iterable[MethodSpec]:
    specs = [getattr(value, _SPEC, None) for value in _declared(cls).values()]
    return [spec for spec in specs if isinstance(spec, MethodSpec)]
