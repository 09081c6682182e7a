import asyncio
import contextlib
import gc
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from held_port import held_port
from softmeter.dlms.conversation import Conversation
from softmeter.errors import ConfigurationError, RemoteProtocolError
from softmeter.transport.errors import TransportError, unreachable
from softmeter.transport.tcp import Address, Link, arun, open_link, run
from softmeter.wire.wrapper import Datagram, Reassembly, encode_datagram

Answer = Callable[[Datagram], bytes]
Asking = Callable[[], Conversation[list[bytes]]]


def _mirrored(datagram: Datagram) -> bytes:
    return encode_datagram(Datagram(datagram.destination, datagram.source, datagram.apdu[::-1]))


@contextmanager
def _meter(answer: Answer, serving: list[socket.socket] | None = None) -> Iterator[Address]:
    """A peer at a port of its own that answers each datagram by `answer`; an empty answer closes the connection."""
    connections = [] if serving is None else serving
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                with connection, contextlib.suppress(ConnectionError):
                    _serve(connection, answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Address("127.0.0.1", listener.getsockname()[1], 1, 17)
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)


def _serve(connection: socket.socket, answer: Answer) -> None:
    arrived = Reassembly()
    while data := connection.recv(4096):
        arrived.receive(data)
        while (datagram := arrived.take()) is not None:
            octets = answer(datagram)
            if not octets:
                return
            for at in range(0, len(octets), 5):
                connection.sendall(octets[at : at + 5])


def _ask(*requests: bytes) -> Conversation[list[bytes]]:
    answers: list[bytes] = []
    for request in requests:
        answer = yield request
        answers += [answer]
    return answers


def _both(conversation: Asking, address: Address, timeout_s: float = 30.0) -> list[bytes]:
    """What both ways of running give, which must be the same."""
    blocking = run(conversation(), address, timeout_s)
    assert asyncio.run(arun(conversation(), address, timeout_s)) == blocking
    return blocking


def test_a_conversation_over_tcp() -> None:
    with _meter(_mirrored) as address:
        assert _both(lambda: _ask(b"abc", b"xyz"), address) == [b"cba", b"zyx"]


def test_answers_to_others_are_passed_over() -> None:
    def chatty(datagram: Datagram) -> bytes:
        other = encode_datagram(Datagram(datagram.destination, 99, b"other"))
        return other + _mirrored(datagram) + encode_datagram(Datagram(datagram.destination, datagram.source, b"late"))

    with _meter(chatty) as address:
        assert _both(lambda: _ask(b"abc", b""), address) == [b"cba", b"late"]


def test_several_clients_over_one_connection() -> None:
    seen: list[int] = []

    def noting(datagram: Datagram) -> bytes:
        seen.append(datagram.source)
        return _mirrored(datagram)

    async def asynchronous(address: Address) -> None:
        async with await open_link(address, 30.0) as link:
            assert await link.run(_ask(b"ab"), client_sap=16) == [b"ba"]
            assert await link.run(_ask(b"cd")) == [b"dc"]

    with _meter(noting) as address:
        with Link(address, 30.0) as link:
            assert link.run(_ask(b"ab"), client_sap=16) == [b"ba"]
            assert link.run(_ask(b"cd")) == [b"dc"]
        asyncio.run(asynchronous(address))
    assert seen == [16, 1, 16, 1]


def _fails(conversation: Asking, address: Address, timeout_s: float, said: str) -> None:
    with pytest.raises(TransportError, match=said):
        run(conversation(), address, timeout_s)
    with pytest.raises(TransportError, match=said):
        asyncio.run(arun(conversation(), address, timeout_s))


def test_nothing_listens() -> None:
    with held_port() as port:
        _fails(lambda: _ask(b"a"), Address("127.0.0.1", port), 30.0, f"nothing listens at 127.0.0.1:{port}")


@pytest.mark.slow
def test_a_silent_meter() -> None:
    half = encode_datagram(Datagram(17, 1, b"abc"))[:-1]
    with _meter(lambda _: half) as address:
        _fails(lambda: _ask(b"a"), address, 1.0, "gave no answer within 1 s: check the client address")


def test_a_meter_that_hangs_up() -> None:
    with _meter(lambda _: b"") as address:
        _fails(lambda: _ask(b"a"), address, 30.0, "closed the connection")


def test_a_meter_that_breaks_the_connection() -> None:
    def broken(_: Datagram) -> bytes:
        connection = serving[-1]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset in place of the end
        return b""

    serving: list[socket.socket] = []
    with _meter(broken, serving) as address:
        _fails(lambda: _ask(b"a"), address, 30.0, "closed the connection")


@pytest.mark.slow
def test_a_meter_that_answers_only_others_until_the_time_is_up() -> None:
    other = encode_datagram(Datagram(17, 99, bytes(5))) * 10_000
    with _meter(lambda _: other) as address:
        _fails(lambda: _ask(b"a"), address, 1.0, "gave no answer")


def test_who_hangs_up_before_the_connection_is_looked_at_leaves_no_socket_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: socket.socket())  # connected to nobody any more
    with pytest.raises(TransportError, match="closed the connection"):
        Link(Address("127.0.0.1"), 30.0)
    gc.collect()  # a socket left open would be complained about


def test_a_meter_that_talks_nonsense() -> None:
    with _meter(lambda _: b"HTTP/1.1 400 Bad Request\r\n") as address, pytest.raises(RemoteProtocolError):
        run(_ask(b"a"), address, 30.0)


def test_other_reasons_not_to_get_through() -> None:
    assert "cannot be reached in time" in str(unreachable("x:1", TimeoutError()))
    assert "No route to host" in str(unreachable("x:1", OSError(113, "No route to host")))


ADDRESSES = [
    ("127.0.0.1:4060", "127.0.0.1", 4060),
    ("meter", "meter", 4059),
    ("[::1]:5000", "::1", 5000),
    ("::1", "::1", 4059),
    ("[::1]", "::1", 4059),
]


@pytest.mark.parametrize(("text", "host", "port"), ADDRESSES)
def test_addresses(text: str, host: str, port: int) -> None:
    address = Address.parse(text, 2, 3)
    assert address == Address(host, port, 2, 3)
    assert Address.parse(str(address), 2, 3) == address


@pytest.mark.parametrize("text", ["", ":4059", "meter:", "meter:x", "meter:0", "meter:65536", "meter:-1", "meter:²"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no address of a meter"):
        Address.parse(text)
