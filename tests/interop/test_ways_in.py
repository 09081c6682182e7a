"""Ways into a running meter: ports that a client closes, the sealed button, lock-outs, messages to all meters."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from dlms.link import ber, plain_aarq
from interop.meter_process import PATIENCE_S, SMARTSET, bench, running
from interop.pydlms import of_meter
from softmeter.dlms.acse import Aare, Result, decode_acse
from softmeter.dlms.lockout import ALLOWED_FAILURES
from softmeter.runtime.keyfile import read_keys
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from softmeter.wire.types import Tag, encode_length
from softmeter.wire.wrapper import Datagram, decode_datagram, encode_datagram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

READOUT: Final = 2
ALL: Final = 102
TITLE: Final = b"ALL\x00\x00\x00\x00\x09"
CONTROL: Final = "0-1:94.31.128"
MESSAGE: Final = "0-0:96.13.0"
EVERY_PORT, WITHOUT_P1, WITHOUT_WAN, WAN_ALONE = 0b1111, 0b1011, 0b1110, 0b0011


@pytest.fixture(scope="module")
def meter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    with running(tmp_path_factory.mktemp("ways") / "state") as found:
        yield found


def switched(meter: Meter, interfaces: int) -> int:
    """The meter's answer to a client on the WAN port who switches interfaces."""
    with meter.client("management") as client:
        return client.set(1, CONTROL, 2, bytes((Tag.UNSIGNED, interfaces)))


def by_optical_port(meter: Meter, *arguments: str) -> tuple[int, str]:
    """Exit status of smartset and what it printed, as the management client."""
    options = ["--meter", meter.text_address("optical"), "--client", "management", "--keys", str(meter.keys), "--hdlc"]
    done = subprocess.run([str(SMARTSET), *options, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def answers(meter: Meter, port: str) -> bool:
    try:
        socket.create_connection(meter.address(port), timeout=PATIENCE_S).close()
    except OSError:
        return False
    return True


def comes_true(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.1)
    return False


def low_level(password: bytes) -> bytes:
    value = ber(0xAC, b"\x80" + bytes((len(password),)) + password)
    return encode_datagram(Datagram(READOUT, 1, plain_aarq(None, "8A020780", "8B0760857405080201", value)))


class Guesser:
    """A socket of somebody who guesses passwords, or knows one."""

    def __init__(self, meter: Meter, kind: int) -> None:
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(PATIENCE_S)
        try:
            self.socket.connect(meter.address("udp" if kind == socket.SOCK_DGRAM else "wan"))
        except OSError:
            self.socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def tries(self, password: bytes) -> int:
        self.socket.send(low_level(password))
        answer: Any = decode_acse(decode_datagram(self.socket.recv(4096)).apdu)
        assert isinstance(answer, Aare)
        return answer.result


def test_ports_are_closed_and_opened_and_the_optical_one_takes_changes_after_the_sealed_button(meter: Meter) -> None:
    assert all(answers(meter, port) for port in ("wan", "p1", "optical"))
    assert switched(meter, WAN_ALONE) == 0
    assert comes_true(lambda: not answers(meter, "p1") and not answers(meter, "optical"))
    assert switched(meter, WITHOUT_P1) == 0
    assert comes_true(lambda: answers(meter, "optical"))
    assert by_optical_port(meter, "get", "clock")[0] == 0
    status, said = by_optical_port(meter, "set", CONTROL, str(EVERY_PORT))
    assert status == 2
    assert "read-write-denied" in said, said
    assert "after its sealed button was pressed" in said, said
    bench(meter, "press", button="sealed", duration_ms=100)
    assert switched(meter, WITHOUT_WAN) == 0
    assert comes_true(lambda: answers(meter, "p1") and not answers(meter, "wan"))
    with Guesser(meter, socket.SOCK_DGRAM) as guesser, pytest.raises(OSError, match=r"refused|timed out"):
        guesser.tries(b"whatever")
    assert by_optical_port(meter, "set", CONTROL, str(EVERY_PORT))[0] == 0
    assert comes_true(lambda: answers(meter, "wan"))
    assert switched(meter, EVERY_PORT) == 0


def test_who_is_locked_out_of_one_port_is_not_of_the_other(meter: Meter) -> None:
    password = read_keys(meter.keys).clients["readout"].lls_password
    kinds = (*[socket.SOCK_DGRAM] * 3, *[socket.SOCK_STREAM] * 2)
    with ExitStack() as held:
        by_datagram, other, third, by_stream, next_stream = [held.enter_context(Guesser(meter, kind)) for kind in kinds]
        for number in range(ALLOWED_FAILURES):
            assert by_datagram.tries(b"wrong %d" % number) == Result.REJECTED_PERMANENT
        assert by_datagram.tries(b"wrong again") == Result.REJECTED_TRANSIENT
        assert other.tries(password) == Result.ACCEPTED
        assert by_stream.tries(password) == Result.ACCEPTED
        for number in range(ALLOWED_FAILURES):
            assert by_stream.tries(b"wrong %d" % number) == Result.REJECTED_PERMANENT
        assert next_stream.tries(password) == Result.REJECTED_TRANSIENT
        assert third.tries(password) == Result.ACCEPTED


def test_a_message_to_all_meters_is_done_over_both_and_never_answered(meter: Meter) -> None:
    management = read_keys(meter.keys).clients["management"]
    cipher = Cipher(Key(management.broadcast_encryption_key), Key(management.authentication_key), broadcast=True)

    def message(counter: int, words: bytes) -> bytes:
        plain = bytes.fromhex("C10181 0001 0000600D00FF 02 00 09") + bytes((len(words),)) + words
        content = cipher.protect(TITLE, counter, Protection.FULL, plain)
        apdu = b"\xdb\x08" + TITLE + encode_length(len(content)) + content
        return encode_datagram(Datagram(ALL, 1, apdu))

    def shown(words: bytes) -> bool:
        with meter.client("management") as client:
            return bytes(client.get(1, MESSAGE)) == words

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.connect(meter.address("udp"))
        datagrams.send(message(1, b"by datagram"))
        assert comes_true(lambda: shown(b"by datagram"))
        datagrams.setblocking(False)
        with pytest.raises(BlockingIOError):
            datagrams.recv(100)
    with socket.create_connection(meter.address("wan"), timeout=PATIENCE_S) as stream:
        stream.send(message(2, b"by stream"))
        assert comes_true(lambda: shown(b"by stream"))
        stream.send(message(1, b"by datagram") + message(3, b"the last")[:-1])
        stream.send(message(3, b"the last")[-1:])
        assert comes_true(lambda: shown(b"the last"))
        stream.setblocking(False)
        with pytest.raises(BlockingIOError):
            stream.recv(100)
    with meter.client("management") as client:
        assert client.get(1, "0-0:43.1.102") == 3


def test_a_foreign_client_tells_all_meters_something(meter: Meter) -> None:
    """pydlms protects the message and sends it to the address of all stations; then it reads what came of it."""
    message = ["0.0.96.13.0.255", 2]
    told = of_meter(
        meter,
        "management",
        ["to-all", 1, *message, "0908" + b"to you 2".hex()],
        ["get", 1, *message],
        association={"protection": "general-glo"},
    )
    assert told.values == [True, b"to you 2".hex()]
    assert told.released == "verified"
