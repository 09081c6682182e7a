"""pydlms-client and a device built from the library: every suite, mechanism, family and kind of key, blocks both ways.

It verifies every tag, signature and counter of ours with code of its own, and releases with proof.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from cosem.classes.test_security_setup import commissioned, with_certificates
from dlms.device import MANAGEMENT_SAP, TITLE
from dlms.secure_device import CLIENT_TITLE, SecureMeter, pairs
from dlms.secure_link import Line
from interop.pydlms import HLS_ECDSA, HLS_GMAC, HLS_SHA256, of_device
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.dialect import Dialect
from softmeter.dlms.host import AssociationOpened
from softmeter.security.identity import Purpose
from softmeter.security.suites import Suite

pytestmark = [pytest.mark.interop, pytest.mark.slow]

ENERGY: Final = ["get", 3, "1.0.1.8.0.255", 2]
LIMIT: Final = [3, "1.0.31.4.0.255", 2]
ALIAS: Final = [1, "0.0.96.1.1.255", 2]
ECHO: Final = [9000, "0.0.128.0.0.255", 1]
SHIFT: Final = [8, "0.0.1.0.0.255", 6]
TEXT: Final = bytes(range(48)).hex()
LONG: Final = bytes(range(256)).hex()
GLO, GENERAL_GLO, CIPHERING, SIGNING = 0xC8, 0xDB, 0xDD, 0xDF
SUITES: Final = [Suite.SUITE_0, Suite.SUITE_1, Suite.SUITE_2]
WAYS: Final = [
    (suite, mechanism, family, first)
    for suite in SUITES
    for mechanism in (HLS_GMAC, HLS_SHA256, HLS_ECDSA)
    for family, first in (("glo", GLO), ("general-glo", GENERAL_GLO), ("glo+signing", SIGNING))
    if suite or (mechanism != HLS_ECDSA and first != SIGNING)  # suite 0 has no signatures
]


@pytest.mark.parametrize(("suite", "mechanism", "family", "first"), WAYS)
def test_every_mechanism_in_every_suite(suite: Suite, mechanism: int, family: str, first: int) -> None:
    how = {"mechanism": mechanism, "protection": family}
    told, events = of_device(SecureMeter(suite), ENERGY, association=how)
    assert (told.values, told.tags, told.released) == ([123_456], [[first]], "verified")
    assert AssociationOpened(MANAGEMENT_SAP, Mechanism(mechanism)) in events


@pytest.mark.parametrize("suite", [Suite.SUITE_1, Suite.SUITE_2])
@pytest.mark.parametrize("signed", ["", "+signing"])
@pytest.mark.parametrize(
    "key",
    [
        {"kind": "none"},
        {"kind": "identified"},
        {"kind": "wrapped"},
        {"kind": "agreed", "scheme": 1},
        {"kind": "agreed", "scheme": 2},
    ],
    ids=["none", "identified", "wrapped", "one-pass", "static"],
)
def test_general_ciphering_under_every_key(suite: Suite, key: dict[str, Any], signed: str) -> None:
    how = {"protection": f"general-ciphering{signed}", "key_info": key}
    told, _ = of_device(SecureMeter(suite), ENERGY, ["set", *LIMIT, "12000c"], association=how)
    assert told.values == [123_456, None]
    assert told.tags == [[SIGNING if signed else CIPHERING]] * 2


@pytest.mark.parametrize("family", ["glo+signing", "general-ciphering", "general-ciphering+signing"])
def test_its_own_reading_needs_the_switches(family: str) -> None:
    """Tags without the fields in front, signatures without the content's length."""
    how = {"association": {"protection": family}, "security": {"general_aad": "sc-ak", "signing_form": "content"}}
    dialect = Dialect(authenticates_fields=False, signs_content_length=False)
    assert of_device(SecureMeter(Suite.SUITE_1, dialect=dialect), ENERGY, **how)[0].values == [123_456]


@pytest.mark.parametrize("dedicated", ["glo", "general-glo"])
def test_a_dedicated_key(dedicated: str) -> None:
    how = {"protection": dedicated, "use_dedicated_key": True}
    told, _ = of_device(SecureMeter(), ENERGY, association=how)
    assert (told.values, told.released) == ([123_456], "verified")
    assert told.tags == [[0xDC if dedicated == "general-glo" else 0xD0]]


@pytest.mark.parametrize("window", [0, 1, 7])
@pytest.mark.parametrize("family", ["glo", "general-glo"])
def test_long_values_and_parameters_in_blocks(family: str, window: int) -> None:
    """A request has 110 octets at most: SET and ACTION, alone and in lists, in their own blocks and in general ones."""
    how = {"protection": family, "max_receive_pdu_size": 1024}
    if window:
        how |= {"propose_gbt": True, "gbt_window": window}
    told, _ = of_device(
        SecureMeter(),
        ["set", *ALIAS, f"0930{TEXT}"],
        ["get", *ALIAS],
        ["set-list", [*ALIAS, f"0930{TEXT}"], [*LIMIT, "12000c"], [*LIMIT, "120fff"]],
        ["action", *ECHO, f"09820100{LONG}"],
        ["action-list", [*ECHO, f"09820100{LONG}"], [*SHIFT, "100005"], [*SHIFT, "00"]],
        ["list", ALIAS, LIMIT, [1, "0.0.99.9.9.255", 2]],
        association=how,
        room=110,
    )
    assert told.values == [
        None,
        TEXT,
        ["SUCCESS", "SUCCESS", "OTHER_REASON"],
        LONG,
        [LONG, None, "TYPE_UNMATCHED"],
        [TEXT, 12, "OBJECT_UNDEFINED"],
    ]
    assert len(told.tags[3]) >= 3


def test_what_a_method_returns_comes_in_blocks_of_its_service() -> None:
    how = {"protection": "glo", "max_receive_pdu_size": 128}
    told, _ = of_device(SecureMeter(), ["action", *ECHO, f"09820100{LONG}"], association=how)
    assert told.values == [LONG]
    assert len(told.tags[0]) >= 3


def test_access_in_general_blocks() -> None:
    how = {"protection": "general-glo", "propose_gbt": True, "gbt_window": 3, "max_receive_pdu_size": 128}
    meter = SecureMeter()
    meter.profile.fill(20)
    operations = [
        ["get", 7, "1.0.99.1.0.255", 2, 2, 9],
        ["set", *LIMIT, "120021"],
        ["action", *ECHO, f"09820100{LONG}"],
    ]
    told, _ = of_device(meter, ["access", *operations], association=how, room=110)
    results = told.values[0]
    assert [name for name, _ in results] == ["SUCCESS"] * 3
    assert (len(results[0][1]), results[2][1], meter.limit) == (8, LONG, 0x21)
    assert set(told.tags[0]) == {0xE0}


LEFT_BEHIND: Final = {"require_verified_release": False}
"""Keys that were replaced are in force at once, so who replaced them cannot leave with proof."""


@pytest.mark.parametrize("suite", SUITES)
def test_keys_are_transferred(suite: Suite) -> None:
    meter = SecureMeter(suite)
    keys = [bytes([0x60 + number]) * suite.key_octets for number in range(4)]
    transfer = {str(number): key.hex() for number, key in enumerate(keys)}
    assert of_device(meter, ["transfer", transfer], association=LEFT_BEHIND)[0].values == [None]
    stored = meter.store.keys
    assert [stored.unicast_encryption, stored.broadcast_encryption, stored.authentication, stored.master] == keys
    assert of_device(meter, ENERGY)[0].values == [123_456]


@pytest.mark.parametrize("suite", [Suite.SUITE_1, Suite.SUITE_2])
def test_keys_are_agreed(suite: Suite) -> None:
    """C(2e,0s): both sides derive the same keys, signed by both."""
    meter, root = with_certificates(suite)
    commissioned(Line(meter).open(), root, Purpose.SIGNATURE)
    server = meter.store.trust.public(TITLE, Purpose.SIGNATURE)
    assert server is not None
    known = {"peer_signing_key": bytes(server).hex(), "invocation_counter": 100}
    told, _ = of_device(meter, ["agree", [0, 2]], security=known, association=LEFT_BEHIND)
    stored = meter.store.keys
    assert stored.unicast_encryption != SecureMeter(suite).store.keys.unicast_encryption
    assert told.values == [{"0": stored.unicast_encryption.hex(), "2": stored.authentication.hex()}]
    assert of_device(meter, ENERGY)[0].values == [123_456]


@pytest.mark.parametrize("suite", [Suite.SUITE_1, Suite.SUITE_2])
def test_certificates(suite: Suite) -> None:
    """A pair is made and its request read; a certificate goes in and comes out as it was."""
    meter, root = with_certificates(suite)
    mine = pairs(suite, "client")[Purpose.SIGNATURE].public
    issued = root.issue(CLIENT_TITLE, mine, Purpose.SIGNATURE)
    told, _ = of_device(meter, ["pair", 0], ["request", 0], ["import", issued.hex()], ["export", CLIENT_TITLE.hex()])
    assert told.values[1][0] == f"CN={TITLE.hex().upper()}"
    assert [told.values[0], *told.values[2:]] == [None, None, [CLIENT_TITLE.hex(), bytes(mine).hex()]]


@pytest.mark.parametrize(("suite", "policy"), [(Suite.SUITE_0, 3), (Suite.SUITE_1, 0x6C)])
def test_a_policy_is_activated(suite: Suite, policy: int) -> None:
    meter = SecureMeter(suite, 0)
    told, _ = of_device(meter, ["activate", policy], ENERGY)
    assert told.values == [None, 123_456]
    assert meter.store.policy == policy
