"""Data, Register, SAP assignment, Security setup and Association LN."""

import pytest

from dlms.device import CIPHERED, DICTIONARY, MANAGEMENT_SAP, Audience, SmallMeter
from softmeter.cosem.sessions import AssociationStatus, Session
from softmeter.errors import AccessError
from softmeter.obis import Obis

VIEW = DICTIONARY.view(Audience.MANAGEMENT)


def key(class_id: int, obis: str, number: int) -> bytes:
    return class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((number,))


def read(meter: SmallMeter, class_id: int, obis: str, number: int) -> str:
    return VIEW.readers[key(class_id, obis, number)](meter).hex().upper()


def write(meter: SmallMeter, class_id: int, obis: str, octets: str) -> int:
    try:
        VIEW.writers[key(class_id, obis, 2)](meter, bytes.fromhex(octets))
    except AccessError as error:
        return error.result
    return 0


def session(status: AssociationStatus = AssociationStatus.ASSOCIATED) -> Session:
    setup = Obis(0, 0, 43, 0, 0)
    return Session(MANAGEMENT_SAP, Audience.MANAGEMENT, setup, 1, CIPHERED, 5, 0x001011, 1024, 500, status)


@pytest.fixture
def meter() -> SmallMeter:
    return SmallMeter()


@pytest.mark.parametrize(
    ("class_id", "obis", "number", "value"),
    [
        (1, "0-0:42.0.0", 2, "0910" + b"KWQ1010400000001".hex().upper()),
        (1, "0-0:96.1.1", 2, "09066E6F626F6479"),
        (3, "1-0:1.8.0", 2, "060001E240"),
        (3, "1-0:1.8.0", 3, "02020F00161E"),
        (17, "0-0:41.0.0", 2, "010102021200010910" + b"KWQ1010400000001".hex().upper()),
        (64, "0-0:43.0.0", 2, "1603"),
        (64, "0-0:43.0.0", 3, "1600"),
        (64, "0-0:43.0.0", 4, "0900"),
        (64, "0-0:43.0.0", 5, "09084D4D4D0000BC614E"),
    ],
)
def test_what_the_objects_show(meter: SmallMeter, class_id: int, obis: str, number: int, value: str) -> None:
    assert read(meter, class_id, obis, number) == value


@pytest.mark.parametrize(
    ("class_id", "obis", "octets", "result"),
    [
        (1, "0-0:96.1.1", "0903414243", 0),
        (1, "0-0:96.1.1", "0A03414243", 12),
        (1, "0-0:96.1.1", "0931" + "41" * 49, 12),
        (1, "0-0:96.1.2", "090101", 0),
        (1, "0-0:96.1.2", "090100", 250),
        (3, "1-0:31.4.0", "120064", 0),
        (3, "1-0:31.4.0", "120065", 250),
        (3, "1-0:31.4.0", "1164", 12),
    ],
)
def test_what_may_be_set(meter: SmallMeter, class_id: int, obis: str, octets: str, result: int) -> None:
    before = read(meter, class_id, obis, 2)
    assert write(meter, class_id, obis, octets) == result
    assert read(meter, class_id, obis, 2) == (before if result else octets)


def test_what_the_device_does_not_take_is_not_offered() -> None:
    assert key(3, "1-0:31.4.0", 2) in VIEW.writers
    assert key(3, "1-0:1.8.0", 2) not in VIEW.writers
    assert key(1, "0-0:42.0.0", 2) not in VIEW.writers


def test_resetting_a_register_resets_nothing(meter: SmallMeter) -> None:
    assert VIEW.invokers[key(3, "1-0:1.8.0", 1)](meter, b"\x0f\x00") == b""
    assert read(meter, 3, "1-0:1.8.0", 2) == "060001E240"


def test_logical_devices_are_fixed(meter: SmallMeter) -> None:
    public = DICTIONARY.view(Audience.PUBLIC)
    assert key(17, "0-0:41.0.0", 1) not in public.invokers
    interface = next(row.interface for row in DICTIONARY.rows if row.obis == "0-0:41.0.0")
    with pytest.raises(AccessError) as refused:
        interface.method_specs[1].invoke(interface, meter, None)
    assert refused.value.result == 3


ASSOCIATED = {
    3: "02020F01120001",
    4: "02071102111012 02F4 1105 1108 1101 1103".replace(" ", ""),
    5: "0206 0418001011 120400 1201F4 1106 0F00 0900".replace(" ", ""),
    6: "02071102111012 02F4 1105 1108 1102 1105".replace(" ", ""),
    8: "1602",
    9: "090600002B0000FF",
}


@pytest.mark.parametrize("obis", ["0-0:40.0.0", "0-0:40.0.1"])
def test_an_association_shows_what_was_negotiated(meter: SmallMeter, obis: str) -> None:
    meter.sessions.current = session()
    assert {number: read(meter, 15, obis, number) for number in ASSOCIATED} == ASSOCIATED
    assert read(meter, 15, obis, 2) == DICTIONARY.object_list(Audience.MANAGEMENT).hex().upper()


def test_a_client_that_is_not_associated_is_shown_with_what_he_may_have(meter: SmallMeter) -> None:
    assert read(meter, 15, "0-0:40.0.1", 8) == "1600"
    assert read(meter, 15, "0-0:40.0.1", 5).startswith("02060418401A1D")
    meter.sessions.opened(session(AssociationStatus.PENDING))
    assert read(meter, 15, "0-0:40.0.1", 8) == "1601"


def test_there_is_no_current_association_when_nobody_asks(meter: SmallMeter) -> None:
    with pytest.raises(AccessError) as refused:
        read(meter, 15, "0-0:40.0.0", 8)
    assert refused.value.result == 11


def test_a_secret_is_refused_whatever_a_policy_says(meter: SmallMeter) -> None:
    assert key(15, "0-0:40.0.0", 7) not in VIEW.readers
    interface = next(row.interface for row in DICTIONARY.rows if row.obis == "0-0:40.0.0")
    spec = interface.attribute_specs[7]
    assert spec.read is not None
    with pytest.raises(AccessError):
        spec.read(interface, meter)


@pytest.mark.parametrize(("number", "result"), [(1, 250), (2, 250), (3, 3), (4, 3)])
def test_methods_of_an_association_outside_a_login(meter: SmallMeter, number: int, result: int) -> None:
    interface = next(row.interface for row in DICTIONARY.rows if row.obis == "0-0:40.0.0")
    with pytest.raises(AccessError) as refused:
        interface.method_specs[number].invoke(interface, meter, b"")
    assert refused.value.result == result
