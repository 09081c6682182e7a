"""What earlier units say that later ones need: titles, dedicated keys, segments, blocks; and what stays hidden."""

from apps.decode.showing import AUTHENTICATION, ENCRYPTION, ring, shown
from softmeter.dlms.acse import Aarq, Context, Mechanism, encode_acse
from softmeter.dlms.apdu import Ciphered, encode_apdu
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.general import Described, GeneralCiphering, GeneralSigning, MasterKeyId, WrappedKey
from softmeter.dlms.messages import (
    ActionRequestNormal,
    AttributeReference,
    GeneralBlock,
    GetRequestNormal,
    GetResponseBlock,
    InitiateRequest,
    MethodReference,
    SetRequestNormal,
    Target,
)
from softmeter.obis import Obis
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.security.wrapping import wrap_key
from softmeter.wire.types import struct
from softmeter.wire.wrapper import Datagram, encode_datagram
from vectors.table import vector

TITLE = bytes.fromhex("4D4D4D0000BC614E")
DEDICATED = Key(bytes(range(16, 32)))
CLOCK = AttributeReference(8, Obis(0, 0, 1, 0, 0), 2)
SECRET = AttributeReference(15, Obis(0, 0, 40, 0, 0), 7)


def wrapped(apdu: bytes, source: int = 1, destination: int = 2) -> bytes:
    return encode_datagram(Datagram(source, destination, apdu))


def sealed(tag: int, key: Key, plain: bytes, counter: int = 5) -> bytes:
    cipher = Cipher(key, Key(bytes.fromhex(AUTHENTICATION)))
    return encode_apdu(Ciphered(tag, cipher.protect(TITLE, counter, Protection.FULL, plain)))


def aarq(plain: InitiateRequest) -> bytes:
    return encode_acse(
        Aarq(
            context=Context.LOGICAL_NAMES_CIPHERED,
            calling_title=TITLE,
            mechanism=Mechanism.LLS,
            authentication=b"s3cretpw",
            user_information=sealed(0x21, Key(bytes.fromhex(ENCRYPTION)), encode_apdu(plain)),
        )
    )


OPENING = aarq(InitiateRequest(bytes(DEDICATED), True, None, 6, Conformance.GET, 1024))
GET = encode_apdu(GetRequestNormal(0xC1, Target(CLOCK, None)))
KEYS = ring(ENCRYPTION, AUTHENTICATION)


def test_the_title_in_an_aarq_opens_what_follows() -> None:
    request = wrapped(sealed(0xC8, Key(bytes.fromhex(ENCRYPTION)), GET))
    assert "no key, or no system title" in shown(request, KEYS)
    text = shown(wrapped(OPENING) + request, KEYS)
    assert text.count("tag verified") == 2
    assert "attribute: Clock 0-0:1.0.0 clock, attribute 2 time" in text


def test_a_title_that_is_given_opens_it_too() -> None:
    request = sealed(0xC8, Key(bytes.fromhex(ENCRYPTION)), GET)
    assert "tag verified" in shown(request, ring(ENCRYPTION, AUTHENTICATION, TITLE.hex()))


def test_the_dedicated_key_in_an_aarq_opens_what_follows() -> None:
    request = wrapped(sealed(0xD0, DEDICATED, GET))
    assert "the dedicated key was not seen" in shown(request, KEYS)
    assert "tag verified, keys: dedicated" in shown(wrapped(OPENING) + request, KEYS)


def test_a_wrong_tag_is_a_fault_and_authenticated_text_is_shown_all_the_same() -> None:
    octets = bytearray(vector("sec.glo-get.auth_only"))
    octets[-1] ^= 1
    text = shown(bytes(octets), ring(ENCRYPTION, AUTHENTICATION, TITLE.hex()))
    assert "!! protection: the tag does NOT verify" in text
    assert "get-request-normal" in text


def test_passwords_and_keys_are_hidden_unless_asked_for() -> None:
    for secret in (b"s3cretpw".hex().upper(), bytes(DEDICATED).hex().upper()):
        assert secret not in shown(wrapped(OPENING), KEYS)
        assert secret in shown(wrapped(OPENING), KEYS, secrets=True)


def test_a_secret_that_is_set_or_changed_is_hidden() -> None:
    value = b"\x09\x08s3cretpw"
    change = MethodReference(15, Obis(0, 0, 40, 0, 0), 2)
    for request in (SetRequestNormal(0xC1, Target(SECRET, None), value), ActionRequestNormal(0xC1, change, value)):
        text = shown(encode_apdu(request))
        assert "s3cretpw" not in text
        assert b"s3cretpw".hex().upper() not in text
        assert "hidden (" in text
        assert "s3cretpw" in shown(encode_apdu(request), secrets=True)
    assert "s3cretpw" in shown(encode_apdu(SetRequestNormal(0xC1, Target(CLOCK, None), value)))


def test_blocks_of_an_apdu_are_put_together_in_any_order() -> None:
    blocks = [
        encode_apdu(GeneralBlock(0x80 * (at + 4 >= len(GET)) | 0x43, at // 4 + 1, 0, GET[at : at + 4]))
        for at in range(0, len(GET), 4)
    ]
    ordered = b"".join(wrapped(block) for block in (blocks[0], blocks[2], blocks[1], blocks[1], blocks[3]))
    assert "all blocks: 13 octets" in shown(ordered)
    assert "attribute: Clock" in shown(ordered)
    gap = b"".join(wrapped(block) for block in (blocks[0], blocks[2], blocks[3]))
    assert "blocks missing before: 2" in shown(gap)


def test_blocks_of_a_value_are_put_together() -> None:
    value = bytes.fromhex("090C07E50701040A0416FFFF8880")
    blocks = (GetResponseBlock(0xC1, False, 1, value[:5]), GetResponseBlock(0xC1, True, 2, value[5:]))
    text = shown(b"".join(wrapped(encode_apdu(block), 2, 1) for block in blocks))
    assert "2021-07-01T10:04:22+02:00" in text
    assert "!!" not in text


def test_a_repeated_i_frame_is_gathered_once() -> None:
    frame = vector("hdlc.i.aarq.public (ns0,nr0,P)")
    text = shown(frame + frame)
    assert text.count("AARQ") == 1
    assert "the same again" in text


def test_general_ciphering_with_a_key_both_have() -> None:
    described = Described(b"\x01\x02", TITLE, b"", b"", b"")
    cipher = Cipher(Key(bytes.fromhex(ENCRYPTION)), Key(bytes.fromhex(AUTHENTICATION)))
    clear = struct(Described).encode_bare(described)
    content = cipher.protect(TITLE, 9, Protection.FULL, GET, clear)
    apdu = b"\xdd" + struct(GeneralCiphering).encode_bare(GeneralCiphering(described, None, content))
    assert "tag verified" in shown(apdu, KEYS)
    assert "attribute: Clock" in shown(apdu, KEYS)
    assert "general-ciphering" in shown(apdu)
    wrapped_key = WrappedKey(MasterKeyId.MASTER, bytes(24))
    fresh = b"\xdd" + struct(GeneralCiphering).encode_bare(GeneralCiphering(described, wrapped_key, content))
    assert "not opened: its key is wrapped with a master key that is not known" in shown(fresh, KEYS)


def test_a_key_that_comes_wrapped_is_unwrapped_with_the_master_key() -> None:
    master, fresh = Key(bytes(range(0x40, 0x50))), Key(bytes(range(0x70, 0x80)))
    described = Described(b"\x01", TITLE, b"", b"", b"")
    cipher = Cipher(fresh, Key(bytes.fromhex(AUTHENTICATION)))
    content = cipher.protect(TITLE, 9, Protection.FULL, GET, struct(Described).encode_bare(described))
    info = WrappedKey(MasterKeyId.MASTER, wrap_key(master, bytes(fresh)))
    apdu = b"\xdd" + struct(GeneralCiphering).encode_bare(GeneralCiphering(described, info, content))
    known = ring(ENCRYPTION, AUTHENTICATION)
    known.masters += [Key(bytes(16)), master]
    assert "tag verified, keys: wrapped in the APDU" in shown(apdu, known)
    assert "attribute: Clock" in shown(apdu, known)
    assert "not known" in shown(apdu, KEYS)


def test_a_signed_apdu_is_shown() -> None:
    described = Described(b"\x01", TITLE, b"", b"", b"")
    apdu = b"\xdf" + struct(GeneralSigning).encode_bare(GeneralSigning(described, GET, bytes(64)))
    text = shown(apdu)
    assert "signature not checked" in text
    assert "attribute: Clock" in text
    assert "!!" not in text
