from dataclasses import replace
from typing import Any

import pytest

from dlms.foreign_client import ENERGY, HLS, LLS, associated, meter_with_values, new_client, protected
from dlms.foreign_meter import CLIENT_TITLE
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.apdu import encode_apdu
from softmeter.dlms.conversation import drive
from softmeter.dlms.credentials import Family, Signing
from softmeter.dlms.messages import (
    GeneralGlobal,
    GetResponseNormal,
)
from softmeter.dlms.refusals import (
    CounterTooLowError,
    RefusalError,
    ServiceRefusedError,
    WrongKeyError,
)
from softmeter.errors import (
    ConfigurationError,
    RemoteProtocolError,
    SecurityError,
)
from softmeter.security.ciphering import Protection, ReceiveCounter
from softmeter.security.identity import KnownKeys
from softmeter.security.suites import Key, Use
from softmeter.wire.types import u32


def test_counters_are_used_once_and_go_on() -> None:
    meter = meter_with_values()
    client = associated(meter, counter=41)
    assert client.next_counter == 44  # initiate request, proof, action
    drive(client.read(ENERGY, u32), meter.serve)
    assert client.next_counter == 45
    assert meter.counter.last == 44


def test_a_counter_too_low() -> None:
    meter = meter_with_values()
    client = associated(meter)
    meter.counter = ReceiveCounter(5000)
    with pytest.raises(CounterTooLowError, match="5001 or more") as refused:
        drive(client.read(ENERGY, u32), meter.serve)
    assert refused.value.expected == 5001


def test_an_old_answer_is_refused() -> None:
    meter = meter_with_values()
    client = associated(meter)
    answers: list[bytes] = []

    def twice(request: bytes) -> bytes:
        answers.append(meter.serve(request))
        return answers[0]

    assert drive(client.read(ENERGY, u32), twice) == 1234
    with pytest.raises(SecurityError):
        drive(client.read(ENERGY, u32), twice)


def test_an_answer_is_protected_as_the_request() -> None:
    meter = meter_with_values()
    client = associated(meter)
    plain = encode_apdu(GetResponseNormal(0xC2, u32.encode(1)))
    with pytest.raises(RemoteProtocolError, match="without protection"):
        drive(client.read(ENERGY, u32), lambda _: plain)
    meter.protection = Protection.ENCRYPTED
    with pytest.raises(SecurityError, match="less protection"):
        drive(client.read(ENERGY, u32), meter.serve)
    meter.protection = Protection.FULL
    meter.title = CLIENT_TITLE
    with pytest.raises(WrongKeyError):
        drive(client.read(ENERGY, u32), meter.serve)


def test_a_response_is_under_its_own_tag_and_title() -> None:
    client = associated(meter_with_values())
    plain = encode_apdu(GetResponseNormal(0xC1, u32.encode(1)))
    answers = [protected(plain, tag, 5000 - tag) for tag in (0xC8, 0xCD)]
    while answers:
        with pytest.raises(SecurityError, match="under the tag of another"):
            drive(client.get(ENERGY), lambda _: answers.pop())
    with pytest.raises(WrongKeyError):  # a dedicated key was never agreed
        drive(client.get(ENERGY), lambda _: protected(plain, 0xD4, 5000))
    other = encode_apdu(GeneralGlobal(CLIENT_TITLE, bytes(20)))
    with pytest.raises(SecurityError, match="from another meter"):
        drive(client.get(ENERGY), lambda _: other)


EXCEPTIONS = [
    ("D80105", WrongKeyError),
    ("D80106", CounterTooLowError),
    ("D8010600001234", CounterTooLowError),
    ("D80101", ServiceRefusedError),
    ("D80202", ServiceRefusedError),
    ("0E010602", ServiceRefusedError),
]


@pytest.mark.parametrize(("octets_", "error"), EXCEPTIONS)
def test_exceptions_in_place_of_an_answer(octets_: str, error: type[RefusalError]) -> None:
    raw = bytes.fromhex(octets_)
    client = associated(meter_with_values())
    with pytest.raises(error):
        drive(client.read(ENERGY, u32), lambda _: raw)
    if octets_.startswith("D8"):
        with pytest.raises(error):
            drive(new_client().associate(), lambda _: raw)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"mechanism": Mechanism.HLS}, "mechanism"),
        ({"mechanism": Mechanism.HLS_SHA256}, "password"),
        ({"mechanism": Mechanism.HLS_ECDSA}, "identity"),
        ({"signing": Signing.AFTER}, "identity"),
        ({"message_key": Use.DEDICATED}, "message_key"),
        ({"message_key": Use.WRAPPED}, "master_key"),
        ({"message_key": Use.STATIC, "identity": KnownKeys()}, "server_title"),
        ({"signing": Signing.BEFORE, "identity": KnownKeys()}, "signing"),
        ({"family": Family.DEDICATED}, "dedicated_key"),
        ({"mechanism": Mechanism.LLS}, "password"),
        ({"system_title": b"short"}, "system_title"),
        ({"encryption_key": Key(b"")}, "encryption_key"),
        ({"authentication_key": Key(bytes(32))}, "authentication_key"),
        ({"protection": Protection.NONE}, "protection"),
    ],
)
def test_credentials_are_complete(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        replace(HLS, **change)
    assert refused.value.where == where


def test_keys_do_not_show() -> None:
    assert "\\x0f" not in repr(HLS)
    assert "12345678" not in repr(LLS)
