"""What an image declares, as a person writes it in TOML; see docs/firmware.md."""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from softmeter.apps.checking import Problem, document_of, problem_of, refusal, too_deep
from softmeter.apps.smartset.typed import value_of
from softmeter.apps.toml_lines import line_of
from softmeter.errors import ConfigurationError, MeterError, SecurityError
from softmeter.firmware.image import (
    HEADER_OCTETS,
    SIGNATURE_OCTETS,
    ImageError,
    Kind,
    build,
    check_hardware,
    check_version,
)
from softmeter.firmware.payload import (
    CAPABILITIES,
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

KIND = "declaration"
COUNTER_OCTETS = 16
"""Of the initial counter block."""


def _capability(name: str) -> str:
    if name not in CAPABILITIES:
        close = get_close_matches(name, CAPABILITIES, n=1) or [" or ".join(CAPABILITIES)]
        raise ValueError(f"is not known here; did you mean {close[0]}?")
    return name


def _checked(check: Callable[[str], None]) -> AfterValidator:
    def checked(text: str) -> str:
        try:
            check(text)
        except ImageError as error:
            raise ValueError(error.reason) from None
        return text

    return AfterValidator(checked)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Setting(_Table):
    object: str
    class_id: Annotated[int, Field(alias="class", ge=1, le=65_535)]
    attribute: Annotated[int, Field(ge=2, le=127)] = 2
    type: str
    value: str

    @model_validator(mode="after")
    def _can_be_set(self) -> "_Setting":
        try:
            self.setting()
        except MeterError as error:
            raise ValueError(str(error)) from None
        return self

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
    version: Annotated[str, _checked(check_version)] = VERSION
    hardware: Annotated[str, _checked(check_hardware)] = "IQ0102065BNEM??"
    security_counter: Annotated[int, Field(ge=0, lt=1 << 32)] = 0
    octets: Annotated[int, Field(ge=0, le=1 << 20)] = 0
    capabilities: dict[Annotated[str, AfterValidator(_capability)], int] = {}
    display: _Display = _Display()
    settings: tuple[_Setting, ...] = ()
    authorities: tuple[Annotated[str, Field(pattern="^([0-9A-Fa-f]{2})+$")], ...] = ()
    """Certificates, DER in hex; in a file they are the names of files, which lie beside it."""

    @model_validator(mode="after")
    def _can_be_made(self) -> "Declaration":
        try:
            self.unsigned(Key(bytes(COUNTER_OCTETS)), bytes(COUNTER_OCTETS))
        except MeterError as error:
            raise ValueError(str(error)) from None
        return self

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
        ConfigurationError: it cannot be read, or something in it is wrong; says all of it, each on a line.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("is no text in UTF-8", str(path)) from None
    found = problems(text, path.parent)
    if isinstance(found, Declaration):
        return found
    raise refusal(found, str(path))


def problems(text: str, directory: Path) -> Declaration | list[Problem]:
    """The declaration in `text`, or everything that is wrong in it; certificates lie in `directory`."""
    document = document_of(text, KIND)
    if isinstance(document, Problem):
        return [document]
    missing = list(_take_certificates(document, text, directory))
    try:
        declared = Declaration.model_validate(document)
    except RecursionError:
        return [too_deep(KIND)]
    except ValidationError as error:
        return sorted([*missing, *(problem_of(one, Declaration, text) for one in error.errors())])
    return missing or declared


def _take_certificates(document: dict[str, Any], text: str, directory: Path) -> Iterator[Problem]:
    """Put certificates in place of the names of their files; tells of those that cannot be taken."""
    names = document.get("authorities")
    if not isinstance(names, list):
        return
    taken = document["authorities"] = list[str]()
    for number, name in enumerate(names):
        try:
            taken.append(_certificate(directory / str(name)))
        except ConfigurationError as error:
            yield Problem(line_of(("authorities", number), text), f"authorities.{number}", str(error))


def _certificate(path: Path) -> str:
    try:
        return der_of(path.read_bytes()).hex()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None
    except ValueError:  # a name with a NUL in it
        raise ConfigurationError("cannot be the name of a file", repr(str(path))) from None
    except SecurityError as error:
        raise ConfigurationError(str(error), str(path)) from None
