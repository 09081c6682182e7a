"""What an image declares, as a person writes it in TOML; see docs/firmware.md."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from softmeter.apps.smartset.typed import value_of
from softmeter.errors import ConfigurationError, SecurityError
from softmeter.firmware.image import HEADER_OCTETS, SIGNATURE_OCTETS, Kind, build
from softmeter.firmware.payload import (
    LISTS,
    TIMES,
    ApplicationPayload,
    LegalPayload,
    Setting,
    decode_application,
    encode,
)
from softmeter.legal import CHECKSUM, VERSION
from softmeter.obis import Obis
from softmeter.security.certificates import der_of
from softmeter.security.suites import Key
from softmeter.wire.types import encode_data

COUNTER_OCTETS = 16
"""Of the initial counter block."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Setting(_Table):
    object: str
    class_id: Annotated[int, Field(alias="class", ge=1, le=65_535)]
    attribute: Annotated[int, Field(ge=2, le=127)] = 2
    type: str
    value: str

    def setting(self) -> Setting:
        value = encode_data(value_of(self.value, None, self.type))
        return Setting(self.class_id, Obis.parse(self.object), self.attribute, value)


class _Display(_Table):
    scroll_s: int | None = None
    return_s: int | None = None
    energy_decimals: int | None = None
    automatic: tuple[str, ...] | None = None
    manual: tuple[str, ...] | None = None


class Declaration(_Table):
    """A file: what the header says, and what changes with the image; `octets` is the least size of it, signed."""

    kind: Literal["legal", "application"]
    version: str = VERSION
    hardware: str = "IQ0102065BNEM??"
    security_counter: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    octets: Annotated[int, Field(ge=0, le=1 << 20)] = 0
    capabilities: dict[str, int] = {}
    display: _Display = _Display()
    settings: tuple[_Setting, ...] = ()
    authorities: tuple[Annotated[str, Field(pattern="^([0-9A-Fa-f]{2})+$")], ...] = ()
    """Certificates, DER in hex; in a file they are the names of files, which lie beside it."""

    @property
    def image_kind(self) -> Kind:
        return Kind[self.kind.upper()]

    def payload(self) -> bytes:
        """The payload of the image.

        Raises:
            ConfigurationError: a legal image declares what is the application's, or a value cannot be.
            ImageError: no meter would take it.
        """
        room = max(0, self.octets - HEADER_OCTETS - SIGNATURE_OCTETS)
        if self.image_kind is Kind.LEGAL:
            if self.capabilities or self.settings or self.authorities or self.display != _Display():
                raise ConfigurationError("a legal image declares nothing but itself; leave out what else it says")
            return encode(LegalPayload(CHECKSUM), room)
        display = self.display.model_dump(exclude_none=True)
        payload = ApplicationPayload(
            self.capabilities,
            tuple(one.setting() for one in self.settings),
            {name: display[name] for name in LISTS if name in display},
            {name: display[name] for name in TIMES if name in display},
            tuple(bytes.fromhex(one) for one in self.authorities),
        )
        encoded = encode(payload, room)
        decode_application(encoded)
        return encoded

    def unsigned(self, image_key: Key, counter_block: bytes) -> bytes:
        """The image that declares this, without a signature; no two images may have one initial counter block.

        Raises:
            ConfigurationError: it declares what it cannot.
            ImageError: a field does not fit.
        """
        return build(
            self.image_kind,
            self.version,
            self.hardware,
            self.security_counter,
            self.payload(),
            image_key,
            counter_block,
        )


def read(path: Path) -> Declaration:
    """The declaration in a file.

    Raises:
        ConfigurationError: it cannot be read, or an entry is unknown or wrong; names file and entry.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
        if isinstance(document.get("authorities"), list):
            document["authorities"] = [_certificate(path.parent / str(name)) for name in document["authorities"]]
        return Declaration.model_validate(document)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"is no TOML: {error}", str(path)) from None
    except ValidationError as error:
        first = error.errors()[0]
        entry = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(first["msg"], f"{path}: {entry}") from None


def _certificate(path: Path) -> str:
    try:
        return der_of(path.read_bytes()).hex()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", f"authorities: {path}") from None
    except SecurityError as error:
        raise ConfigurationError(str(error), f"authorities: {path}") from None
