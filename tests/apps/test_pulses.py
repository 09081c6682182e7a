"""`softmeter pulses`: what it makes of a stream, its own meter's and others'."""

import os
import socket
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from held_port import held_port
from meter.making import START, Made, steady
from softmeter.apps.pulses import asked, read
from softmeter.bench.journal import Quantity
from softmeter.errors import ConfigurationError, RemoteProtocolError
from softmeter.instant import SECOND, Instant
from softmeter.runtime.barrier import Barrier
from softmeter.runtime.pulse_feed import HeardPulses, PulseFeed
from softmeter.transport.errors import TransportError


def stream(*until_s: int, leave_out: bytes = b"no such", **load: str) -> bytes:
    """What a meter under a load tells in these steps, without the lines that hold some octets."""
    heard = HeardPulses()
    lines = lived(heard, Made(source=steady(**load), outputs=heard), until_s).splitlines(keepends=True)
    return b"".join(line for line in lines if leave_out not in line or b'"type":"meter"' in line)


def lived(heard: HeardPulses, made: Made, until_s: Iterable[int]) -> bytes:
    """What a meter tells in these steps."""
    feed = PulseFeed(heard, made.meter, Barrier(lambda: False))
    reader = feed.subscribe(lambda: None)
    for second in until_s:
        made.actor.adopt(made.actor.advanced(Instant(START + second * SECOND)))
        feed.tick()
    return b"".join(iter(lambda: reader.taken(1 << 20), b""))


@contextmanager
def served(octets: bytes) -> Iterator[str]:
    """An address where these octets are given to one reader, who is then left."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def give() -> None:
            with suppress(OSError):  # who has heard enough may leave before the end
                link, _ = server.accept()
                with link:
                    link.sendall(octets)

        giving = threading.Thread(target=give, daemon=True)
        giving.start()
        try:
            yield "{}:{}".format(*server.getsockname())
        finally:
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)  # where nobody came, nobody is waited for
            giving.join()


def printed(capsys: pytest.CaptureFixture[str], octets: bytes, **options: Any) -> list[str]:
    with served(octets) as address:
        read(asked(address, *[options.get(name) for name in ("output", "intervals", "reference")]))
    return capsys.readouterr().out.splitlines()


def test_the_power_between_pulses_and_over_all(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, stream(60, pf="0.8"), intervals=20, reference=920.0)
    assert lines[0].startswith("KWQ1010412345678")
    assert lines[1].split() == ["2026-01-01T00:00:01.956521740Z", "active", "1", "+A"]
    assert lines[3].split() == [
        "2026-01-01T00:00:03.913043479Z",
        "active",
        "2",
        "+A",
        "1.956521739",
        "s",
        "920.000",
        "W",
    ]
    assert lines[-2:] == [
        "active: 20 intervals in 39.130434782 s, 10 Wh, mean 920.000 W, error +0.0000 %",
        "reactive: 14 intervals in 36.521739130 s, 7 varh, mean 690.000 var, error -25.0000 %",
    ]


def test_of_one_output_and_what_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, stream(60, pf="0.8", i="-5"), output="active", intervals=2)
    assert [line.split()[-2] for line in lines[2:4]] == ["-920.000"] * 2
    assert len(lines) == 5


def test_what_is_missed_is_said_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, stream(60, leave_out=b'"number":3,'), intervals=3)
    assert lines[3].endswith("1150.000 W  1 missed")
    assert lines[-1] == "active: 3 intervals in 4.695652174 s, 1.5 Wh, mean 1150.000 W"


def test_a_burst_is_part_of_what_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, stream(10, 10_000, 10_002, i="65"), intervals=83_060, reference=14_950.0)
    assert "a burst from 84 on" in lines[-8]
    assert "missed" not in lines[-7]
    assert lines[-1].endswith("mean 14950.000 W, error +0.0000 %")


def test_without_power_there_are_no_pulses_and_it_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    heard = HeardPulses()
    made = Made(source=steady(), outputs=heard)
    made.journal.give(Quantity.VOLTAGE_V, 0.0, Instant(START + 2 * SECOND))
    made.journal.give(Quantity.VOLTAGE_V, 230.0, Instant(START + 62 * SECOND))
    lines = printed(capsys, lived(heard, made, (2, 4, 64, 70)), intervals=3)
    assert lines[2] == "2026-01-01T00:00:04.000000000Z  the meter has no power"
    assert lines[3].split()[2:4] == ["2", "+A"]


@pytest.mark.parametrize(
    "octets",
    [
        b"/KWQ5\r\n",
        b"[1]\n",
        b"{}\n",
        b"{" * 100_000,
        b'{"type":"meter"}\n',
        b"\xff\n",
        b'{"type":"meter","outputs":3}\n',
    ],
)
def test_something_else_ends_in_one_line(octets: bytes) -> None:
    with (
        served(octets) as address,
        pytest.raises((RemoteProtocolError, TransportError), match=r"gives no pulses|closed"),
    ):
        read(asked(address, None, None, None))


BURST = (
    b'{"type":"burst","output":"active","first":{"number":%d,"ns":5,"time":""},"last":{"number":9,"ns":%d,"time":""}}\n'
)
OPENING, FIRST = (line + b"\n" for line in stream(2).splitlines())


@pytest.mark.parametrize(
    "octets",
    [
        b"[" * 16_000 + b"\n",
        OPENING + FIRST.replace(b'"number":1', b'"number":1e999'),
        OPENING + FIRST + FIRST.replace(b'"number":1', b'"number":' + b"9" * 400).replace(b'"ns":1', b'"ns":2'),
        OPENING + FIRST.replace(b'"number":1', b'"number":"1"'),
        OPENING.replace(b'"units_per_pulse":0.5', b'"units_per_pulse":1e999'),
        OPENING.replace(b'"units_per_pulse":0.5', b'"units_per_pulse":0'),
        OPENING + BURST % (1, 5),
        OPENING + BURST % (10, 6),
        OPENING + FIRST + BURST % (1, 6),
    ],
)
def test_numbers_and_times_that_no_pulse_has_end_in_one_line(octets: bytes) -> None:
    with served(octets) as address, pytest.raises(RemoteProtocolError, match="gives no pulses"):
        read(asked(address, None, None, None))


def test_what_a_stream_says_does_not_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        served(OPENING.replace(b"KWQ1010412345678", b"\\u001b[31mRED") + FIRST) as address,
        pytest.raises(TransportError),
    ):
        read(asked(address, None, None, None))
    assert "?[31mRED" in capsys.readouterr().out


def test_pulses_that_run_backwards_are_none() -> None:
    opening, first, *_ = stream(4).splitlines(keepends=True)
    with served(opening + first + first) as address, pytest.raises(RemoteProtocolError, match="backwards"):
        read(asked(address, None, None, None))


def test_the_end_of_the_meter_is_told_after_the_sum(capsys: pytest.CaptureFixture[str]) -> None:
    with served(stream(10)) as address, pytest.raises(TransportError, match="closed the stream"):
        read(asked(address, "active", None, None))
    assert "active: 5 intervals" in capsys.readouterr().out


def test_it_ends_when_nobody_reads_what_it_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with served(stream(10)) as address, open(writing, "w") as nobody:  # noqa: PTH123 - a descriptor has no path
        monkeypatch.setattr(sys, "stdout", nobody)
        read(asked(address, None, None, None))


def test_what_cannot_be_asked() -> None:
    for wrong in (("nowhere", None, None, None), ("h:1", "third", None, None), ("h:1", None, None, 0.0)):
        with pytest.raises(ConfigurationError):
            asked(*wrong)
    with held_port() as port, pytest.raises(TransportError, match="nothing listens"):
        read(asked(f"127.0.0.1:{port}", None, None, None))
