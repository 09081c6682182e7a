"""What a push setup says: what is pushed where, when and how often (IEC 62056-62, class Push setup, version 0)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from softmeter.device.communication_window import Window, checked, decoded, encoded
from softmeter.device.saved import saved_int, saved_octets
from softmeter.errors import ConfigurationError
from softmeter.obis import Obis
from softmeter.persistent import Scalar

SETUPS = 8
CONNECTIVITY, ALARM, LAST_GASP, CONSUMER, INSTALLATION = 0, 4, 5, 6, 7
"""The setups whose purpose is given (IDIS package 2); 1 to 3 are those of the intervals."""

MOST_OBJECTS = 64
_OBJECT_OCTETS = 11


class Service(IntEnum):
    """How a message travels."""

    TCP = 0
    UDP = 1


class Form(IntEnum):
    """How a message is written: protected as the keys of the client demand, or else one of the manufacturer's."""

    PROTECTED = 0
    PLAIN = 128
    GENERAL_CIPHERING = 129


class Pushed(NamedTuple):
    """An attribute that is pushed; element 0 is all of it. The device does not know it."""

    class_id: int
    name: Obis
    attribute: int
    element: int = 0

    def encode(self) -> bytes:
        """Its 11 octets."""
        head = self.class_id.to_bytes(2, "big") + self.name.octets
        return head + self.attribute.to_bytes(1, "big", signed=True) + self.element.to_bytes(2, "big")

    @classmethod
    def decode(cls, octets: bytes) -> "Pushed":
        """What `encode` gave."""
        attribute = int.from_bytes(octets[8:9], "big", signed=True)
        return cls(
            int.from_bytes(octets[:2], "big"), Obis.of(octets[2:8]), attribute, int.from_bytes(octets[9:], "big")
        )


class PushSetting(NamedTuple):
    """One setup; without a destination, HOST:PORT in ASCII, nothing is pushed."""

    objects: tuple[Pushed, ...] = ()
    service: int = Service.TCP
    destination: bytes = b""
    form: int = Form.PROTECTED
    windows: tuple[Window, ...] = ()
    randomisation_s: int = 0
    retries: int = 3
    repetition_delay_s: int = 60

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            ConfigurationError: too many objects, no way, no form, or no place.
        """
        if len(self.objects) > MOST_OBJECTS:
            raise ConfigurationError(f"{len(self.objects)} objects, at most {MOST_OBJECTS} are pushed", "push")
        if self.service not in set(Service):
            raise ConfigurationError(f"service {self.service}: pushes go over TCP (0) and UDP (1)", "push")
        if self.form not in set(Form):
            raise ConfigurationError(f"message type {self.form} is not known", "push")
        if self.destination:
            place(self.destination)
        checked(self.windows)


def place(destination: bytes) -> tuple[str, int]:
    """Host and port of a destination: `192.0.2.1:4059`, `[2001:db8::1]:4059` or `head-end.example:4059`.

    Raises:
        ConfigurationError: it has another form.
    """
    text = destination.decode("ascii", "replace").strip()
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
    if (
        not host
        or not destination.isascii()
        or not host.isprintable()
        or " " in host
        or not (port.isdecimal() and 0 < int(port) <= 0xFFFF)
    ):
        raise ConfigurationError(f"{text!r} is no HOST:PORT", "push destination")
    return host, int(port)


def written(prefix: str, setting: PushSetting) -> dict[str, Scalar]:
    """A setting as named scalars."""
    return {
        f"{prefix}_objects": b"".join(one.encode() for one in setting.objects),
        f"{prefix}_windows": encoded(setting.windows),
        f"{prefix}_destination": setting.destination,
        **{f"{prefix}_{name}": int(getattr(setting, name)) for name in _NUMBERS},
    }


def restored(prefix: str, saved: Mapping[str, Scalar], factory: PushSetting) -> PushSetting:
    """What `written` gave."""
    objects = saved_octets(saved, f"{prefix}_objects", b"")
    starts = range(0, len(objects), _OBJECT_OCTETS)
    return PushSetting(
        objects=tuple(Pushed.decode(objects[at : at + _OBJECT_OCTETS]) for at in starts),
        windows=decoded(saved_octets(saved, f"{prefix}_windows", b"")),
        destination=saved_octets(saved, f"{prefix}_destination", b""),
        **{name: saved_int(saved, f"{prefix}_{name}", getattr(factory, name)) for name in _NUMBERS},
    )


_NUMBERS = ("service", "form", "randomisation_s", "retries", "repetition_delay_s")
NO_PUSHES = (PushSetting(),) * SETUPS
"""A device alone has nothing to push."""
