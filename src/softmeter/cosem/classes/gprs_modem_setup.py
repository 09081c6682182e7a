"""Class 45, GPRS modem setup: access to the data network (IEC 62056-62, 4.7.7)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, attribute, computed, setter
from softmeter.wire.types import octet_string, of, struct, structure, u8, u16


@structure
class QualityOfService:
    """What is asked of the network."""

    precedence: int = of(u8)
    delay: int = of(u8)
    reliability: int = of(u8)
    peak_throughput: int = of(u8)
    mean_throughput: int = of(u8)


@structure
class QualitiesOfService:
    """The default, and what is requested."""

    default: QualityOfService = of(struct(QualityOfService))
    requested: QualityOfService = of(struct(QualityOfService))


SUBSCRIBED = QualityOfService(0, 0, 0, 0, 0)


class AccessPart(Protocol):
    """What a module needs to get into the data network. Assignments may raise AccessError."""

    apn: bytes
    pin: int


class GprsModemSetup(Interface, class_id=45, version=0):
    """Access point and PIN."""

    part: Callable[[Any], AccessPart]

    @computed(2, octet_string(most=100))
    def apn(self, meter: Holder) -> bytes:
        return self.part(meter).apn

    @setter(2)
    def set_apn(self, meter: Holder, apn: bytes) -> None:
        self.part(meter).apn = apn

    @computed(3, u16)
    def pin_code(self, meter: Holder) -> int:
        return self.part(meter).pin

    @setter(3)
    def set_pin_code(self, meter: Holder, pin: int) -> None:
        self.part(meter).pin = pin

    quality_of_service: QualitiesOfService = attribute(
        4, struct(QualitiesOfService), settable=True, default=QualitiesOfService(SUBSCRIBED, SUBSCRIBED)
    )
