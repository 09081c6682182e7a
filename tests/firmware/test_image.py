"""The form of an image: the stored vectors, and what is no image."""

import pytest

from firmware.images import IMAGE_KEY, MAKER, STRANGER, Recipe
from softmeter.firmware.image import (
    HEADER_OCTETS,
    SIGNATURE_OCTETS,
    ImageError,
    Kind,
    build,
    header_of,
    opened,
    public_key_of,
    sign,
)
from softmeter.firmware.payload import (
    ApplicationPayload,
    LegalPayload,
    Setting,
    decode_application,
    decode_legal,
    encode,
)
from softmeter.obis import Obis
from softmeter.security.suites import Key
from vectors.table import cuts, vector

PAYLOAD = bytes(range(40))
COUNTER_BLOCK = bytes(range(0xF0, 0x100))


@pytest.mark.manual("10.aes-128")
def test_the_stored_image_is_built_to_the_octet() -> None:
    built = build(Kind.APPLICATION, "1.05.02", "IQ0102065BNEM??", 7, PAYLOAD, IMAGE_KEY, COUNTER_BLOCK)
    assert built == vector("image.kwq1.header+ciphertext (40 octets 00..27)")


def test_the_stored_signature_opens_it() -> None:
    octets = vector("image.kwq1.header+ciphertext (40 octets 00..27)") + vector("image.kwq1.signature sample")
    image = opened(octets, public_key_of(vector("ec.p256.sign-C.public x|y")), IMAGE_KEY)
    assert image.payload == PAYLOAD
    header = image.header
    assert (header.identifier, header.hardware, header.security_counter) == ("A1.05.02", "IQ0102065BNEM??", 7)
    assert [header.fits(one) for one in ("IQ0102065BNEM01", "IQ0102065BNEM", "IQ0103065BNEM01")] == [True, False, False]


@pytest.mark.parametrize(
    ("kind", "identifier"), [(Kind.LEGAL, "L2.0"), (Kind.APPLICATION, "A2.0"), (Kind.COMMUNICATION, "M2.0")]
)
def test_the_identifier_begins_with_the_part(kind: Kind, identifier: str) -> None:
    assert header_of(build(kind, "2.0", "X", 0, b"", IMAGE_KEY, COUNTER_BLOCK)).identifier == identifier


def test_an_image_cut_anywhere_or_with_a_tail_is_none() -> None:
    image = Recipe(payload=PAYLOAD).made()
    assert len(image) == HEADER_OCTETS + len(PAYLOAD) + SIGNATURE_OCTETS
    for damaged in (*cuts(image), image + b"\0"):
        with pytest.raises(ImageError):
            opened(damaged, MAKER.public, IMAGE_KEY)


@pytest.mark.manual("10.signed")
def test_only_the_maker_and_the_key_open_it() -> None:
    image = Recipe(payload=PAYLOAD).made()
    for public, key, field in (
        (STRANGER.public, IMAGE_KEY, "signature"),
        (MAKER.public, Key(bytes(16)), "digest"),
        (MAKER.public, Key(bytes(15)), "image key"),
    ):
        with pytest.raises(ImageError) as caught:
            opened(image, public, key)
        assert caught.value.field == field


@pytest.mark.parametrize("octets", [b"", bytes(64), bytes(63), b"\xff" * 64])
def test_what_is_no_point_is_no_public_key(octets: bytes) -> None:
    with pytest.raises(ImageError):
        public_key_of(octets)


@pytest.mark.parametrize(
    ("version", "hardware", "field"),
    [("1", "X", "version"), ("1.x", "X", "version"), ("1.2", "x y", "hardware"), ("1.2", "", "hardware")],
)
def test_an_image_with_wrong_texts_is_not_built(version: str, hardware: str, field: str) -> None:
    with pytest.raises(ImageError) as caught:
        build(Kind.LEGAL, version, hardware, 0, b"", IMAGE_KEY, COUNTER_BLOCK)
    assert caught.value.field == field


def test_nothing_is_signed_twice() -> None:
    image = Recipe(payload=PAYLOAD).made()
    with pytest.raises(ImageError):
        sign(image, MAKER)


@pytest.mark.parametrize("octets", [0, 10, 5000])
def test_what_is_declared_comes_back(octets: int) -> None:
    declared = ApplicationPayload(
        {"extra_services": 1},
        (Setting(3, Obis.parse("1-0:12.43.0"), 2, b"\x12\x00\x10"),),
        {"manual": ("8,0-0:1.0.0,2,Clock, and more",)},
        {"return_s": 30},
        (b"a certificate", b"another one"),
    )
    encoded = encode(declared, octets)
    assert len(encoded) >= octets
    assert decode_application(encoded) == declared
    legal = LegalPayload("0123456789abcdef" * 4)
    assert decode_legal(encode(legal, octets)) == legal
    assert decode_application(b"{}") == ApplicationPayload()
