"""A read of a profile over a link that breaks, again and again."""

from collections.abc import Callable

import numpy as np
import pytest

from dlms.device import COLUMNS, MANAGEMENT_SAP, PROFILE, READOUT_SAP, SUMMER, SmallMeter, captured
from dlms.test_server_and_client import READOUT, gmac, open_client
from softmeter.clock import DateTime
from softmeter.cosem.buffer import encode_rows
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import PROPOSED
from softmeter.dlms.conformance import Conformance
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
@pytest.mark.parametrize("after", [3, 4, 7])
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


def _rows(meter: SmallMeter) -> list[bytes]:
    """The encoded rows: a structure of time, status and two energies each."""
    octets = encode_rows(meter.profile.stored, COLUMNS)[2:]
    return [octets[at : at + 28] for at in range(0, len(octets), 28)]


def doubled(meter: SmallMeter) -> None:
    """Two rows of every second, as a log of events has them."""
    meter.profile.stored["stamp"][1::2] = meter.profile.stored["stamp"][::2]


def set_back(meter: SmallMeter) -> None:
    """The clock was set back by ten rows in the middle."""
    meter.profile.stored["stamp"][20:] = meter.profile.stored["stamp"][10:30].copy()


def newest_first(meter: SmallMeter) -> None:
    meter.profile.stored = meter.profile.stored[::-1].copy()


@pytest.mark.parametrize(("change", "after"), [(doubled, 3), (set_back, 3), (set_back, 9), (newest_first, 3)])
def test_no_row_is_lost_or_doubled_where_times_are_not_in_order(
    change: Callable[[SmallMeter], None], after: int
) -> None:
    meter = meter_with_rows(40, begin=SUMMER.start)
    change(meter)
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, after))
    assert reading.rows_kept
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    expected = drive(read_profile(client, NAME), serve)
    assert same(drive(reading.read(client), serve), expected)


def test_an_attempt_that_brings_nothing_costs_no_row() -> None:
    meter = meter_with_rows(40)
    reading = ProfileReading(NAME)
    for after, rows in ((5, 12), (1, 12), (0, 12), (4, 17)):
        client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
        with pytest.raises(RemoteProtocolError):
            drive(reading.read(client), breaking(serve, after))
        assert reading.rows_kept == rows


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


def test_a_row_that_comes_while_the_rest_is_read_does_not_start_the_read_over() -> None:
    meter = meter_with_rows(40)
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 5))
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
    asked: list[bytes] = []

    def capturing(apdu: bytes) -> bytes | None:
        asked.append(apdu)
        answer = serve(apdu)
        if apdu.startswith(b"\xc0\x02") and len(meter.profile.stored) == 40:
            meter.profile.fill(1, 40, SUMMER.stop - 100 * 900)
        return answer

    found = drive(reading.read(client), capturing)
    assert list(found[found.captured[2]]) == list(range(1000, 1040))
    assert sum(apdu[3:12] == b"\x00\x07" + NAME.octets + b"\x02" for apdu in asked) == 1


@pytest.mark.parametrize("told", [b"\x00\x12\x00\x28", b"\x00\x00", b"\x01\x03"])
def test_a_meter_that_does_not_tell_its_rows_as_it_should_is_gone_on_with(told: bytes) -> None:
    meter = meter_with_rows(40)
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 5))
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    expected = drive(read_profile(client, NAME), serve)

    def vague(apdu: bytes) -> bytes | None:
        return b"\xc4\x01" + apdu[2:3] + told if apdu[3:12] == b"\x00\x07" + NAME.octets + b"\x07" else serve(apdu)

    assert same(drive(reading.read(client), vague), expected)


@pytest.mark.parametrize("row", [b"\x11\x05", b"\x00", b"\x02\x00", b"\x09\x01a", b"\x0a\x01a", b"\x13\x11\x01\x02"])
def test_rows_that_are_no_structures_are_not_gone_on_from(row: bytes) -> None:
    meter = meter_with_rows(40)
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    slice_ = b"\x01\x20" + 3 * row
    block = b"\xc4\x02\xc2\x00\x00\x00\x00\x01\x00" + bytes((len(slice_),)) + slice_
    answers = iter([None, block])
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), lambda apdu: (next(answers, b"")) or (serve(apdu) if apdu[1] == 1 else None))
    assert reading.rows_kept
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    assert same(drive(reading.read(client), serve), drive(read_profile(client, NAME), serve))


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


@pytest.mark.parametrize("refused", [b"\xd8\x01\x02", b"\xc4\x01%c\x01\x0d"])
def test_without_ranges_all_is_read_anew(refused: bytes) -> None:
    """Of a meter that does not offer selections, and of one that has none of this profile."""
    meter = meter_with_rows(40)
    conformance = PROPOSED & ~Conformance.SELECTIVE_ACCESS if refused[0] == 0xD8 else PROPOSED
    reading = ProfileReading(NAME)
    client, serve = open_client(meter, READOUT_SAP, READOUT, max_pdu_size=100, conformance=conformance)
    with pytest.raises(RemoteProtocolError):
        drive(reading.read(client), breaking(serve, 5))
    assert reading.rows_kept
    client, serve = open_client(meter, READOUT_SAP, READOUT, conformance=conformance)
    expected = drive(read_profile(client, NAME), serve)

    def unselecting(apdu: bytes) -> bytes | None:
        return serve(apdu) if len(apdu) <= 13 else refused % apdu[2] if b"%" in refused else refused

    assert same(drive(reading.read(client), unselecting), expected)


def test_rows_in_a_compact_array_are_rows() -> None:
    meter = meter_with_rows(2)
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    expected = drive(read_profile(client, NAME), serve)
    rows = [one[2:] for one in _rows(meter)]
    content = b"".join(row[1:14] + row[15:16] + row[17:21] + row[22:26] for row in rows)
    compact = bytes.fromhex("130204091106062C") + content
    answers = iter([None, b"\xc4\x01\xc4\x00" + compact])
    found = drive(ProfileReading(NAME).read(client), lambda apdu: next(answers) or serve(apdu))
    assert [tuple(row) for row in zip(*(one.values.tolist() for one in found.columns[1:]), strict=True)] == [
        tuple(row) for row in zip(*(one.values.tolist() for one in expected.columns[1:]), strict=True)
    ]
    assert np.array_equal(found.columns[0].values, expected.columns[0].values)


def test_what_is_no_buffer() -> None:
    meter = meter_with_rows(3)
    client, serve = open_client(meter, READOUT_SAP, READOUT)
    answers = iter([None, b"\xc4\x01\xc2\x00\x11\x05"])
    with pytest.raises(DecodeError):
        drive(ProfileReading(NAME).read(client), lambda apdu: next(answers) or serve(apdu))
