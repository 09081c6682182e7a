"""Register activation: which of the registers of the rates count now (IEC 62056-62, class Register activation).

Registers that no list assigns always count; those assigned count while the active mask names them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from softmeter.device.registers import RATED, RATES
from softmeter.errors import ConfigurationError, StorageError
from softmeter.obis import Obis

MOST_MASKS = 16
LONGEST_NAME = 16
DEMANDS = 4
"""Demand is measured of +P, -P, +Q and -Q: value group C from 1 to 4."""


class Family(IntEnum):
    """What is switched together, by a register activation of its own."""

    ENERGY = 0
    MAXIMUM = 1


class Assigned(NamedTuple):
    """A register, by class and name."""

    class_id: int
    name: Obis


class Mask(NamedTuple):
    """A name for some of the assigned registers, given by their places counted from 1."""

    name: bytes
    places: tuple[int, ...]


def rate_name(rate: int) -> bytes:
    """The name of the factory's mask of a rate: four digits."""
    return b"%04d" % rate


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """The assigned registers and the masks over them; `known` are all that can be assigned, in the order they count."""

    known: tuple[Assigned, ...]
    registers: tuple[Assigned, ...]
    masks: tuple[Mask, ...]
    _counting: Mapping[bytes, tuple[int, ...]] = field(init=False, repr=False)
    _activations: Mapping[bytes, "Activation"] = field(init=False, repr=False)
    _text: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        where = "register activation"
        for register in self.registers:
            if register not in self.known:
                raise ConfigurationError(f"{register.class_id}, {register.name} is not switched by tariffs", where)
        names = {mask.name for mask in self.masks}
        if len(set(self.registers)) != len(self.registers) or len(names) != len(self.masks):
            raise ConfigurationError("a register or a name stands there twice", where)
        if len(self.masks) > MOST_MASKS or not all(1 <= len(name) <= LONGEST_NAME for name in names):
            message = f"{MOST_MASKS} masks with names of 1 to {LONGEST_NAME} octets are possible"
            raise ConfigurationError(message, where)
        for name, places in self.masks:
            if len(set(places)) != len(places) or not all(1 <= place <= len(self.registers) for place in places):
                message = f"mask {name.hex().upper()} has places beyond the {len(self.registers)} registers, or twice"
                raise ConfigurationError(message, where)
        object.__setattr__(self, "_counting", self._compiled())
        object.__setattr__(self, "_activations", {name: Activation(self, name) for name in self._counting})

    def counting(self, name: bytes) -> tuple[int, ...]:
        """The places in `known` of the registers that count while the mask `name` is active; empty: none is."""
        return self._counting[name]

    def activation(self, name: bytes) -> "Activation | None":
        """That mask as the active one, shared by all meters; an empty name is no mask. None where there is no such."""
        return self._activations.get(name)

    def rate(self, name: bytes) -> int:
        """The rate that a mask stands for, that of its first register; 0 for none."""
        places = next((mask.places for mask in self.masks if mask.name == name), ())
        return self.registers[places[0] - 1].name.e if places else 0

    @property
    def text(self) -> str:
        """Registers and masks as JSON, names of masks in hexadecimal; `parse` reads it; written once."""
        if not self._text:
            registers = [[class_id, str(name)] for class_id, name in self.registers]
            tables = {"registers": registers, "masks": [[name.hex(), places] for name, places in self.masks]}
            object.__setattr__(self, "_text", json.dumps(tables, separators=(",", ":")))
        return self._text

    def parse(self, text: str) -> "Masks":
        """What was written by `text`, over the same known registers.

        Raises:
            StorageError: it cannot be.
        """
        try:
            read: dict[str, Any] = json.loads(text)
            registers = tuple(Assigned(class_id, Obis.parse(name)) for class_id, name in read["registers"])
            masks = tuple(Mask(bytes.fromhex(name), tuple(places)) for name, places in read["masks"])
            return Masks(self.known, registers, masks)
        except (ValueError, TypeError, KeyError, ConfigurationError) as error:
            raise StorageError(f"a register activation in the stored state is damaged: {error}") from error

    def _compiled(self) -> Mapping[bytes, tuple[int, ...]]:
        always = set(range(len(self.known))) - {self.known.index(register) for register in self.registers}
        return {
            name: tuple(sorted(always | {self.known.index(self.registers[place - 1]) for place in places}))
            for name, places in (Mask(b"", ()), *self.masks)
        }


class Activation(NamedTuple):
    """Masks, and the one that is active."""

    masks: Masks
    active: bytes

    @property
    def counting(self) -> tuple[int, ...]:
        return self.masks.counting(self.active)

    @property
    def rate(self) -> int:
        return self.masks.rate(self.active)

    def activated(self, *names: bytes) -> "Activation":
        """With the first of these masks that exists; unchanged where none does."""
        found = (self.masks.activation(name) for name in names)
        return next((activation for activation in found if activation is not None), self)

    def changed(self, masks: Masks) -> "Activation":
        """With other masks; none is active where the active one is gone."""
        return masks.activation(self.active) or Activation(masks, b"")


def _by_rate(known: tuple[Assigned, ...]) -> Masks:
    places = {rate: tuple(i for i, one in enumerate(known, 1) if one.name.e == rate) for rate in range(1, RATES + 1)}
    return Masks(known, known, tuple(Mask(rate_name(rate), chosen) for rate, chosen in places.items()))


_ENERGIES = tuple(Assigned(3, Obis(1, 0, c + 1, 8, rate)) for rate in range(1, RATES + 1) for c in range(len(RATED)))
_MAXIMA = tuple(Assigned(4, Obis(1, 0, c + 1, 6, rate)) for rate in range(1, RATES + 1) for c in range(DEMANDS))

FACTORY_MASKS = (_by_rate(_ENERGIES), _by_rate(_MAXIMA))
"""By family: of the energies 1-0:1.8.r to 1-0:8.8.r, or the maximum demands 1-0:1.6.r to 1-0:4.6.r, those of a rate."""
