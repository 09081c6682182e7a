"""SYMSEC_0: symmetric security under its public test-case names (SYMSEC_0 V1.3), and the same under suite 1.

Against devices of the library in both suites, and against the whole meter after its upgrade.
"""

import pytest

from conformance.symsec import (
    Kind,
    basic_capability,
    damaged_exchange,
    dedicated_key,
    policy,
    replay,
    secured_exchange,
    send_counter,
    transfers,
    weak_release,
    wrong_key_id,
    wrong_wrapping,
)
from softmeter.security.suites import Suite
from softmeter.security.wrapping import KeyId

ON_METER = pytest.mark.parametrize(
    "kind", [Suite.SUITE_0, Suite.SUITE_1, pytest.param(None, id="meter after its upgrade")]
)
ON_DEVICE = pytest.mark.parametrize("kind", [Suite.SUITE_0, Suite.SUITE_1])
"""Those that begin under a weak policy, which the meter never has."""


@ON_METER
@pytest.mark.conformance("SYMSEC_0_BasicCap_1", "SYMSEC_1_BasicCap_1")
def test_basiccap_1(kind: Kind) -> None:
    """BasicCap_1.

    Purpose: The device offers ciphered associations with its suite.

    Stimulus: Open by HLS 5 in the ciphered context, read suite and both titles of the security setup, release
    with proof.

    Verdict: The association opens after the fourth pass, suite and titles are those in use, the release is
    confirmed.
    """
    basic_capability(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_FraCount_1", "SYMSEC_1_FraCount_1")
def test_fracount_1(kind: Kind) -> None:
    """FraCount_1.

    Purpose: A protected APDU is taken once.

    Stimulus: Send a captured SET again later, and fresh APDUs with counters not above the last one.

    Verdict: Each is answered D8 01 06 with the last counter and reported; nothing is set, and the next honest
    APDU is served.
    """
    replay(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_FraCount_3", "SYMSEC_1_FraCount_3")
def test_fracount_3(kind: Kind) -> None:
    """FraCount_3.

    Purpose: The device uses every counter of its own once.

    Stimulus: Read the counters of ten answers, and of one in a further association.

    Verdict: They rise strictly, across the associations too.
    """
    send_counter(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_Key_Tx_P1", "SYMSEC_1_Key_Tx_P1")
def test_key_tx_p1(kind: Kind) -> None:
    """Key_Tx_P1.

    Purpose: The global unicast encryption key can be replaced.

    Stimulus: Transfer a wrapped key with id 0; go on with the old one, then with the new one and counters from
    1; associate anew.

    Verdict: The answer is under the old key, the old key fails afterwards, the new one serves, here and in a
    new association.
    """
    transfers(kind, KeyId.UNICAST_ENCRYPTION)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_Key_Tx_P2", "SYMSEC_1_Key_Tx_P2")
def test_key_tx_p2(kind: Kind) -> None:
    """Key_Tx_P2.

    Purpose: The global broadcast encryption key can be replaced.

    Stimulus: Transfer a wrapped key with id 1 and go on.

    Verdict: It is in force; the unicast conversation goes on undisturbed.
    """
    transfers(kind, KeyId.BROADCAST_ENCRYPTION)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_Key_Tx_P3", "SYMSEC_1_Key_Tx_P3")
def test_key_tx_p3(kind: Kind) -> None:
    """Key_Tx_P3.

    Purpose: The authentication key can be replaced.

    Stimulus: Transfer a wrapped key with id 2; go on with the old one, then with the new one; associate anew.

    Verdict: The old key fails, the new one serves, and the counters went on.
    """
    transfers(kind, KeyId.AUTHENTICATION)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_Key_Tx_N1", "SYMSEC_1_Key_Tx_N1")
def test_key_tx_n1(kind: Kind) -> None:
    """Key_Tx_N1.

    Purpose: Keys that do not exist are not replaced.

    Stimulus: Transfer with key id 4, one id twice, and no key at all.

    Verdict: Each is refused, and every key stays.
    """
    wrong_key_id(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_Key_Tx_N2", "SYMSEC_1_Key_Tx_N2")
def test_key_tx_n2(kind: Kind) -> None:
    """Key_Tx_N2.

    Purpose: Only the owner of the master key replaces keys.

    Stimulus: Transfer a key wrapped with another master key, two of which one is damaged, and one of a wrong
    length.

    Verdict: Each is refused as a whole, and every key stays.
    """
    wrong_wrapping(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_DedKey_N1", "SYMSEC_1_DedKey_N1")
def test_dedkey_n1(kind: Kind) -> None:
    """DedKey_N1.

    Purpose: A dedicated key serves its own association only.

    Stimulus: Use one where none was agreed, another than agreed, an old counter, the one of the association
    before; propose one of a wrong length.

    Verdict: All are refused and reported, nothing moves; the agreed one serves, with counters of its own.
    """
    dedicated_key(kind)


@ON_DEVICE
@pytest.mark.conformance("SYMSEC_0_SecDataX_P1", "SYMSEC_1_SecDataX_P1")
def test_secdatax_p1(kind: Kind) -> None:
    """SecDataX_P1.

    Purpose: Data are exchanged under every protection.

    Stimulus: Under the policy nothing, SET and GET authenticated, encrypted, both, and plain.

    Verdict: Each is served, and the answer is protected as the request.
    """
    secured_exchange(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_SecDataX_N1", "SYMSEC_1_SecDataX_N1")
def test_secdatax_n1(kind: Kind) -> None:
    """SecDataX_N1.

    Purpose: What does not verify is not served.

    Stimulus: Send a SET plain, under-protected, and with each of its octets changed in turn.

    Verdict: All are refused and reported, nothing moves; the genuine one is served afterwards with the same
    counter.
    """
    damaged_exchange(kind)


@ON_METER
@pytest.mark.conformance("SYMSEC_0_REL_N1", "SYMSEC_1_REL_N1")
def test_rel_n1(kind: Kind) -> None:
    """REL_N1.

    Purpose: A ciphered association is released by its client only.

    Stimulus: Send releases without proof, with a plain one, with under-protected and damaged ones.

    Verdict: They are refused and reported, the association stays; a proper one ends it.
    """
    weak_release(kind)


@ON_DEVICE
@pytest.mark.conformance("SYMSEC_0_SecPol_1", "SYMSEC_1_SecPol_1")
def test_secpol_1(kind: Kind) -> None:
    """SecPol_1.

    Purpose: The policy that demands authentication can be activated, and rules.

    Stimulus: Activate it, send requests of every protection, try to weaken it.

    Verdict: What is not authenticated is refused; the policy stays.
    """
    policy(kind, 1)


@ON_DEVICE
@pytest.mark.conformance("SYMSEC_0_SecPol_2", "SYMSEC_1_SecPol_2")
def test_secpol_2(kind: Kind) -> None:
    """SecPol_2.

    Purpose: The policy that demands encryption can be activated, and rules.

    Stimulus: Activate it, send requests of every protection, try to weaken it.

    Verdict: What is not encrypted is refused; the policy stays.
    """
    policy(kind, 2)


@ON_DEVICE
@pytest.mark.conformance("SYMSEC_0_SecPol_3", "SYMSEC_1_SecPol_3")
def test_secpol_3(kind: Kind) -> None:
    """SecPol_3.

    Purpose: The policy that demands both can be activated, and rules.

    Stimulus: Activate it, send requests of every protection, try to weaken it.

    Verdict: What is not both is refused; the policy stays.
    """
    policy(kind, 3)
