"""What an image of the firmware does to a meter, and whether it may (manual 10).

The legally relevant part and the application are apart: an application image is tried on a fork first, and refused if
anything of the legally relevant part would be another one after it. A legal image brings no code: it puts the part in
force that this program contains, and any other one is refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from softmeter.cosem.dictionary import Inside
from softmeter.device.device import Device
from softmeter.device.display_lists import DisplaySettings, unlisted
from softmeter.device.images import Running, Verified
from softmeter.errors import AccessError, ConfigurationError, SecurityError
from softmeter.firmware.image import Image, ImageError, Kind
from softmeter.firmware.payload import SECURITY_SUITE, ApplicationPayload, Setting, decode_application, decode_legal
from softmeter.legal import CHECKSUM, IDENTIFICATION, VERSION
from softmeter.meter.keys import KeyRing
from softmeter.meter.scripts import Living
from softmeter.meter.upgraded import kept_capabilities
from softmeter.persistent import Scalar
from softmeter.security.certificates import Certificate
from softmeter.security.suites import Suite

if TYPE_CHECKING:
    from softmeter.meter.meter import Meter

_LEGAL_PARTS = ("registers", "demand", "calibration", "profile.")
"""The memory of the legally relevant part, by the names of its parts or how they begin."""
_FACTORY = Running()


class Rehearsal(Living):
    """A meter whose device is a fork: what lies outside the device cannot be changed."""

    @property
    def key_ring(self) -> KeyRing:
        raise ConfigurationError("an image brings no keys", "settings")

    def name(self, equipment_identifier: str) -> None:  # noqa: ARG002
        raise ConfigurationError("an image does not name a meter", "settings")


def judged(meter: "Meter | Living", device: Device, image: Image) -> Verified:
    """What to install of an image whose signature and digest are right.

    Raises:
        ImageError: it is not for this meter, older than what runs, or declares what cannot be.
    """
    header = image.header
    if not header.fits(meter.identity.model):
        raise ImageError("hardware", f"is for {header.hardware}, not for {meter.identity.model}")
    part, counter, version = header.kind.letter, header.security_counter, header.version
    running = device.behaviours.firmware.running.get(part, _FACTORY)
    present = meter.identity.application_firmware
    match header.kind:
        case Kind.LEGAL:
            present = meter.identity.legal_firmware
        case Kind.COMMUNICATION:
            raise ImageError("kind", "the communication module takes its images by itself")
        case Kind.APPLICATION:
            pass
    if (counter, _order(version)) < (running.counter, _order(present.partition(" ")[0])):
        raise ImageError("security counter", f"{version} ({counter}) is older than {present} ({running.counter})")
    verified = Verified(part, version, counter, image.signature, image.payload.rstrip())
    _rehearse(meter, device, verified)
    return verified


def install(meter: "Meter", device: Device, image: Verified) -> str:
    """Put an image in force, as a whole or not at all; the version that its part has from then on.

    Raises:
        ConfigurationError: it cannot be any more.
    """
    try:
        _rehearse(meter, device, image)
    except ImageError as error:
        raise ConfigurationError(str(error), "image") from error
    if image.part == Kind.LEGAL.letter:
        return IDENTIFICATION
    payload = decode_application(image.declared)
    _apply(Living(meter, device), payload)
    return image.version


def _rehearse(meter: "Meter | Living", device: Device, image: Verified) -> None:
    """Find out whether an image can be installed.

    Raises:
        ImageError: it cannot.
    """
    if image.part == Kind.LEGAL.letter:
        if (image.version, decode_legal(image.declared).checksum) != (VERSION, CHECKSUM):
            raise ImageError("payload", f"the legally relevant part of this program is {VERSION}, another one is asked")
        return
    payload = decode_application(image.declared)
    if payload.authorities:
        _check_authorities(
            payload.authorities, Suite(kept_capabilities(device, payload.capabilities).get(SECURITY_SUITE, 0))
        )
    fork = device.fork()
    before = _legal_memory(fork)
    fork.installer = partial(_try, meter, payload)
    try:
        fork.install(image)
    except ConfigurationError as error:
        raise ImageError("payload", str(error)) from error
    if _legal_memory(fork) != before:
        raise ImageError("settings", "an application image may not change the legally relevant part")


def _check_authorities(authorities: tuple[bytes, ...], suite: Suite) -> None:
    if suite is Suite.SUITE_0:
        raise ImageError("authorities", "suite 0 has no certificates")
    for der in authorities:
        try:
            certificate = Certificate.read(der)
        except SecurityError as error:
            raise ImageError("authorities", str(error)) from error
        if not (certificate.is_authority and certificate.public.suite is suite):
            raise ImageError("authorities", f"the certificate of {certificate.name} is no authority's of {suite.name}")


def _try(meter: "Meter | Living", payload: ApplicationPayload, twin: Device, image: Verified) -> str:
    _apply(Rehearsal(meter, twin), payload)
    return image.version


def _apply(meter: Living, payload: ApplicationPayload) -> None:
    device = meter.device
    firmware = device.behaviours.firmware
    firmware.capabilities = kept_capabilities(device, payload.capabilities)
    firmware.authorities = payload.authorities or firmware.authorities
    device.behaviours.display.settings = _display(device.behaviours.display.settings, payload)
    writers = meter.dictionary.view(Inside.INSIDE).writers
    for setting in payload.settings:
        key = setting.class_id.to_bytes(2, "big") + setting.obis.octets + bytes((setting.attribute,))
        _set(partial(writers[key], meter) if key in writers else None, setting)


def _set(write: Callable[[bytes], None] | None, setting: Setting) -> None:
    if write is None:
        raise ConfigurationError(f"{setting.obis.short}:{setting.attribute} cannot be set", "settings")
    try:
        write(setting.value)
    except AccessError as error:
        raise ConfigurationError(f"{setting.obis.short}:{setting.attribute}: {error}", "settings") from error


def _display(settings: DisplaySettings, payload: ApplicationPayload) -> DisplaySettings:
    try:
        lists = {name: unlisted("\n".join(lines)) for name, lines in payload.lists.items()}
    except ValueError as error:
        raise ConfigurationError(f"a line of a list cannot be read ({error})", "display") from error
    return replace(settings, **lists, **payload.times)  # type: ignore[arg-type]


def _legal_memory(device: Device) -> Mapping[str, Scalar]:
    memory = {
        f"{part}.{name}": value
        for part, persistent in device.parts()
        if part.startswith(_LEGAL_PARTS)
        for name, value in persistent.saved().items()
    }
    rings = {f"{profile.ring.name} rows": f"{profile.ring.first} {profile.ring.end}" for profile in device.profiles}
    return {**memory, **rings}


def _order(version: str) -> tuple[int, ...]:
    """A version as what it is compared by; one that is none came before all others."""
    return tuple(int(number) for number in version.split(".") if number.isdecimal())
