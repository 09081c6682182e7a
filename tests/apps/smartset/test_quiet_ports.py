"""A port that does not answer to the wrapper is asked otherwise before the time-out is over."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from softmeter.apps.smartset.quiet_ports import AttentiveStream
from softmeter.transport.errors import TransportError
from softmeter.wire.hdlc import FLAG, Address, Frame, Kind, control_of, encode_frame

ASKED = bytes.fromhex("0001001000010001 60")
UA = encode_frame(Frame(Address(16), Address(1), control_of(Kind.UA)))


@contextmanager
def port(answer: Callable[[int, bytes], bytes]) -> Iterator[int]:
    """A port whose n-th connection answers what arrives first as `answer` says."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            for number in range(3):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    while data := connection.recv(100):
                        connection.sendall(answer(number, data))

        threading.Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


def asked(at: int) -> bytes:
    with closing(AttentiveStream("127.0.0.1", at, 10.0, 1, patience_s=0.02, knock_s=0.04)) as stream:
        stream.write(ASKED, 0)
        return stream.read(10.0)


def test_an_optical_port_is_named_as_one() -> None:
    speaks = bytes((FLAG,)) + UA.strip(bytes((FLAG,))) + bytes((FLAG,))
    said = "speaks HDLC, not the wrapper: add --hdlc before the command"
    with (
        port(lambda number, data: speaks if number and data[0] == FLAG else b"") as at,
        pytest.raises(TransportError, match=said),
    ):
        asked(at)


def test_a_port_that_wants_to_be_signed_on_to_is_named_as_one() -> None:
    with (
        port(lambda _, data: b"/ISK5METER\r\n" if data.startswith(b"/?") else b"") as at,
        pytest.raises(TransportError, match="add --mode-e"),
    ):
        asked(at)


def test_a_slow_meter_is_asked_the_same_again_and_waited_for() -> None:
    heard = []

    def answer(number: int, data: bytes) -> bytes:
        heard.append((number, data))
        return b"at last" if number > 1 else b""

    with port(answer) as at:
        assert asked(at) == b"at last"
    assert heard[0] == (0, ASKED)
    assert heard[-1] == (2, ASKED)


def test_who_answers_at_once_is_asked_nothing_else() -> None:
    with port(lambda number, _: b"here" if number == 0 else b"") as at:
        assert asked(at) == b"here"
