"""What is known of interface classes: names of attributes and methods, and where a value's scaler stands."""

from softmeter.cosem.classes.association_ln import AssociationLN
from softmeter.cosem.classes.clock import Clock
from softmeter.cosem.classes.data import Data
from softmeter.cosem.classes.profile_generic import ProfileGeneric
from softmeter.cosem.classes.register import Register
from softmeter.cosem.classes.sap_assignment import SapAssignment
from softmeter.cosem.classes.security_setup import SecuritySetup
from softmeter.cosem.interface import Interface
from softmeter.errors import ConfigurationError

MAIN = 2
"""The attribute that is meant when none is named."""

_KNOWN: dict[int, type[Interface]] = {
    known.class_id: known
    for known in (Data, Register, ProfileGeneric, Clock, AssociationLN, SapAssignment, SecuritySetup)
}
_NAMES = {
    **{class_id: known.__name__ for class_id, known in _KNOWN.items()},
    4: "ExtendedRegister",
    5: "DemandRegister",
    6: "RegisterActivation",
    9: "ScriptTable",
    10: "Schedule",
    11: "SpecialDaysTable",
    18: "ImageTransfer",
    19: "IecLocalPortSetup",
    20: "ActivityCalendar",
    21: "RegisterMonitor",
    22: "SingleActionSchedule",
    23: "IecHdlcSetup",
    40: "PushSetup",
    41: "TcpUdpSetup",
    42: "Ipv4Setup",
    45: "GprsModemSetup",
    47: "GsmDiagnostic",
    48: "Ipv6Setup",
    70: "DisconnectControl",
    71: "Limiter",
    72: "MBusClient",
    124: "CommunicationPortProtection",
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


def _number(part: str, names: dict[str, int], what: str) -> int:
    if part.isascii() and part.isdecimal() and 0 < int(part) < 128:
        return int(part)
    if part not in names:
        raise ConfigurationError(f"{part!r} is no {what}; known are {', '.join(names) or 'only numbers'}")
    return names[part]
