"""What no honest client sends: the standard's answer or a closed connection, and the next honest client is served."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Final

import pytest

from interop.meter_process import PATIENCE_S
from interop.raw_client import (
    GLO_GET,
    INITIATE,
    RELEASE,
    Credentials,
    RawClient,
    RawError,
    aarq,
    accepted,
    credentials,
    get_request,
    next_counter,
    tagged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

REGISTER: Final = get_request(3, "1-0:1.8.0")
DECIPHERING_ERROR: Final = bytes.fromhex("D80105")
COUNTER_ERROR: Final = bytes.fromhex("D80106")
NOT_ALLOWED: Final = bytes.fromhex("D80101")


@pytest.fixture(autouse=True)
def honest_clients_are_served(meter: Meter) -> Iterator[None]:
    """After every test an honest client reads as before, and the log has no traceback."""
    yield
    for name in ("management", "readout"):
        with meter.client(name) as client:
            assert client.get(3, "1-0:1.8.0") > 0
            client.release()
    assert "Traceback" not in meter.log.read_text(encoding="utf-8")


def sealed(client: RawClient) -> bytes:
    assert client.protection is not None
    return tagged(GLO_GET, client.protection.seal(REGISTER))


def counter(client: RawClient) -> int:
    assert client.protection is not None
    return client.protection.counter


def refused(meter: Meter, known: Credentials, act: Callable[[RawClient], object]) -> str:
    """Why an association was refused."""
    with RawClient(meter.address("wan"), known) as client, pytest.raises((RawError, ConnectionError)) as caught:
        act(client)
    return str(caught.value)


def test_a_wrong_tag_is_refused_and_moves_no_counter(meter: Meter) -> None:
    with meter.client("management") as client:
        good = sealed(client)
        for position in (-1, -12, -13, 8):
            bad = bytearray(good)
            bad[position] ^= 1
            assert client.exchange(bytes(bad)) == DECIPHERING_ERROR
        assert client.opened(client.exchange(good))[:4] == b"\xc4\x01\xc1\x00"
        client.release()


def test_a_repeated_counter_is_refused(meter: Meter) -> None:
    with meter.client("management") as client:
        first, second = sealed(client), sealed(client)
        assert client.opened(client.exchange(first))[:4] == b"\xc4\x01\xc1\x00"
        assert client.opened(client.exchange(second))[:4] == b"\xc4\x01\xc1\x00"
        assert client.exchange(first) == COUNTER_ERROR + (counter(client) - 1).to_bytes(4, "big")
        client.release()


def test_a_recorded_session_cannot_be_replayed(meter: Meter) -> None:
    known = credentials(meter.keys, "management")
    start = next_counter(meter.address("wan"), "management")
    with RawClient(meter.address("wan"), known) as client:
        recorded = client.hello(start)
        client.verify(client.exchange(client.proof(client.exchange(recorded))))
        client.release()
    with RawClient(meter.address("wan"), known) as client:
        with pytest.raises(RawError, match="association refused"):
            accepted(client.exchange(recorded))
        assert client.exchange(REGISTER) == NOT_ALLOWED


def test_an_unprotected_release_ends_no_ciphered_association(meter: Meter) -> None:
    with meter.client("management") as client:
        assert client.exchange(RELEASE) == DECIPHERING_ERROR
        assert client.get(3, "1-0:1.8.0") > 0
        client.release()
        assert client.exchange(sealed(client)) == NOT_ALLOWED


def test_wrong_keys_open_nothing(meter: Meter) -> None:
    known = credentials(meter.keys, "management")
    start = next_counter(meter.address("wan"), "management")
    for wrong in (
        Credentials(known.sap, bytes(16), known.authentication_key),
        Credentials(known.sap, known.encryption_key, bytes(16)),
    ):
        assert refused(meter, wrong, lambda client: client.open_hls5(start))


def test_a_wrong_password_is_refused_with_its_diagnostic(meter: Meter) -> None:
    known = credentials(meter.keys, "readout")
    wrong = Credentials(known.sap, password=b"x" * len(known.password))
    assert refused(meter, wrong, lambda client: client.open_plain()).endswith("a10302010d")


def test_no_password_opens_no_readout(meter: Meter) -> None:
    assert refused(meter, Credentials(sap=2), lambda client: client.open_plain())


def test_management_opens_only_ciphered(meter: Meter) -> None:
    assert refused(meter, Credentials(sap=1), lambda client: client.open_plain())
    assert refused(meter, Credentials(sap=1, password=b"12345678"), lambda client: client.open_plain())


def test_an_unknown_client_is_refused(meter: Meter) -> None:
    assert refused(meter, Credentials(sap=99), lambda client: client.open_plain())


@pytest.mark.parametrize("sap", [1, 2, 16, 99])
def test_nothing_is_served_without_association(meter: Meter, sap: int) -> None:
    with RawClient(meter.address("wan"), Credentials(sap=sap)) as client:
        assert client.exchange(REGISTER) in (NOT_ALLOWED, b"")


def test_nothing_is_served_between_pass_2_and_pass_3(meter: Meter) -> None:
    start = next_counter(meter.address("wan"), "management")
    with RawClient(meter.address("wan"), credentials(meter.keys, "management")) as client:
        client.proof(client.exchange(client.hello(start)))
        assert client.exchange(sealed(client))[:1] in (b"\xd8", b"\xcc", b"")
        assert not client.protection or 0 not in client.protection.seen


@pytest.mark.parametrize(
    "apdu",
    [
        pytest.param(b"\xc0", id="one octet"),
        pytest.param(REGISTER[:-3], id="truncated"),
        pytest.param(REGISTER + b"\x00", id="with a tail"),
        pytest.param(b"\xc6\x01\xc1", id="unknown tag"),
        pytest.param(bytes.fromhex("C002C100000001"), id="next without transfer"),
        pytest.param(bytes.fromhex("c001c100070100630100ff020101020402041200"), id="truncated selection"),
        pytest.param(REGISTER[:-1] + b"\x01\x01" + b"\x01" * 10_000, id="nested arrays"),
        pytest.param(REGISTER[:-1] + b"\x01\x01\x01\x84\xff\xff\xff\xff", id="four milliard elements"),
        pytest.param(bytes.fromhex("60ff"), id="broken AARQ"),
        pytest.param(aarq(1, INITIATE)[:-5], id="AARQ cut"),
        pytest.param(b"\xdb\x08" + bytes(8) + b"\x82\xff\xff\x30", id="ciphered nothing"),
        pytest.param(b"\xc1" + bytes(60_000), id="oversized"),
    ],
)
@pytest.mark.parametrize("name", ["public", "readout"])
def test_broken_apdus_are_answered_or_end_the_connection(meter: Meter, name: str, apdu: bytes) -> None:
    with meter.client(name) as client:
        try:
            answer = client.exchange(apdu)
        except ConnectionError:
            answer = b""
    assert not answer or answer[0] in (0xD8, 0xC4, 0xC5, 0x61, 0x0E)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"\x00\x02\x00\x10\x00\x01\x00\x01\xc0", id="wrapper version 2"),
        pytest.param(b"\xff" * 64, id="no wrapper at all"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: meter\r\n\r\n", id="a web browser"),
        pytest.param(b"\x00\x01\x00\x10\x00\x01\x00\x00", id="empty frame"),
    ],
)
def test_broken_frames_hurt_nobody(meter: Meter, frame: bytes) -> None:
    with socket.create_connection(meter.address("wan"), PATIENCE_S) as connection:
        connection.sendall(frame)
        connection.settimeout(0.5)
        with contextlib.suppress(TimeoutError, ConnectionError):
            connection.recv(100)


def test_half_a_header_and_silence_keeps_nobody_out(meter: Meter) -> None:
    with contextlib.ExitStack() as silent:
        for _ in range(20):
            connection = silent.enter_context(socket.create_connection(meter.address("wan"), PATIENCE_S))
            connection.sendall(b"\x00\x01\x00\x10")
        with meter.client("management") as client:
            assert client.get(3, "1-0:1.8.0") > 0


def test_two_hundred_connections_at_once(meter: Meter) -> None:
    with contextlib.ExitStack() as held:
        crowd = [held.enter_context(RawClient(meter.address("wan"), Credentials(sap=16))) for _ in range(200)]
        for client in crowd:
            client.socket.sendall(client.framed(aarq(1, INITIATE)))
        answers = [answer for client in crowd if (answer := received(client))]
    assert answers
    assert all(answer.startswith(b"\x61") for answer in answers)


def received(client: RawClient) -> bytes:
    try:
        return client.receive()
    except ConnectionError:
        return b""
