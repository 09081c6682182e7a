"""Class 6, Register activation: which registers of the rates count now (IEC 62056-62, 4.3.5)."""

from collections.abc import Callable
from typing import Any, Protocol

from softmeter.cosem.interface import Holder, Interface, computed, method, setter
from softmeter.obis import Obis
from softmeter.wire.types import array_of, logical_name, octets, of, struct, structure, u8, u16


@structure
class RegisterReference:
    """A register that is switched."""

    class_id: int = of(u16)
    logical_name: Obis = of(logical_name)


@structure
class RegisterMask:
    """A name for some of the assigned registers, by their places counted from 1."""

    mask_name: bytes = of(octets)
    index_list: tuple[int, ...] = of(array_of(u8, most=255))


class ActivationPart(Protocol):
    """One register activation of a meter. Assignments may raise AccessError, and nothing is changed then."""

    registers: tuple[RegisterReference, ...]
    masks: tuple[RegisterMask, ...]
    active: bytes


class RegisterActivation(Interface, class_id=6, version=0):
    """Registers switched together, and the masks that switch them."""

    part: Callable[[Any], ActivationPart]

    @computed(2, array_of(struct(RegisterReference), most=255))
    def register_assignment(self, meter: Holder) -> tuple[RegisterReference, ...]:
        return self.part(meter).registers

    @setter(2)
    def set_register_assignment(self, meter: Holder, registers: tuple[RegisterReference, ...]) -> None:
        self.part(meter).registers = registers

    @computed(3, array_of(struct(RegisterMask), most=255))
    def mask_list(self, meter: Holder) -> tuple[RegisterMask, ...]:
        return self.part(meter).masks

    @setter(3)
    def set_mask_list(self, meter: Holder, masks: tuple[RegisterMask, ...]) -> None:
        self.part(meter).masks = masks

    @computed(4, octets)
    def active_mask(self, meter: Holder) -> bytes:
        return self.part(meter).active

    @setter(4)
    def set_active_mask(self, meter: Holder, name: bytes) -> None:
        self.part(meter).active = name

    @method(1, struct(RegisterReference))
    def add_register(self, meter: Holder, register: RegisterReference) -> None:
        part = self.part(meter)
        part.registers = (*part.registers, register)

    @method(2, struct(RegisterMask))
    def add_mask(self, meter: Holder, mask: RegisterMask) -> None:
        part = self.part(meter)
        part.masks = (*(one for one in part.masks if one.mask_name != mask.mask_name), mask)

    @method(3, octets)
    def delete_mask(self, meter: Holder, name: bytes) -> None:
        part = self.part(meter)
        part.masks = tuple(one for one in part.masks if one.mask_name != name)
