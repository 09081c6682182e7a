"""A port that does not answer to the wrapper is asked otherwise before the time-out is over."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from softmeter.apps.smartset.quiet_ports import AttentiveStream
from softmeter.transport.errors import TransportError
from softmeter.wire.hdlc import FLAG, Address, Frame, Kind, control_of, encode_frame

pytestmark = pytest.mark.slow

KNOCK_S = 0.6
"""What a port gets to answer to each question: a busy machine needs some time even for that."""
ASKED = bytes.fromhex("0001001000010001 60")
Answer = Callable[[int, bytes], bytes]
UA = encode_frame(Frame(Address(16), Address(1), control_of(Kind.UA)))


def serve(connection: socket.socket, number: int, answer: Answer) -> None:
    with connection, suppress(OSError):
        while data := connection.recv(100):
            connection.sendall(answer(number, data))


@contextmanager
def port(answer: Answer, *, alone: bool = False) -> Iterator[int]:
    """A port whose n-th connection answers what arrives as `answer` says; `alone`: the others wait for their turn."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def accept() -> None:
            with suppress(OSError):
                for number in range(3):
                    connection, _ = listening.accept()
                    serving = threading.Thread(target=serve, args=(connection, number, answer), daemon=True)
                    serving.start()
                    if alone:
                        serving.join()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listening.getsockname()[1]
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def asked(at: int, timeout_s: float = 60.0) -> bytes:
    with closing(AttentiveStream("127.0.0.1", at, timeout_s, 1, patience_s=0.02, knock_s=KNOCK_S)) as stream:
        stream.write(ASKED, 0)
        return stream.read(timeout_s)


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


def test_a_port_that_serves_one_at_a_time_is_named_when_the_time_is_over() -> None:
    with (
        port(lambda _, data: b"/ISK5METER\r\n" if data.endswith(b"/?!\r\n") else b"", alone=True) as at,
        pytest.raises(TransportError, match="add --mode-e"),
    ):
        asked(at, 4 * KNOCK_S)


def test_a_slow_meter_is_waited_for_and_hears_nothing_twice() -> None:
    heard = []
    is_asked_otherwise = threading.Event()

    def answer(number: int, data: bytes) -> bytes:
        heard.append((number, data))
        if number:
            is_asked_otherwise.set()
            return b""
        return b"at last" if is_asked_otherwise.wait(60) else b""

    with port(answer) as at:
        assert asked(at) == b"at last"
    assert [data for number, data in heard if number == 0] == [ASKED]


def test_a_port_that_leaves_us_for_who_came_last_is_asked_anew() -> None:
    first: list[socket.socket] = []

    def answer(number: int, _: bytes) -> bytes:
        return b"here" if number == 2 else b""

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def accept() -> None:
            with suppress(OSError):
                for number in range(3):
                    connection, _ = listening.accept()
                    if number == 0:
                        first.append(connection)
                    if number == 1:
                        first.pop().shutdown(socket.SHUT_RDWR)
                    threading.Thread(target=serve, args=(connection, number, answer), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        assert asked(listening.getsockname()[1]) == b"here"


def test_who_answers_at_once_is_asked_nothing_else() -> None:
    with port(lambda number, _: b"here" if number == 0 else b"") as at:
        assert asked(at) == b"here"
