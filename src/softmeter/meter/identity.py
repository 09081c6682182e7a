"""Who a meter is: type, serial number, and the names derived from them.

Source: manual 3.2 (type designation); IDIS logical device name and system title.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from softmeter.device.images import PARTS, Images
from softmeter.errors import ConfigurationError
from softmeter.legal import IDENTIFICATION

DEVICE_TYPE = 101  # IDIS: single phase
MULTI_UTILITY, DISCONNECTOR = 0b0100, 0b0001  # bits of the function type

_TYPE = re.compile(
    r"IQ(?P<kind>01)(?P<wires>02)(?P<current>\d{3})(?P<country>BN)(?P<function>EM)(?P<variant>\d\d)(?P<extra>-0|\+D)"
)


@dataclass(frozen=True, slots=True)
class Identity:
    """What is printed on the plate, and what follows from it.

    `serial`: up to eight digits; `manufacturer`: the three letters registered with the FLAG association.
    """

    type: str = "IQ0102065BNEM01-0"
    serial: str = "00000001"
    manufacturer: str = "KWQ"
    year: int = 2021
    equipment_identifier: str = ""
    legal_firmware: str = IDENTIFICATION
    application_firmware: str = "1.05.00"

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            message = f"{self.type!r} is no meter type; write it like IQ0102065BNEM01-0 or IQ0102065BNEM02+D"
            raise ConfigurationError(message, "identity.type")
        if not re.fullmatch(r"\d{1,8}", self.serial):
            raise ConfigurationError(f"{self.serial!r} is no serial number of up to eight digits", "identity.serial")
        if not re.fullmatch(r"[A-Z]{3}", self.manufacturer):
            message = f"{self.manufacturer!r} is no manufacturer code of three capital letters"
            raise ConfigurationError(message, "identity.manufacturer")
        if len(self.equipment_identifier) not in {0, 17} or not re.fullmatch(r"[ -~]*", self.equipment_identifier):
            message = f"{self.equipment_identifier!r} has not the 17 characters of an equipment identifier"
            raise ConfigurationError(message, "identity.equipment_identifier")

    @property
    def has_disconnector(self) -> bool:
        return self.type.endswith("+D")

    @property
    def model(self) -> str:
        """The type without its extra features."""
        return self.type[:15]

    @property
    def maximum_current_a(self) -> int:
        return int(self.type[6:9])

    @property
    def function_type(self) -> int:
        """IDIS function type: M-Bus master, and the disconnector where there is one."""
        return MULTI_UTILITY | (DISCONNECTOR if self.has_disconnector else 0)

    @property
    def logical_device_name(self) -> str:
        """16 characters: manufacturer, device type, function type, serial number."""
        return f"{self.manufacturer}{DEVICE_TYPE:03d}{self.function_type:02d}{int(self.serial):08d}"

    @property
    def system_title(self) -> bytes:
        """8 octets: manufacturer, device type, function type in 4 bits, serial number in 28."""
        tail = (self.function_type << 28) | int(self.serial)
        return self.manufacturer.encode("ascii") + bytes((DEVICE_TYPE,)) + tail.to_bytes(4, "big")

    @property
    def meter_identifier(self) -> str:
        """The 17 characters by which a grid operator knows the meter: code, serial number, year."""
        return self.equipment_identifier or f"E0099{int(self.serial):010d}{self.year % 100:02d}"

    @property
    def p1_identification(self) -> str:
        """What follows the slash of a P1 telegram."""
        return f"{self.manufacturer}5{self.model}"


def in_force(plate: Identity, firmware: Images) -> Identity:
    """The identity of a meter with the versions of what it runs; those of the plate are the factory's."""
    versions = tuple(running.version if (running := firmware.running.get(part)) else "" for part in PARTS)
    return _with_versions(plate, *versions) if any(versions) else plate


@lru_cache(maxsize=64)
def _with_versions(plate: Identity, legal: str, application: str) -> Identity:
    return replace(
        plate,
        legal_firmware=legal or plate.legal_firmware,
        application_firmware=application or plate.application_firmware,
    )
