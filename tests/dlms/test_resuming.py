"""A read of a profile over a link that breaks, again and again."""

from collections.abc import Callable

import numpy as np
import pytest

from dlms.device import MANAGEMENT_SAP, PROFILE, READOUT_SAP, SUMMER, SmallMeter, captured
from dlms.test_server_and_client import READOUT, gmac, open_client
from softmeter.clock import DateTime
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.conversation import drive
from softmeter.dlms.profile import Profile, read_profile
from softmeter.dlms.resuming import ProfileReading
from softmeter.errors import DecodeError, RemoteProtocolError
from softmeter.obis import Obis

NAME = Obis.parse(PROFILE)
WAYS: list[tuple[int, Credentials]] = [(READOUT_SAP, READOUT), (MANAGEMENT_SAP, gmac(Family.SERVICE))]


def breaking(serve: Callable[[bytes], bytes | None], after: int) -> Callable[[bytes], bytes | None]:
    """A link that gives no answer any more after so many."""
    left = after

    def ask(apdu: bytes) -> bytes | None:
        nonlocal left
        left -= 1
        return serve(apdu) if left >= 0 else None

    return ask


def same(one: Profile, other: Profile) -> bool:
    return one.captured == other.captured and all(
        np.array_equal(a.values, b.values) for a, b in zip(one.columns, other.columns, strict=True)
    )


def meter_with_rows(count: int = 300, begin: int = SUMMER.stop - 100 * 900) -> SmallMeter:
    meter = SmallMeter()
    meter.profile.fill(count, begin=begin)
    return meter


@pytest.mark.parametrize(("sap", "credentials"), WAYS)
@pytest.mark.parametrize("after", [2, 3, 7])
def test_a_read_goes_on_after_the_link_broke(sap: int, credentials: Credentials, after: int) -> None:
    meter = meter_with_rows()
    client, serve = open_client(meter, sap, credentials)
    expected = drive(read_profile(client, NAME), serve)
    seen: list[int] = []
    reading = ProfileReading(NAME, progress=seen.append)
    found, attempts, counter = None, 0, client.next_counter
    while found is None:
        attempts += 1
        client, serve = open_client(meter, sap, credentials, max_pdu_size=1000, counter=counter)
        before = reading.rows_kept
        try:
            found = drive(reading.read(client), breaking(serve, after))
        except RemoteProtocolError:
            assert reading.rows_kept > before
        counter = client.next_counter
    assert attempts > 1
    assert same(found, expected)
    assert len(seen) >= attempts - 1


def test_a_read_between_two_times_goes_on() -> None:
    meter = meter_with_rows()
    first, last = DateTime(2021, 10, 31, 0xFF, 0, 0, 0), DateTime(2021, 11, 1, 0xFF, 0, 0, 0)
    reading = ProfileReading(NAME, first, last)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=300)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 5))
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    found = drive(reading.read(client), serve)
    assert len(found) == 25 * 4 + 1  # the day with the doubled hour
    assert same(found, drive(ProfileReading(NAME, first, last).read(client), serve))


def test_rows_that_came_meanwhile_are_read_too() -> None:
    meter = meter_with_rows()
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=1000)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 3))
    meter.profile.stored = meter.profile.stored[10:]
    meter.profile.fill(5, 300, SUMMER.stop - 100 * 900)
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    found = drive(reading.read(client), serve)
    assert list(found[found.captured[2]]) == list(range(1000, 1305))


def test_another_choice_of_columns_starts_over() -> None:
    meter = meter_with_rows()
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=1000)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 3))
    assert reading.rows_kept
    meter.profile.capture_these((captured(1, "0-0:96.10.1"), captured(3, "1-0:1.8.0")))
    meter.profile.fill(50)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 4))
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    found = drive(reading.read(client), serve)  # without times there is nothing to go on from: all of it again
    assert len(found) == 50
    assert list(found[found.captured[1]]) == list(range(1000, 1050))


def test_what_is_no_buffer() -> None:
    meter = meter_with_rows(3)
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    answers = iter([None, b"\xc4\x01\xc2\x00\x11\x05"])
    with pytest.raises(DecodeError):
        drive(ProfileReading(NAME).read(client), lambda apdu: next(answers) or serve(apdu))
