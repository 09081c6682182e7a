import pytest

from dlms.device import DICTIONARY, Audience, SmallMeter
from softmeter.errors import AccessError

PLACE = bytes.fromhex("00080000010000FF")
VIEW = DICTIONARY.view(Audience.MANAGEMENT)
JULY = "090C07E507010407000000FF8880"


@pytest.fixture
def meter() -> SmallMeter:
    return SmallMeter()


def read(meter: SmallMeter, number: int) -> str:
    return VIEW.readers[PLACE + bytes((number,))](meter).hex().upper()


def write(meter: SmallMeter, number: int, octets: str) -> int:
    try:
        VIEW.writers[PLACE + bytes((number,))](meter, bytes.fromhex(octets))
    except AccessError as error:
        return error.result
    return 0


def call(meter: SmallMeter, number: int, octets: str) -> int:
    try:
        VIEW.invokers[PLACE + bytes((number,))](meter, bytes.fromhex(octets))
    except AccessError as error:
        return error.result
    return 0


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (2, "090C07E50701040A041600FF8880"),
        (3, "10FFC4"),
        (4, "1180"),
        (5, "090CFFFF03FE070200 00FF8000FF"),
        (6, "090CFFFF0AFE070300 00FF8000FF"),
        (7, "0F3C"),
        (8, "0301"),
        (9, "1601"),
    ],
)
def test_what_a_clock_shows(meter: SmallMeter, number: int, value: str) -> None:
    assert read(meter, number) == value.replace(" ", "")


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (2, JULY),
        (3, "10FFC5"),
        (5, "090CFFFF04FE070200 00FF8000FF"),
        (6, "090CFFFF0BFE070300 00FF8000FF"),
        (7, "0F1E"),
        (8, "0300"),
    ],
)
def test_what_is_set_is_shown(meter: SmallMeter, number: int, value: str) -> None:
    assert write(meter, number, value) == 0
    assert read(meter, number) == value.replace(" ", "")


@pytest.mark.parametrize(
    ("number", "value", "result"),
    [
        (2, "090CFFFFFFFFFFFFFFFFFF8000FF", 250),  # no definite time
        (2, "090C07E5021E0407000000FF8880", 12),  # 30 February
        (2, "090B07E507010407000000FF88", 12),
        (2, "0600000000", 12),
        (3, "0FC4", 12),
        (3, "1002D1", 250),  # 721 minutes
        (5, "090CFFFFFFFE07020000FF8000FF", 250),  # no month
        (7, "0F79", 250),
        (8, "1101", 12),
    ],
)
def test_what_a_clock_does_not_take(meter: SmallMeter, number: int, value: str, result: int) -> None:
    before = meter.state
    assert write(meter, number, value) == result
    assert meter.state == before


@pytest.mark.parametrize(
    ("method", "parameter", "second"), [(1, "0F00", 10 * 3600), (2, "", 10 * 3600), (3, "00", 10 * 3600 + 240)]
)
def test_adjusting(meter: SmallMeter, method: int, parameter: str, second: int) -> None:
    assert call(meter, method, parameter) == 0
    local = meter.clock.second + 2 * 3600
    assert local % 86_400 == second


def test_a_preset_time_is_taken_on_command(meter: SmallMeter) -> None:
    assert call(meter, 4, "0F00") == 250
    assert call(meter, 5, f"0203{JULY * 3}") == 0
    assert call(meter, 4, "0F00") == 0
    assert read(meter, 2) == JULY
    assert call(meter, 5, f"0203{JULY * 2}090CFFFFFFFFFFFFFFFFFF8000FF") == 250


@pytest.mark.parametrize(
    ("parameter", "result", "moved"),
    [("100384", 0, 900), ("10FC7C", 0, -900), ("100385", 250, 0), ("10FC7B", 250, 0), ("0F05", 12, 0)],
)
def test_shifting(meter: SmallMeter, parameter: str, result: int, moved: int) -> None:
    before = meter.clock.second
    assert call(meter, 6, parameter) == result
    assert meter.clock.second == before + moved
