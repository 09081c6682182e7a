"""Streams as sniffers record them: begun in the middle, with noise and losses, both directions in one."""

import pytest

from apps.decode.showing import pushes, shown, text_of, trees
from vectors.table import HERE, vector

KAIFA = bytes.fromhex(pushes()["kaifa_ma304h3e"]["hex"])
AIDON = bytes.fromhex(pushes()["aidon_6515"]["hex"])
MBUS = bytes.fromhex(pushes()["netz_noe_operator_example"]["hex"])
TELEGRAM = (HERE / "nl_dsmr502_single_phase.txt").read_bytes()
HDLC, M_BUS, P1 = "HDLC frame", "M-Bus frame", "P1 telegram"


@pytest.mark.parametrize(("octets", "sound"), [
    (b"\xba\xad" + KAIFA + b"\x00\x11\x22" + AIDON, [HDLC, HDLC]),
    (KAIFA[:-1] + AIDON, [HDLC, HDLC]),
    (KAIFA + AIDON[1:], [HDLC, HDLC]),
    (KAIFA[:20] + AIDON + KAIFA[5:] + KAIFA, [HDLC, HDLC]),
    (KAIFA[10:] + KAIFA, [HDLC]),
    (b"\x01\x02" + MBUS + b"\x33" + MBUS, [M_BUS] * 4),
    (MBUS[:100] + MBUS, [M_BUS, M_BUS]),
    (TELEGRAM[100:] + TELEGRAM, [P1]),
    (b"\xff\x00" + TELEGRAM + b"xx" + TELEGRAM, [P1, P1]),
    (b"\r\n" + TELEGRAM, [P1]),
])  # fmt: skip
def test_what_is_sound_is_found_again(octets: bytes, sound: list[str]) -> None:
    assert [node.name for node in trees(octets) if not node.faulty and node.name in {HDLC, M_BUS, P1}] == sound


def test_what_lies_between_is_shown_as_such() -> None:
    text = shown(b"\xba\xad" + KAIFA)
    assert "!! wrong: 2 octets that are no unit" in text
    assert "octets not understood: BAAD" in text
    assert "double-long-unsigned: 1320" in text


def test_the_end_of_a_telegram_keeps_its_lines() -> None:
    nodes = trees(TELEGRAM[TELEGRAM.index(b"1-0:1.7.0") - 12 :])
    assert not any(node.faulty for node in nodes)
    text = text_of(nodes)
    assert "part of a telegram: its beginning is missing" in text
    assert "1-0:1.7.0 active power import" in text


def test_a_cut_m_bus_frame_says_what_it_still_can() -> None:
    text = shown(MBUS[:100])
    assert "!! wrong: 250 octets announced, 96 are there" in text
    assert "segment: 0, 91 octets" in text


def test_a_capture_that_begins_within_a_message_says_so() -> None:
    nodes = trees(pushes()["sagemcom_t210_overflow"]["hex"])
    assert not any(node.faulty for node in nodes)
    text = text_of(nodes)
    assert "not complete: segments missing before: 0" in text
    assert "257 octets, of which the length octet says 1" in text
    assert "all segments: 260 octets" in text
    assert "title: 5341475905E6D9FD" in text


def test_another_protocol_of_meters_is_named() -> None:
    for octets in ("1B1B1B1B010101017605065850", "76050B3A1F2F6200620072630101760101050B3A1F2F", "760145620062FF7265"):
        nodes = trees(octets)
        assert "SML: Smart Message Language, which is not decoded here" in text_of(nodes)
        assert not any(node.faulty for node in nodes)


def test_it_is_named_within_a_stream() -> None:
    transmission = "1B1B1B1B010101017605065850"
    names = [node.name for node in trees(f"0102FF{transmission}{transmission}")]
    assert names == ["between units", "SML", "SML"]


def test_acknowledgements_between_m_bus_frames() -> None:
    sniffed = vector("mbus.snd_nke a1") + b"\xe5" + vector("mbus.rsp_ud gas example")
    assert [node.name for node in trees(sniffed)] == ["M-Bus short frame", "M-Bus acknowledgement", "M-Bus frame"]


def test_a_read_out_whose_end_stands_behind_its_last_line() -> None:
    text = shown(b"/KAM MC\r\n\x020.0(00005077354)\r\n6.8(00433.65*GJ)\r\n6.31(0109868*h)!\r\n\x03E")
    assert "identification message" in text
    assert "6.8: 00433.65 GJ" in text
    assert "!!" not in text


def test_of_a_cut_frame_what_is_there_is_shown() -> None:
    text = shown(AIDON[:120])
    assert "!! wrong: 210 octets announced, 119 are there" in text
    assert "double-long-unsigned: 1362 = 1362 W" in text
    assert "frame check" not in text
