"""Both kinds of UDP links with real sockets, against a peer that answers as it is told."""

import asyncio
import gc
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from softmeter.dlms.conversation import Conversation, Patient, Unanswered
from softmeter.errors import ConfigurationError
from softmeter.transport.errors import TransportError
from softmeter.transport.tap import Host
from softmeter.transport.tcp import Address
from softmeter.transport.udp import UdpLink, arun, run
from softmeter.wire.wrapper import LONGEST_IN_DATAGRAM, Datagram, decode_datagram, encode_datagram

Answer = Callable[[int, Datagram], list[bytes]]
"""What to send for the datagram of a number, counted from 0."""
GET, VALUE = b"\xc0\x01\xc1", b"\xc4\x01\xc1\x00"
BOTH = pytest.mark.parametrize("runs", [run, lambda *all_: asyncio.run(arun(*all_))], ids=["blocking", "asyncio"])
Runs = Callable[[Conversation[list[bytes]], Address, float], list[bytes]]


@contextmanager
def peer(answer: Answer, host: str = "127.0.0.1") -> Iterator[Address]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as ours:
        ours.bind((host, 0))

        def serve() -> None:
            number = 0
            while octets := (got := ours.recvfrom(1 << 16))[0]:
                for one in answer(number, decode_datagram(octets)):
                    ours.sendto(one, got[1])
                number += 1

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield Address(host, ours.getsockname()[1], 16, 1)
        finally:
            with socket.socket(family, socket.SOCK_DGRAM) as end:
                end.sendto(b"", ours.getsockname())
            thread.join(60)


def back(datagram: Datagram, apdu: bytes = VALUE) -> bytes:
    return encode_datagram(Datagram(datagram.destination, datagram.source, apdu))


def ask(*requests: bytes) -> Conversation[list[bytes]]:
    answers: list[bytes] = []
    for request in requests:
        answer = yield request
        answers.append(answer)
    return answers


@BOTH
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_request_is_answered(runs: Runs, host: str) -> None:
    with peer(lambda _, datagram: [back(datagram)], host) as address:
        assert runs(ask(GET), address, 3.0) == [VALUE]


@BOTH
@pytest.mark.slow
def test_a_lost_request_is_sent_again_octet_for_octet(runs: Runs) -> None:
    seen: list[Datagram] = []

    def answer(number: int, datagram: Datagram) -> list[bytes]:
        seen.append(datagram)
        return [back(datagram)] if number else []

    with peer(answer) as address:
        assert runs(ask(GET), address, 3.0) == [VALUE]  # it has a second for the answer after each try
    assert seen == [Datagram(16, 1, GET)] * 2


@BOTH
def test_what_is_none_is_dropped(runs: Runs) -> None:
    def answer(_: int, datagram: Datagram) -> list[bytes]:
        return [b"", b"garbage", back(datagram)[:-1], encode_datagram(Datagram(9, 9, VALUE)), back(datagram)]

    with peer(answer) as address:
        assert runs(ask(GET), address, 3.0) == [VALUE]


@BOTH
def test_silence_is_told_after_all_tries(runs: Runs) -> None:
    count: list[int] = []

    def answer(number: int, _: Datagram) -> list[bytes]:
        count.append(number)
        return []

    with peer(answer) as address, pytest.raises(TransportError, match=r"no answer within 0\.06 s"):
        runs(ask(GET), address, 0.06)
    assert count == [0, 1, 2]


@BOTH
def test_a_change_in_clear_is_sent_once(runs: Runs) -> None:
    count: list[int] = []

    def answer(number: int, _: Datagram) -> list[bytes]:
        count.append(number)
        return []

    with peer(answer) as address, pytest.raises(TransportError):
        runs(ask(b"\xc3\x01\xc1"), address, 0.06)
    assert count == [0]


@BOTH
def test_the_patient_and_the_unanswered(runs: Runs) -> None:
    with peer(lambda _, __: []) as address:
        assert runs(ask(Unanswered(GET), Patient(GET), Patient(b"")), address, 0.03) == [b"", b"", b""]


@BOTH
def test_where_nobody_listens(runs: Runs) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.connect(("127.0.0.1", 9))  # so that nobody takes the port, and it hears only that one
        with pytest.raises(TransportError, match="nothing listens"):
            runs(ask(GET), Address(*deaf.getsockname()), 3.0)


@BOTH
def test_what_fits_no_datagram(runs: Runs) -> None:
    with peer(lambda _, __: []) as address, pytest.raises(ConfigurationError, match="do not fit"):
        runs(ask(bytes(LONGEST_IN_DATAGRAM + 1)), address, 0.1)


def test_an_address_that_takes_no_connection_leaves_no_socket_behind() -> None:
    with pytest.raises(TransportError, match="cannot be reached"):
        UdpLink(Address("255.255.255.255"))  # a broadcast, which a socket must be told to allow
    gc.collect()  # a socket left open would be complained about


@BOTH
def test_no_such_host(runs: Runs) -> None:
    with pytest.raises(TransportError, match="cannot be reached"):
        runs(ask(GET), Address("no.such.host.invalid"), 0.1)


def test_a_tap_hears_both_directions() -> None:
    heard: list[str] = []

    class Ears:
        def received(self, octets: bytes) -> None:
            heard.append(f"in {len(octets)}")

        def sent(self, octets: bytes) -> None:
            heard.append(f"out {len(octets)}")

        def closed(self) -> None:
            heard.append("end")

    def tap(_: Host, to: Host) -> Ears:
        heard.append(to[0])
        return Ears()

    with peer(lambda _, datagram: [back(datagram)]) as address, UdpLink(address, 3.0, tap) as link:
        link.run(ask(GET), client_sap=3)
    assert heard == ["127.0.0.1", "out 11", "in 12", "end"]
