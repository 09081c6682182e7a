"""Octets as people keep them: dumps, logs of terminals and gateways, literals of programs."""

import base64
import time

import pytest

from apps.decode.showing import pushes
from softmeter.apps.decode.reading import understood
from softmeter.apps.decode.written import octets_of
from vectors.table import HERE

PUSH = bytes.fromhex(pushes()["kaifa_ma304h3e"]["hex"])
SPACED = PUSH.hex(" ").upper()


def rows(size: int = 16) -> list[bytes]:
    return [PUSH[at : at + size] for at in range(0, len(PUSH), size)]


def characters(octets: bytes) -> str:
    return "".join(chr(octet) if 0x20 <= octet < 0x7F else "." for octet in octets)


def listed(prefix: str, suffix: str = "") -> str:
    return "".join(f"{prefix}{row.hex(' ')}{suffix}\n" for row in rows())


XXD = "".join(f"{at * 16:08x}: {row.hex(' ', 2):39}  {characters(row)}\n" for at, row in enumerate(rows()))
HEXDUMP = "".join(
    f"{at * 16:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{characters(row)}|\n" for at, row in enumerate(rows())
)
WIRESHARK = "".join(f"{at * 16:04x}   {row.hex(' '):47}   {characters(row)}\n" for at, row in enumerate(rows()))
C_ARRAY = "const uint8_t frame[41] = {\n  " + ", ".join(f"0x{octet:02X}" for octet in PUSH) + "\n};\n"


@pytest.mark.parametrize("text", [
    PUSH.hex(),
    f'"{PUSH.hex()}",',
    f"'{SPACED}'\n",
    PUSH.hex(":"),
    PUSH.hex("-"),
    f"[{', '.join(f'0x{octet:02x}' for octet in PUSH)}]",
    "".join(f"\\x{octet:02x}" for octet in PUSH),
    f"// one line of a log\n{SPACED}  // the push",
    f"/* a comment\n with 12 34 */ {SPACED}",
    XXD,
    HEXDUMP,
    f"{HEXDUMP}{len(PUSH):08x}\n",
    WIRESHARK,
    C_ARRAY,
    repr(PUSH),
    str(list(PUSH)),
    f'{{"type": "Buffer", "data": {list(PUSH)}}}',
    f"frame: [{' '.join(map(str, PUSH))}]\n",
    ", ".join(map(str, PUSH)),
    f"INFO:root:read {PUSH!r}\n",
    base64.b64encode(PUSH).decode(),
    f"[2017-09-12 23.18.43.731 - Received 41 (0x29) bytes]\n{listed('')}",
    listed("[08:54:20][D][uart_debug:109]: <<< "),
    listed("2026-11-22T18:33:43.568+00:00 RX: "),
    listed("RX:\t23:22:11\t"),
    listed("23:22:11 "),
    f"[2015-04-02 22:49:00] RECV (041): {SPACED}\n",
    f'{{"time": "2022-10-16T07:21:00Z", "hex": "{PUSH.hex()}"}}',
    f"telegram=|{PUSH.hex()}|+3423\n",
    f"00028954; ELV;20;1B;00; -83; T;{PUSH.hex()};\n",
    f"T1;1;1;2019-04-03 19:00:42.000;97;148;88563414;0x{PUSH.hex()}\n",
    f'{{"SerialReceived":"**7E**{PUSH[1:-1].hex()}**7E**"}}',
    f"(D) (readHanPort) Frame dump (41b):\n{listed('(D) ')}(W) (readHanPort) Invalid HDLC, returned with -2\n",
    f"(V) HDLC frame:\n(V) {PUSH[:-2].hex(' ')}\n(V) {PUSH[-2:].hex(' ')}\n(V) DLMS frame of 27 octets:\n",
])  # fmt: skip
def test_octets_in_what_people_keep(text: str) -> None:
    assert octets_of(text.encode()) == PUSH


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_what_an_editor_puts_before_a_text(coding: str) -> None:
    assert octets_of(SPACED.encode(coding)) == PUSH


def test_both_directions_stay_in_their_order() -> None:
    text = "TX:\t10:00:01\t7E A0 07 03 21 93 0F 01 7E\nRX:\t10:00:02\t7E A0 07 21 03 73 76 6E 7E\n"
    assert octets_of(text.encode()) == bytes.fromhex("7EA0070321930F017E7EA00721037376 6E7E")


@pytest.mark.parametrize("content", [
    b"meter.pcapng",
    b"no such thing",
    b"ABC",
    b"0-0:96.1.1(4530303433303036393033363935353037)\r\n1-0:1.8.1(000075.067*kWh)\r\n",
    b"\x00\x01\x02",
])  # fmt: skip
def test_what_writes_no_octets(content: bytes) -> None:
    assert octets_of(content) is None


def test_a_comment_at_the_start_makes_no_telegram_of_a_file() -> None:
    assert understood(f"// HDLC\n{SPACED}".encode()) == PUSH
    telegram = (HERE / "nl_dsmr502_single_phase.txt").read_bytes()
    assert understood(telegram) == telegram


def test_a_line_of_many_octets_behind_an_offset_takes_no_time() -> None:
    began = time.thread_time()
    assert octets_of(b"0000 " + b"7e " * 300_000 + b"\n000493e0 7e") == b"\x7e" * 300_001
    assert time.thread_time() - began < 20
