"""Images that a meter must not run: each is refused with the right status, and changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from firmware.images import IMAGE_KEY, MAKER, STRANGER, Loader, Recipe, cut, legal, restarted
from softmeter.cosem.access import ActionResult
from softmeter.cosem.classes.image_transfer import ImageTransferStatus
from softmeter.device.events import Event, Log
from softmeter.device.images import LONGEST_IDENTIFIER, MOST_OCTETS, Running
from softmeter.firmware.image import HEADER_OCTETS, SIGNATURE_OCTETS, Kind
from softmeter.firmware.payload import ApplicationPayload, Setting, encode
from softmeter.legal import CHECKSUM, VERSION
from softmeter.legal_versions import VERSIONS
from softmeter.meter.actor import Actor
from softmeter.obis import Obis
from softmeter.persistent import Scalar
from softmeter.security.suites import Key
from softmeter.wire.types import Data, Tag, encode_data

GOOD = Recipe()
IMAGE = GOOD.made()
END = len(IMAGE) - SIGNATURE_OCTETS
FIELDS = {
    "magic": 0, "form": 4, "header length": 5, "kind": 6, "flags": 7, "payload length": 8, "version": 12,
    "hardware": 28, "counter block": 44, "digest": 60, "security counter": 92, "payload": 96,
}  # fmt: skip
OLD_LEGAL = next(iter(VERSIONS))


def flipped(at: int, mask: int = 1) -> bytes:
    return IMAGE[:at] + bytes((IMAGE[at] ^ mask,)) + IMAGE[at + 1 :]


def u32(number: int) -> bytes:
    return encode_data(Data(Tag.DOUBLE_LONG_UNSIGNED, number))


def setting(class_id: int, obis: str, attribute: int, value: bytes) -> bytes:
    return encode(ApplicationPayload({}, (Setting(class_id, Obis.parse(obis), attribute, value),)))


def changed() -> Iterator[tuple[str, bytes]]:
    """An octet of the image is another one."""
    for name, at in FIELDS.items():
        yield f"{name} changed", flipped(at)
        yield f"{name} changed in its highest bit", flipped(at + (3 if name == "payload length" else 0), 0x80)
    for at in (0, 1, 31, 32, 33, 63):
        yield f"octet {at} of the signature changed", flipped(END + at)
    yield "the last octet of the payload changed", flipped(END - 1)


def forged() -> Iterator[tuple[str, bytes]]:
    """The signature is none of the maker's."""
    unsigned, signature = IMAGE[:END], IMAGE[END:]
    for name, other in (
        ("signed by a stranger", STRANGER.sign(unsigned)),
        ("signature of nothing", MAKER.sign(b"")),
        ("signature of the payload alone", MAKER.sign(unsigned[HEADER_OCTETS:])),
        ("signature of the header alone", MAKER.sign(unsigned[:HEADER_OCTETS])),
        ("signature of zeros", bytes(64)),
        ("signature of ones", b"\xff" * 64),
        ("signature with r and s exchanged", signature[32:] + signature[:32]),
        ("signature with s zero", signature[:32] + bytes(32)),
        ("signature with r zero", bytes(32) + signature[32:]),
        ("signature of another image", replace(GOOD, counter=8).made()[-64:]),
    ):
        yield name, unsigned + other


def signed() -> Iterator[tuple[str, Recipe]]:
    """The maker signed it, and it is wrong all the same."""
    wrong: dict[str, dict[str, Any]] = {
        "magic": {"magic": b"KWQ2"},
        "no magic": {"magic": bytes(4)},
        "form 0": {"form": 0},
        "form 2": {"form": 2},
        "header length 95": {"header_octets": 95},
        "header length 97": {"header_octets": 97},
        "not encrypted": {"flags": 0},
        "unknown flag": {"flags": 3},
        "payload length too small": {"payload_octets": len(GOOD.payload) - 1},
        "payload length too great": {"payload_octets": len(GOOD.payload) + 1},
        "payload length zero": {"payload_octets": 0},
        "payload length of all ones": {"payload_octets": 0xFFFFFFFF},
        "version not ASCII": {"version_text": "1.05.0é".encode().ljust(16, b"\0")},
        "version without points": {"version_text": b"105".ljust(16, b"\0")},
        "version with zeros before its end": {"version_text": b"1.05\0.02".ljust(16, b"\0")},
        "no version": {"version_text": bytes(16)},
        "no hardware": {"hardware_text": bytes(16)},
        "hardware not ASCII": {"hardware_text": b"\xff" * 16},
        "another counter block": {"counter_block": bytes(16)},
        "digest of nothing": {"digest": bytes(32)},
        "digest of something else": {"digest": b"\x01" * 32},
    }
    for name, fields in wrong.items():
        yield name, replace(GOOD, header=fields)
    for hardware in (
        "IQ0102065BNEM02",
        "IQ0103065BNEM??",
        "IQ0102065BNEM",
        "IQ0102065BNEM01-",
        "????",
        "XX?????????????",
    ):
        yield f"for hardware {hardware}", replace(GOOD, hardware=hardware)
    yield "encrypted with another key", replace(GOOD, image_key=Key(bytes(16)))
    yield "older security counter", replace(GOOD, counter=4)
    yield "security counter zero", replace(GOOD, counter=0)
    yield "older version", replace(GOOD, counter=5, version="1.04.99")
    yield "for the communication module", replace(GOOD, kind=Kind.COMMUNICATION)
    yield "legal with an unknown checksum", legal(checksum="0" * 64, counter=9)
    yield "legal of another program", legal(OLD_LEGAL, VERSIONS[OLD_LEGAL], counter=9)
    yield "legal of a later program", legal("9.0", CHECKSUM, counter=9)
    yield "legal, older security counter", legal(counter=2)
    yield "legal with the payload of an application", replace(GOOD, kind=Kind.LEGAL, version=VERSION)
    yield "application with the payload of a legal part", replace(GOOD, payload=legal().payload)
    for name, payload in payloads().items():
        yield name, replace(GOOD, payload=payload)


def payloads() -> dict[str, bytes]:
    """What is declared cannot be."""
    return {
        "no payload": b"",
        "payload no JSON": b"capabilities",
        "payload no UTF-8": b"\xff\xfe",
        "payload a list": b"[]",
        "payload nested too deep": b"[" * 100_000,
        "unknown entry": b'{"firmware":1}',
        "unknown capability": b'{"capabilities":{"flying":1}}',
        "capability out of range": b'{"capabilities":{"extra_services":2}}',
        "capability no number": b'{"capabilities":{"extra_services":true}}',
        "security suite out of range": b'{"capabilities":{"security_suite":2}}',
        "authorities no list": b'{"authorities":"30"}',
        "authorities not in hex": b'{"authorities":["xyz"]}',
        "authorities no text": b'{"authorities":[48]}',
        "too many authorities": b'{"authorities":["30","30","30","30","30"]}',
        "settings no list": b'{"settings":{}}',
        "too many settings": b'{"settings":[' + b",".join([b'[1,"0-0:96.1.2",2,"0901"]'] * 257) + b"]}",
        "setting without a value": b'{"settings":[[1,"0-0:96.1.2",2]]}',
        "setting of no object": b'{"settings":[[1,"nowhere",2,"0900"]]}',
        "setting not in hex": b'{"settings":[[1,"0-0:96.1.2",2,"xyz"]]}',
        "setting of an unknown object": setting(1, "0-0:1.2.3", 2, b"\x00"),
        "setting of what is fixed": setting(1, "0-0:96.1.0", 2, b"\x09\x00"),
        "setting of another type": setting(1, "0-0:96.1.2", 2, u32(1)),
        "setting out of its range": setting(3, "0-0:96.7.20", 2, b"\x12\xff\xff"),
        "setting of the load profile": setting(7, "1-0:99.1.0", 4, u32(1800)),
        "setting of the demand": setting(5, "1-0:1.4.0", 8, u32(300)),
        "setting of the name of the meter": setting(1, "0-0:96.1.1", 2, b"\x09\x11E0099000012345678"),
        "setting of a password": setting(15, "0-0:40.0.3", 7, b"\x09\x10another password"),
        "unknown display list": b'{"display":{"hidden":[]}}',
        "empty display list": b'{"display":{"automatic":[]}}',
        "display list that cannot be read": b'{"display":{"automatic":["energy"]}}',
        "display list no list": b'{"display":{"automatic":"3,1-0:1.8.0,2,x"}}',
        "display time out of range": b'{"display":{"scroll_s":4}}',
        "display time no number": b'{"display":{"scroll_s":"9"}}',
    }


CASES: dict[str, bytes] = {**dict(changed()), **dict(forged()), **{name: one.made() for name, one in signed()}}
WHOLE = {
    "cut to nothing but the header": IMAGE[:HEADER_OCTETS],
    "cut inside the header": IMAGE[: HEADER_OCTETS - 1],
    "one octet": IMAGE[:1],
    "without its signature": IMAGE[:END],
    "one octet short": IMAGE[:-1],
    "one octet long": IMAGE + b"\0",
    "without its first octet": IMAGE[1:],
    "twice": IMAGE * 2,
    "blocks exchanged": IMAGE[1024:] + IMAGE[:1024],
    "halves exchanged": IMAGE[len(IMAGE) // 2 :] + IMAGE[: len(IMAGE) // 2],
    "zeros": bytes(len(IMAGE)),
    "text": b"firmware " * 130,
}


def loader() -> Loader:
    """A meter whose legal part runs image 3, and whose application image 5."""
    one = Loader()
    one.made.meter.device.behaviours.firmware.running = {"L": Running(3), "A": Running(5)}
    return one


def memory(one: Loader) -> dict[Any, Scalar]:
    """All that a store would keep, but for the image and what was said of it."""
    return {
        place: value
        for place, value in Actor(one.made.meter).changes().values.items()
        if place[0] != "firmware"
        or place[1].startswith(("running", "capability", "restarts", "public_key", "image_key"))
    }


def refused(one: Loader, verify: Callable[[], int]) -> None:
    """Verification fails with the right status; nothing changed, and nothing can be activated."""
    before = memory(one)
    assert verify() == ActionResult.OTHER_REASON
    assert one.status == ImageTransferStatus.VERIFICATION_FAILED
    assert one.call(4) == ActionResult.OTHER_REASON
    assert memory(one) == before
    assert one.get(7).value == ()
    rows = one.made.meter.device.events.ring(Log.STANDARD).rows()
    assert rows["code"].tolist() == [Event.FIRMWARE_REFUSED.code]
    assert Loader(restarted(one.made)).status == ImageTransferStatus.VERIFICATION_FAILED
    assert one.initiate(IMAGE) == 0  # another try


def test_there_are_a_hundred_and_the_good_one_is_good() -> None:
    assert len(CASES) + len(WHOLE) >= 100
    assert len(set(CASES.values()) | set(WHOLE.values())) == len(CASES) + len(WHOLE)
    assert loader().load(IMAGE) == 0
    assert loader().load(legal(counter=3).made(), f"L{VERSION}") == 0
    assert loader().load(replace(GOOD, counter=5).made()) == 0


@pytest.mark.parametrize("name", [*CASES, *WHOLE])
@pytest.mark.manual("10.parts-separate", "10.rejected", "10.integrity", "10.encrypted")
def test_a_bad_image_is_refused_and_changes_nothing(name: str) -> None:
    image = CASES.get(name) or WHOLE[name]
    one = loader()
    letters = {1: "L", 2: "A", 3: "M"}
    version = image[12:28].rstrip(b"\0").decode("latin-1") if name in CASES else GOOD.version
    kind = image[6] if len(image) > 6 and name in CASES else 2
    refused(one, lambda: one.load(image, f"{letters.get(kind, 'A')}{version}"))


@pytest.mark.parametrize("identifier", ["A1.05.03", "L1.05.02", "1.05.02", "A1.05.0", "A1.05.02\0", "a1.05.02", "x"])
@pytest.mark.manual("10.identification")
def test_the_identifier_announced_must_be_that_of_the_image(identifier: str) -> None:
    one = loader()
    refused(one, lambda: one.load(IMAGE, identifier))


@pytest.mark.parametrize(("identifier", "size"), [("", 10), ("x" * 65, 10), ("A1", 0), ("A1", MOST_OCTETS + 1)])
def test_what_cannot_be_an_image_is_not_even_begun(identifier: str, size: int) -> None:
    one = loader()
    assert one.initiate(b"", identifier, size) == ActionResult.OTHER_REASON
    assert one.status == ImageTransferStatus.NOT_INITIATED
    assert one.initiate(b"", "x" * LONGEST_IDENTIFIER, MOST_OCTETS) == 0


@pytest.mark.parametrize(
    ("number", "octets"),
    [(2, 1), (2, 1024), (0, 1023), (0, 1025), (0, 0), (1, 1024), (1, 0), (2**32 - 1, 1024)],
)
@pytest.mark.manual("10.size")
def test_a_block_that_is_none_of_the_image_is_refused(number: int, octets: int) -> None:
    one = loader()
    one.initiate(IMAGE)
    assert len(cut(IMAGE, 1024)) == 2
    assert one.put(number, bytes(octets)) == ActionResult.OTHER_REASON
    assert one.get(4).value == 0
    assert one.status == ImageTransferStatus.INITIATED


def test_a_meter_that_trusts_nobody_takes_nothing() -> None:
    one = loader()
    one.made.meter.device.behaviours.firmware.trust = type(one.made.meter.device.behaviours.firmware.trust)()
    assert one.load(IMAGE) == ActionResult.OTHER_REASON
    assert one.status == ImageTransferStatus.VERIFICATION_FAILED


def test_an_image_is_not_encrypted_with_its_own_text() -> None:
    assert GOOD.payload[:16] not in IMAGE
    assert bytes(IMAGE_KEY) not in IMAGE
