"""What the commands of `softmeter firmware` do."""

import json as written
from pathlib import Path
from typing import Any

from softmeter.apps.firmware.declaration import COUNTER_OCTETS
from softmeter.apps.firmware.declaration import read as read_declaration
from softmeter.errors import ConfigurationError
from softmeter.firmware.image import HEADER_OCTETS, MAGIC, Header, ImageError, header_of, opened, sign
from softmeter.runtime import image_keys
from softmeter.runtime.entropy import SystemEntropy
from softmeter.runtime.whole_file import check_kind, check_writable, write_whole


def build_image(declaration: Path, image: Path, keys: Path) -> None:
    """Write an image without a signature; its initial counter block is drawn, so that none is used twice."""
    _check_place(image)
    wanted, known = read_declaration(declaration), image_keys.read(keys)
    try:
        unsigned = wanted.unsigned(known.image_key, SystemEntropy().octets(COUNTER_OCTETS))
    except (ImageError, ConfigurationError) as error:
        raise ConfigurationError(str(error), str(declaration)) from None
    _write(image, unsigned)
    print(f"{image}: {header_of(unsigned).identifier}, {len(unsigned)} octets, not signed yet")


def sign_image(unsigned: Path, image: Path, keys: Path) -> None:
    """Write an image with its signature."""
    _check_place(image)
    pair = image_keys.read(keys).pair
    if pair is None:
        raise ConfigurationError("has no signing_key: who has only this file cannot sign", str(keys))
    try:
        signed = sign(_read(unsigned), pair)
    except ImageError as error:
        raise ConfigurationError(str(error), str(unsigned)) from None
    _write(image, signed)
    print(f"{image}: {header_of(signed).identifier}, {len(signed)} octets, signed")


def inspect_image(image: Path, keys: Path | None, *, json: bool) -> int:
    """Print what an image says; the exit status, 1 if it is not good."""
    octets = _read(image)
    try:
        header = header_of(octets)
    except ImageError as error:
        raise ConfigurationError(f"is no image ({error})", str(image)) from None
    shown = _described(header, len(octets))
    fault = ""
    if keys is not None:
        known = image_keys.read(keys)
        try:
            payload = opened(octets, known.public, known.image_key).payload
            shown |= {"good": True, "declares": payload.rstrip().decode("utf-8", "backslashreplace")}
        except ImageError as error:
            fault = _explained(error, header, octets, keys)
            shown |= {"good": False, "fault": fault}
    if json:
        print(written.dumps(shown, ensure_ascii=False))
    else:
        for name, value in shown.items():
            print(f"{name:<17} {_plain(value)}")
    return 1 if fault else 0


def make_keys(file: Path, public_of: Path | None) -> None:
    """Write fresh keys, or those of a file without the one that signs."""
    if public_of is None:
        image_keys.write(file, image_keys.generate(SystemEntropy()))
        print(f"{file}: fresh keys; who has this file is the maker of images for the meters that trust it")
        return
    image_keys.write(file, image_keys.read(public_of)._replace(pair=None))
    print(f"{file}: lets a meter take the images that are signed with {public_of}")


def _described(header: Header, octets: int) -> dict[str, Any]:
    return {
        "identifier": header.identifier,
        "kind": header.kind.name.lower(),
        "version": header.version,
        "hardware": header.hardware,
        "security_counter": header.security_counter,
        "octets": octets,
        "payload_octets": header.payload_octets,
        "digest": header.digest.hex(),
        "signed": octets > HEADER_OCTETS + header.payload_octets,
    }


def _explained(error: ImageError, header: Header, octets: bytes, keys: Path) -> str:
    """Why an image is not good by the keys in a file, and what to try."""
    if len(octets) == HEADER_OCTETS + header.payload_octets:
        return f"it is not signed yet; sign it with: softmeter firmware sign IMAGE SIGNED --keys {keys}"
    match error.field:
        case "size":
            return f"{error}; it was cut or lengthened on its way: get it anew"
        case "signature":
            return f"{error} by the public_key of {keys}: signed with other keys, or changed since; try its maker's"
        case "digest":
            return f"{error}; the image_key of {keys} is not the one that it was built with"
    return str(error)


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path)) from None


def _check_place(path: Path) -> None:
    """Find out whether an image can be written: not in place of something else."""
    check_writable(path, "IMAGE")
    check_kind(path, "image", (MAGIC,))


def _write(path: Path, octets: bytes) -> None:
    try:
        write_whole(path, octets)
    except OSError as error:
        raise ConfigurationError(f"cannot be written ({error.strerror})", str(path)) from None
