import pytest

from dlms.device import COLUMNS, DICTIONARY, PROFILE, Audience, SmallMeter
from softmeter.cosem.capture import CaptureObject
from softmeter.errors import AccessError
from softmeter.obis import Obis
from softmeter.wire.types import array_of, decode_data, struct
from vectors.table import vector

PLACE = b"\x00\x07" + Obis.parse(PROFILE).octets
VIEW = DICTIONARY.view(Audience.MANAGEMENT)
OBJECTS = array_of(struct(CaptureObject))


@pytest.fixture
def meter() -> SmallMeter:
    meter = SmallMeter()
    meter.profile.fill(3)
    return meter


def read(meter: SmallMeter, number: int) -> str:
    return VIEW.readers[PLACE + bytes((number,))](meter).hex().upper()


def write(meter: SmallMeter, number: int, octets: bytes) -> int:
    try:
        VIEW.writers[PLACE + bytes((number,))](meter, octets)
    except AccessError as error:
        return error.result
    return 0


def test_what_a_profile_shows(meter: SmallMeter) -> None:
    assert len(decode_data(bytes.fromhex(read(meter, 2))).value) == 3
    assert OBJECTS.decode(bytes.fromhex(read(meter, 3))) == tuple(column.captures for column in COLUMNS)
    assert read(meter, 4) == "0600000384"
    assert read(meter, 5) == "1601"
    assert read(meter, 6) == "0204120000090600000000000 00F00120000".replace(" ", "")
    assert read(meter, 7) == "0600000003"
    assert read(meter, 8) == "06000014A0"


@pytest.mark.parametrize(
    "name", ["xdlms.get profile buffer by range", "xdlms.get profile buffer by entry (1..10, all columns)"]
)
def test_the_published_selections(meter: SmallMeter, name: str) -> None:
    request = vector(name)
    key, selector, parameter = request[3:12], request[13], request[14:]
    assert key == PLACE + b"\x02"
    rows = decode_data(VIEW.selectors[key](meter, selector, parameter)).value
    assert len(rows) == (0 if "range" in name else 3)  # the range is one of July


@pytest.mark.manual("8.1.objects")
def test_other_objects_may_be_captured(meter: SmallMeter) -> None:
    wanted = (COLUMNS[0].captures, COLUMNS[3].captures)
    assert write(meter, 3, OBJECTS.encode(wanted)) == 0
    assert OBJECTS.decode(bytes.fromhex(read(meter, 3))) == wanted
    assert read(meter, 2) == "0100"


@pytest.mark.parametrize(
    "objects",
    [
        (),
        (COLUMNS[0].captures, COLUMNS[0].captures),
        (CaptureObject(3, Obis.parse("1-0:9.9.9"), 2, 0),),
    ],
)
def test_what_cannot_be_captured_is_refused(meter: SmallMeter, objects: tuple[CaptureObject, ...]) -> None:
    before = meter.state
    assert write(meter, 3, OBJECTS.encode(objects)) == 250
    assert meter.state == before


@pytest.mark.parametrize(
    ("number", "octets", "result", "rows_left"),
    [
        (4, "0600000708", 0, 0),
        (4, "0600000384", 0, 3),  # the same again forgets nothing
        (4, "0600000001", 250, 3),
        (4, "120384", 12, 3),
        (8, "0600000064", 0, 0),
        (8, "0600000000", 250, 3),
    ],
)
def test_period_and_capacity(meter: SmallMeter, number: int, octets: str, result: int, rows_left: int) -> None:
    assert write(meter, number, bytes.fromhex(octets)) == result
    assert meter.profile.entries_in_use == rows_left
    if result == 0:
        assert read(meter, number) == octets


def test_capture_and_reset(meter: SmallMeter) -> None:
    assert VIEW.invokers[PLACE + b"\x02"](meter, b"") == b""
    assert read(meter, 7) == "0600000004"
    VIEW.invokers[PLACE + b"\x01"](meter, b"\x0f\x00")
    assert read(meter, 7) == "0600000000"
    assert read(meter, 4) == "0600000384"


@pytest.mark.parametrize("number", [5, 6, 7])
def test_what_is_fixed_cannot_be_set(number: int) -> None:
    assert PLACE + bytes((number,)) not in VIEW.writers
