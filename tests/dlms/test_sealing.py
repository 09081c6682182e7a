"""Wrapping and unwrapping: the published APDUs both ways, and what damage does."""

import pytest

from softmeter.dlms.dialect import STANDARD, Dialect
from softmeter.dlms.general import GeneralCiphering, GeneralSigning
from softmeter.dlms.layers import GLO_FULL, SIGNATURE, Form, Layer, overhead, strengthened
from softmeter.dlms.sealing import KeySet, Sealer, TitleError
from softmeter.entropy import SeededEntropy
from softmeter.errors import LocalProtocolError, RemoteProtocolError, SecurityError
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.curves import KeyPair
from softmeter.security.identity import KnownKeys, Purpose
from softmeter.security.suites import Key, Suite, Use
from softmeter.wire.types import Codec, struct
from vectors.table import cuts, refuses_damage, vector

TITLE, OTHER = bytes.fromhex("4D4D4D0000BC614E"), bytes.fromhex("4D4D4D0000000001")
KEY, AUTHENTICATION = bytes(range(16)), bytes(range(0xD0, 0xE0))
GET = bytes.fromhex("C0010000080000010000FF0200")
PAIRS = {purpose: KeyPair.draw(Suite.SUITE_1, SeededEntropy(purpose)) for purpose in (Purpose(0), Purpose(1))}
IDENTITY = KnownKeys(
    PAIRS, {(title, purpose): pair.public for title in (TITLE, OTHER) for purpose, pair in PAIRS.items()}
)


def sealer(suite: Suite = Suite.SUITE_0, peer: bytes = TITLE, dialect: Dialect = STANDARD, **keys: bytes) -> Sealer:
    """One end under the published title and keys; every counter is the published one."""
    held = {"unicast": KEY, "authentication": AUTHENTICATION, "dedicated": KEY, "broadcast": KEY, "master": KEY, **keys}
    key_set = KeySet(suite, identity=IDENTITY if suite else None, **held)
    return Sealer(key_set, (TITLE, peer), lambda _: 0x01234567, SeededEntropy(1), dialect)


def layer(form: Form, use: Use = Use.UNICAST, protection: Protection = Protection.FULL) -> Layer:
    return Layer(form, use, protection)


PUBLISHED = [
    ("sec.glo-get.auth_only", layer(Form.SERVICE, protection=Protection.AUTHENTICATED)),
    ("sec.glo-get.enc_only", layer(Form.SERVICE, protection=Protection.ENCRYPTED)),
    ("sec.glo-get.auth_enc", layer(Form.SERVICE)),
    ("sec.general-glo-ciphering(GET clock)", layer(Form.GENERAL)),
    ("sec.general-ded-ciphering(GET clock) form", layer(Form.GENERAL, Use.DEDICATED)),
]


@pytest.mark.parametrize(("name", "one"), PUBLISHED)
def test_the_published_apdus_both_ways(name: str, one: Layer) -> None:
    assert sealer().wrap((one,), GET) == vector(name)
    opened = sealer().unwrap(vector(name))
    assert (opened.plain, opened.layers, opened.protection) == (GET, (one,), one.protection)
    assert opened.counters == ((one.use, 0x01234567),)


EVERY = [
    (layer(Form.SERVICE, Use.DEDICATED),),
    (layer(Form.CIPHERING),),
    (layer(Form.CIPHERING, Use.BROADCAST),),
    (layer(Form.CIPHERING, Use.WRAPPED),),
    (layer(Form.CIPHERING, Use.ONE_PASS),),
    (layer(Form.CIPHERING, Use.STATIC, Protection.AUTHENTICATED),),
    (SIGNATURE,),
    (SIGNATURE, layer(Form.SERVICE)),
    (layer(Form.GENERAL), SIGNATURE),
    (layer(Form.CIPHERING), layer(Form.GENERAL), layer(Form.SERVICE)),
]


@pytest.mark.parametrize("layers", EVERY)
def test_what_is_wrapped_is_unwrapped(layers: tuple[Layer, ...]) -> None:
    here = sealer(Suite.SUITE_1)
    apdu = here.wrap(layers, GET)
    assert here.able(layers)
    assert len(apdu) <= len(GET) + overhead(layers)
    opened = here.unwrap(apdu)
    assert (opened.plain, opened.layers) == (GET, layers)
    for damaged in (*cuts(apdu), apdu + b"\x00"):
        try:
            found = here.unwrap(damaged)
        except RemoteProtocolError:
            continue
        assert not found.layers  # nothing at all is no protected APDU either


@pytest.mark.parametrize("layers", EVERY)
def test_every_octet_of_an_authenticated_apdu_counts(layers: tuple[Layer, ...]) -> None:
    here = sealer(Suite.SUITE_1)
    apdu = here.wrap(layers, GET)
    for at in range(len(apdu)):
        damaged = apdu[:at] + bytes((apdu[at] ^ 1,)) + apdu[at + 1 :]
        try:
            found = here.unwrap(damaged)
        except RemoteProtocolError:
            continue
        assert not found.layers


@pytest.mark.parametrize(
    ("codec", "layers"),
    [(struct(GeneralCiphering), (layer(Form.CIPHERING, Use.ONE_PASS),)), (struct(GeneralSigning), (SIGNATURE,))],
)
def test_the_messages_refuse_damage(codec: Codec[object], layers: tuple[Layer, ...]) -> None:
    octets = sealer(Suite.SUITE_1).wrap(layers, GET)[1:]
    assert codec.encode_bare(codec.decode_bare(octets)) == octets
    refuses_damage(codec.decode_bare, octets)


def test_the_described_fields_are_authenticated_as_they_stand() -> None:
    cipher = Cipher(Key(KEY), Key(AUTHENTICATION), Suite.SUITE_1)
    for protection in (Protection.AUTHENTICATED, Protection.FULL):
        content = cipher.protect(TITLE, 7, protection, GET, b"described")
        assert cipher.unprotect(TITLE, content, b"described").plain == GET
        with pytest.raises(SecurityError):
            cipher.unprotect(TITLE, content)
        with pytest.raises(SecurityError):
            cipher.unprotect(TITLE, content, b"describeD")
    with pytest.raises(LocalProtocolError):
        cipher.protect(TITLE, 7, Protection.NONE, GET)


def test_a_service_without_a_ciphered_form_travels_in_the_general_one() -> None:
    access = vector("xdlms.access-request get clock")
    apdu = sealer().wrap(GLO_FULL, access)
    assert apdu[:1] == b"\xdb"
    assert sealer().unwrap(apdu).plain == access


def test_titles_of_others_are_refused() -> None:
    apdu = sealer().wrap((layer(Form.GENERAL),), GET)
    with pytest.raises(TitleError):
        sealer(peer=OTHER).unwrap(apdu)
    assert sealer(peer=b"").unwrap(apdu).plain == GET


@pytest.mark.parametrize("one", [SIGNATURE, layer(Form.CIPHERING, Use.STATIC), layer(Form.CIPHERING, Use.ONE_PASS)])
def test_suite_0_neither_signs_nor_agrees(one: Layer) -> None:
    assert not sealer().able((one,))
    with pytest.raises(LocalProtocolError):
        sealer().wrap((one,), GET)
    with pytest.raises(SecurityError):
        sealer().unwrap(sealer(Suite.SUITE_1).wrap((one,), GET))


def test_a_key_that_is_not_there() -> None:
    bare = sealer(dedicated=b"", broadcast=b"", master=b"")
    for one in (layer(Form.SERVICE, Use.DEDICATED), layer(Form.CIPHERING, Use.WRAPPED)):
        with pytest.raises(LocalProtocolError):
            bare.wrap((one,), GET)
        with pytest.raises(SecurityError):
            bare.unwrap(sealer().wrap((one,), GET))


def test_layers_are_made_stronger_where_that_is_demanded() -> None:
    full, signed = Protection.FULL, Protection.FULL | Protection.SIGNED
    weak = layer(Form.GENERAL, protection=Protection.AUTHENTICATED)
    assert strengthened(GLO_FULL, full) == GLO_FULL
    assert strengthened((weak,), full) == (layer(Form.GENERAL),)
    assert strengthened((weak,), signed) == (SIGNATURE, layer(Form.GENERAL))
    assert strengthened((), full) == GLO_FULL
    assert strengthened((SIGNATURE,), signed) == (SIGNATURE, layer(Form.GENERAL))
    assert strengthened((), Protection.NONE) == ()


def test_keys_do_not_show() -> None:
    assert KEY.hex() not in repr(sealer().keys)
    assert "\\x0f" not in repr(sealer().keys)
