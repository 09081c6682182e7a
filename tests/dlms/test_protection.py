"""Ciphered requests: protection, counters, families."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dlms.device import MANAGEMENT_SAP
from dlms.link import Link
from softmeter.dlms.acse import Aare, decode_acse
from softmeter.dlms.host import (
    BadRequest,
    DecipherFailed,
    Keys,
    Replayed,
)
from softmeter.security.ciphering import Protection
from softmeter.security.suites import Use
from vectors.table import cuts

GET_CLOCK = bytes.fromhex("C001C100080000010000FF0200")
NOT_POSSIBLE, UNDECIPHERED = bytes.fromhex("D80101"), bytes.fromhex("D80105")


def aare(octets: bytes | None) -> Aare:
    assert octets is not None
    message = decode_acse(octets)
    assert isinstance(message, Aare)
    return message


@pytest.mark.parametrize(
    "make",
    [
        lambda _: GET_CLOCK,
        lambda link: link.glo(GET_CLOCK, protection=Protection.AUTHENTICATED),
        lambda link: link.glo(GET_CLOCK, protection=Protection.ENCRYPTED),
        lambda link: link.glo(GET_CLOCK)[:-1] + b"\x00",
        lambda link: link.glo(GET_CLOCK)[:1] + b"\x05\x30\x00\x00\x00\x09",
        lambda link: link.glo(GET_CLOCK)[:2] + b"\x31" + link.glo(GET_CLOCK)[3:],
        lambda link: b"\xd0" + link.glo(GET_CLOCK)[1:],
        lambda link: link.general(GET_CLOCK, title=b"SOMEBODY"),
        lambda link: b"\xdc" + link.general(GET_CLOCK)[1:],
        lambda _: bytes.fromhex("6203800100"),
        lambda _: bytes.fromhex("620B800100BE0604040100FFFF"),
    ],
    ids=[
        "plain",
        "authenticated",
        "encrypted",
        "tag",
        "short",
        "suite",
        "dedicated",
        "title",
        "general-ded",
        "RLRQ",
        "RLRQ2",
    ],
)
def test_what_is_not_protected_as_demanded_is_refused_and_changes_nothing(make: Callable[[Link], bytes]) -> None:
    link = Link().open_management()
    link.events.clear()
    before, counters = link.meter.state, dict(link.meter.counters.accepted)
    assert link.ask(make(link)) == UNDECIPHERED
    assert link.events == [DecipherFailed(MANAGEMENT_SAP)]
    assert (link.meter.state, link.meter.counters.accepted) == (before, counters)
    assert link.get(GET_CLOCK.hex()).startswith("C401C100090C")


@pytest.mark.parametrize("behind", [0, 1, 3])
def test_a_counter_must_be_above_the_last_one(behind: int) -> None:
    link = Link().open_management()
    last = link.counter
    link.events.clear()
    answer = link.ask(link.glo(GET_CLOCK, counter=last - behind))
    assert answer == bytes.fromhex("D80106") + last.to_bytes(4, "big")
    assert link.events == [Replayed(MANAGEMENT_SAP, last)]
    assert link.get(GET_CLOCK.hex()).startswith("C401C100090C")


def test_a_captured_request_is_refused_in_every_later_association() -> None:
    link = Link().open_management()
    captured = link.glo(bytes.fromhex("C101C100080000010000FF0200090C07E507010407000000FF8880"))
    assert link.ask(captured) is not None
    later = Link(link.meter)
    later.counter = link.counter
    later.open_management()
    changes = later.meter.changes
    answer = later.ask(captured)
    assert answer is not None
    assert answer[:3] == bytes.fromhex("D80106")
    assert later.meter.changes == changes


def test_a_ciphered_service_is_the_one_its_tag_says() -> None:
    link = Link().open_management()
    content = link.glo(GET_CLOCK)
    assert link.ask(b"\xc9" + content[1:]) == bytes.fromhex("D80103")
    assert isinstance(link.events[-1], BadRequest)


def test_a_ciphered_request_cut_anywhere_is_refused() -> None:
    link = Link().open_management()
    for cut in cuts(link.glo(GET_CLOCK)):
        answer = link.ask(cut)
        assert answer is not None
        assert answer[:1] == b"\xd8"
    assert link.get(GET_CLOCK.hex()).startswith("C401C100090C")


def test_the_meter_never_repeats_a_counter_of_its_own() -> None:
    link = Link().open_management()
    seen = set()
    for _ in range(20):
        answer = link.ask(link.glo(GET_CLOCK))
        assert answer is not None
        seen.add(answer[3:7])
    assert len(seen) == 20


def test_the_ciphers_of_a_set_of_keys_are_made_once_and_new_keys_have_their_own() -> None:
    keys = Keys(bytes(16), bytes(16))
    assert keys.key_set is keys.key_set
    replaced = replace(keys, unicast_encryption=bytes(range(16)))
    assert replaced.key_set.unicast == bytes(range(16))
    assert replaced.key_set.ciphers[Use.UNICAST] is not keys.key_set.ciphers[Use.UNICAST]
