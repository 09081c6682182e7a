import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softmeter.clock import DateTime
from softmeter.errors import LocalProtocolError, RemoteProtocolError
from softmeter.wire.crc import arc
from softmeter.wire.telegram import build, line, parse, saturated, stamp, text, wrapped
from vectors.table import HERE, cuts, harmless

FILES = ["nl_dsmr502_single_phase.txt", "be_emucs_single_phase.txt"]


@pytest.mark.parametrize("name", FILES)
def test_recorded_telegrams_both_ways(name: str) -> None:
    octets = (HERE / name).read_bytes()
    telegram = parse(octets)
    assert build(telegram.identification, [line(code, *values) for code, values in telegram.lines]) == octets


def test_a_telegram_is_taken_apart() -> None:
    telegram = parse((HERE / FILES[0]).read_bytes())
    assert telegram.identification == "KWQ5IQ0102065BNEM01"
    lines = dict(telegram.lines)
    assert lines["1-0:1.8.1"] == ("000123.456*kWh",)
    assert lines["0-0:96.13.0"] == ("",)
    assert lines["0-1:24.2.1"] == ("211006143000S", "00123.456*m3")
    assert lines["1-0:99.97.0"][:2] == ("2", "0-0:96.7.19")


VALUES = [
    ((123456, 9, 3), "000123.456"),
    ((1193, 5, 3), "01.193"),
    ((2201, 4, 1), "220.1"),
    ((1, 3, 0), "001"),
    ((0, 10, 0), "0000000000"),
    ((1_000_000_000, 9, 3), "000000.000"),
    ((1_234_567_890_123, 9, 3), "567890.123"),
]


@pytest.mark.parametrize(("arguments", "written"), VALUES)
def test_fixed_point(arguments: tuple[int, int, int], written: str) -> None:
    assert wrapped(*arguments) == written


def test_powers_stay_at_all_nines() -> None:
    assert saturated(123_456, 5, 3) == "99.999"
    assert saturated(428, 5, 3) == "00.428"
    with pytest.raises(LocalProtocolError):
        saturated(-1, 5, 3)


def test_stamps_and_text() -> None:
    assert stamp(DateTime(2021, 10, 6, 3, 14, 30, 15, 0, -120, 0x80)) == "211006143015S"
    assert stamp(DateTime(2021, 12, 6, 1, 14, 30, 15, 0, -60, 0)) == "211206143015W"
    assert text(b"E00\xff") == "453030FF"


@pytest.mark.parametrize("identification", ["", "KW5", "KWQ4X", "KWQ5" + "X" * 17, "KWQ5\n", "KWQ5é"])
def test_identifications_that_are_none(identification: str) -> None:
    with pytest.raises(LocalProtocolError):
        build(identification, [])


def test_a_telegram_is_ascii() -> None:
    with pytest.raises(LocalProtocolError):
        build("KWQ5", ["0-0:96.13.0(é)"])


def test_a_damaged_telegram_is_refused() -> None:
    octets = build("KWQ5", ["1-0:1.7.0(00.428*kW)"])
    for damaged in (*cuts(octets), octets + b"\r\n", octets.replace(b"428", b"429"), octets.replace(b"!", b"!!")):
        with pytest.raises(RemoteProtocolError):
            parse(damaged)
    body = b"/KWQ4X\r\n\r\n!"
    with pytest.raises(RemoteProtocolError, match="no identification"):
        parse(body + b"%04X\r\n" % arc(body))
    for item in ("1-0:1.7.0", "1-0:1.7(1)", "1-0:1.7.0(()", "x"):
        with pytest.raises(RemoteProtocolError, match="no line of a telegram"):
            parse(build("KWQ5", [item]))


@given(st.binary(max_size=60))
@settings(max_examples=50)
def test_any_octets_are_harmless(octets: bytes) -> None:
    harmless(parse, octets)
    harmless(parse, b"/" + octets + b"!0000\r\n")
