"""What is known of interface classes: names of attributes and methods, and where a value's scaler stands."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple

from softmeter.cosem import classes
from softmeter.cosem.interface import AttributeSpec, Interface, MethodSpec
from softmeter.errors import ConfigurationError

MAIN = 2
"""The attribute that is meant when none is named."""


class _Class(NamedTuple):
    """A class as its first version or form has it, with what later ones add."""

    name: str
    attribute_specs: dict[int, AttributeSpec]
    method_specs: dict[int, MethodSpec]


def _declared() -> dict[int, _Class]:
    """Every class of the stack by its id; of several versions or forms the first by the name of its module counts."""
    for module in pkgutil.iter_modules(classes.__path__):
        import_module(f"{classes.__name__}.{module.name}")
    found: dict[int, _Class] = {}
    for known in sorted(_below(Interface), key=lambda one: one.__module__):
        first = found.setdefault(known.class_id, _Class(known.__name__, {}, {}))
        for number, attribute in known.attribute_specs.items():
            first.attribute_specs.setdefault(number, attribute)
        for number, method in known.method_specs.items():
            first.method_specs.setdefault(number, method)
    return found


def _below(kind: type[Interface]) -> Iterator[type[Interface]]:
    for known in kind.__subclasses__():
        yield known
        yield from _below(known)


_KNOWN = _declared()
_NAMES = {
    10: "Schedule",
    18: "ImageTransfer",
    19: "IecLocalPortSetup",
    23: "IecHdlcSetup",
    40: "PushSetup",
    41: "TcpUdpSetup",
    42: "Ipv4Setup",
    45: "GprsModemSetup",
    47: "GsmDiagnostic",
    48: "Ipv6Setup",
    72: "MBusClient",
    124: "CommunicationPortProtection",
    **{class_id: known.name for class_id, known in _KNOWN.items()},
}
_SCALER = {(3, 2): 3, (4, 2): 3, (5, 2): 4, (5, 3): 4}


def class_name(class_id: int) -> str:
    """The word for a class, or its number."""
    return _NAMES.get(class_id, f"class {class_id}")


def scaler_attribute(class_id: int, attribute: int) -> int | None:
    """The attribute that holds scaler and unit of another one."""
    return _SCALER.get((class_id, attribute))


def attribute_name(class_id: int, attribute: int) -> str:
    """The standard's name of an attribute, empty where it is not known."""
    if attribute == 1:
        return "logical_name"
    known = _KNOWN.get(class_id)
    spec = known.attribute_specs.get(attribute) if known else None
    return spec.name if spec else ""


def attribute_names(class_id: int) -> list[str]:
    """The standard's names of the attributes from 2 on, in their order; none where they are not known."""
    known = _KNOWN.get(class_id)
    specs = sorted(known.attribute_specs.values(), key=lambda one: one.number) if known else []
    return [spec.name for spec in specs if spec.number > 1]


def method_name(class_id: int, method: int) -> str:
    """The standard's name of a method, empty where it is not known."""
    known = _KNOWN.get(class_id)
    spec = known.method_specs.get(method) if known else None
    return spec.name if spec else ""


def attribute_number(class_id: int, part: str) -> int:
    """The attribute that `part` (a number, a name, or nothing) means.

    Raises:
        ConfigurationError: the class has no such attribute, or is not known by names.
    """
    if not part:
        return MAIN
    known = _KNOWN.get(class_id)
    names = {spec.name: spec.number for spec in known.attribute_specs.values()} if known else {}
    return _number(part, {"logical_name": 1, **names}, f"attribute of {class_name(class_id)}")


def method_number(class_id: int, part: str) -> int:
    """The method that `part` means; raises as `attribute_number`."""
    known = _KNOWN.get(class_id)
    names = {spec.name: spec.number for spec in known.method_specs.values()} if known else {}
    return _number(part, names, f"method of {class_name(class_id)}")


def method_type(class_id: int, method: int) -> str | None:
    """The type of a method's parameter; None where it is not known."""
    known = _KNOWN.get(class_id)
    spec = known.method_specs.get(method) if known else None
    return spec.type.name if spec else None


def _number(part: str, names: dict[str, int], what: str) -> int:
    if part.isascii() and part.isdecimal() and 0 < int(part) < 128:
        return int(part)
    if part not in names:
        raise ConfigurationError(f"{part!r} is no {what}; known are {', '.join(names) or 'only numbers'}")
    return names[part]
