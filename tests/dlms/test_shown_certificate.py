"""A client whose certificate the device does not know shows it in its AARQ."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dlms.device import ENERGY
from dlms.secure_device import CLIENT_TITLE, END, NOW, SecureMeter, authority, known, pairs
from dlms.secure_link import Line
from softmeter.dlms.acse import Aare, Diagnostic, Mechanism, decode_acse
from softmeter.dlms.credentials import Family, Signing
from softmeter.dlms.host import AssociationOpened, AssociationRefused, LoginFailed
from softmeter.dlms.refusals import AssociationRefusedError, RefusalError, WrongKeyError
from softmeter.entropy import SeededEntropy
from softmeter.instant import SECOND, Instant
from softmeter.security.certificates import Authority, Certificate
from softmeter.security.identity import KnownKeys, Purpose
from softmeter.security.suites import Suite
from softmeter.security.trust import Trusting, TrustStore
from softmeter.wire.types import u32

VALUE = (3, ENERGY, 2)
SUITE, TITLE = Suite.SUITE_1, SecureMeter().system_title
ROOT = authority()
CLIENT = pairs(SUITE, "client")
SHOWN = ROOT.issue(CLIENT_TITLE, CLIENT[Purpose.SIGNATURE].public, Purpose.SIGNATURE)


def device(*others: Authority) -> SecureMeter:
    """One that trusts an authority, and some others, and knows no client."""
    meter = SecureMeter(SUITE)
    trust = meter.store.trust = TrustStore(TITLE, SUITE, [one.certificate for one in (ROOT, *others)])
    trust.draw_pair(Purpose.SIGNATURE, SeededEntropy(3))
    own = trust.take(ROOT.answer(trust.request(Purpose.SIGNATURE), Purpose.SIGNATURE), NOW)
    meter.store.keys = replace(meter.store.keys, identity=Trusting(trust, lambda: meter.store.now))
    meter.client_identity = KnownKeys(CLIENT, {(TITLE, Purpose.SIGNATURE): own.public})
    return meter


def line(meter: SecureMeter, **how: Any) -> Line:
    return Line(meter, **{"mechanism": Mechanism.HLS_ECDSA, **how})


@pytest.mark.parametrize(
    "how",
    [
        {"family": Family.PLAIN},
        {"family": Family.SERVICE},
        {"family": Family.GENERAL, "signing": Signing.AFTER},
        {"family": Family.GENERAL, "signing": Signing.BEFORE},
    ],
)
def test_it_proves_the_client_and_its_signatures_and_is_not_kept(how: dict[str, Any]) -> None:
    meter = device()
    kept = meter.store.trust.saved()
    shown = line(meter, certificate=SHOWN, **how).open()
    assert shown.events == [AssociationOpened(1, Mechanism.HLS_ECDSA)]
    assert u32.decode(shown.get(VALUE)) == 123_456
    assert meter.store.trust.saved() == kept
    with pytest.raises(RefusalError):
        line(meter, **how).open()


def test_without_it_nobody_is_known() -> None:
    hidden = line(device())
    with pytest.raises(RefusalError):
        hidden.open()
    assert hidden.events == [LoginFailed(1, Mechanism.HLS_ECDSA)]


def _late(meter: SecureMeter) -> bytes:
    meter.store.now = Instant(END + SECOND)
    return SHOWN


def _of(title: bytes, purpose: Purpose, root: Authority = ROOT) -> Callable[[SecureMeter], bytes]:
    return lambda _: root.issue(title, CLIENT[Purpose.SIGNATURE].public, purpose)


@pytest.mark.parametrize(
    "shown",
    [
        _late,
        _of(b"ANOTHER1", Purpose.SIGNATURE),
        _of(CLIENT_TITLE, Purpose.AGREEMENT),
        _of(CLIENT_TITLE, Purpose.SIGNATURE, authority(name="Stranger")),
        lambda _: SHOWN[:-1],
        lambda _: ROOT.certificate,
        lambda _: ROOT.issue(CLIENT_TITLE, pairs(Suite.SUITE_2, "client")[Purpose.SIGNATURE].public, Purpose.SIGNATURE),
    ],
)
def test_one_that_proves_nothing_is_refused(shown: Callable[[SecureMeter], bytes]) -> None:
    meter = device()
    wrong = line(meter, certificate=shown(meter))
    with pytest.raises(AssociationRefusedError) as refused:
        wrong.open()
    assert refused.value.diagnostic is Diagnostic.CALLING_QUALIFIER_NOT_RECOGNIZED
    assert wrong.events == [AssociationRefused(1, "certificate")]


def test_keys_exchanged_by_hand_vouch_for_no_certificate() -> None:
    meter = SecureMeter(SUITE)
    wrong = line(meter, certificate=SHOWN)
    with pytest.raises(AssociationRefusedError) as refused:
        wrong.open()
    assert refused.value.diagnostic is Diagnostic.CALLING_QUALIFIER_NOT_RECOGNIZED


def test_who_proves_himself_otherwise_may_show_what_he_likes() -> None:
    assert Line(device(), certificate=b"anything").open().events == [AssociationOpened(1, Mechanism.HLS_GMAC)]


def test_another_key_pair_than_that_of_the_certificate_proves_nothing() -> None:
    meter = device()
    meter.client_identity = known(pairs(SUITE, "other"), TITLE, pairs(SUITE, "other"))
    wrong = line(meter, certificate=SHOWN)
    with pytest.raises(RefusalError):
        wrong.open()
    assert wrong.events == [LoginFailed(1, Mechanism.HLS_ECDSA)]


def introducing(meter: SecureMeter, *anchors: Authority) -> Line:
    """A client that knows no meter, only authorities."""
    trust = TrustStore(CLIENT_TITLE, SUITE, [one.certificate for one in anchors])
    trust.draw_pair(Purpose.SIGNATURE, SeededEntropy(9))
    own = ROOT.answer(trust.request(Purpose.SIGNATURE), Purpose.SIGNATURE)
    if ROOT in anchors:
        trust.take(own, NOW)
    meter.client_identity = Trusting(trust, lambda: NOW)
    return line(meter, certificate=own)


def test_the_device_shows_its_own_to_who_shows_one() -> None:
    both = introducing(device(), ROOT).open()
    assert u32.decode(both.get(VALUE)) == 123_456
    aare = decode_acse(both.log[0][1] or b"")
    assert isinstance(aare, Aare)
    assert Certificate.read(aare.responding_qualifier or b"").title == TITLE
    hidden = line(device())
    with pytest.raises(RefusalError):
        hidden.open()
    aare = decode_acse(hidden.log[0][1] or b"")
    assert isinstance(aare, Aare)
    assert aare.responding_qualifier is None


def test_a_client_trusts_no_certificate_of_a_stranger() -> None:
    stranger = authority(name="Stranger")
    meter = device(stranger)
    trust = meter.store.trust
    trust.draw_pair(Purpose.SIGNATURE, SeededEntropy(4))
    trust.take(stranger.answer(trust.request(Purpose.SIGNATURE), Purpose.SIGNATURE), NOW)
    wrong = introducing(meter, ROOT)
    with pytest.raises(WrongKeyError):
        wrong.open()
