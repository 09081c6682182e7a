"""How fast a firmware image goes into a meter: a process of its own, HLS 5, no limits of a link."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import load
from rows import Alone, Figure
from rows_process import CONSTANT, START, command

from interop.raw_client import credentials, next_counter
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.image_upload import upload, verify
from softmeter.firmware.image import Kind, build, sign
from softmeter.firmware.payload import ApplicationPayload, encode
from softmeter.runtime import image_keys
from softmeter.runtime.entropy import SystemEntropy
from softmeter.security.suites import Key
from softmeter.transport.tcp import Address, Link

OCTETS = 512 * 1024
LARGEST_BLOCKS = "[firmware]\nblock_octets = 1024\n"


def image(state: Path, octets: int = OCTETS) -> bytes:
    """An image of so many octets for the meter in a directory."""
    keys = image_keys.read(state / "meter" / image_keys.FILE_NAME)
    if keys.pair is None:
        raise SystemExit("the meter has no signing key beside it")
    payload = encode(ApplicationPayload(), octets - 96 - 64)
    unsigned = build(Kind.APPLICATION, "2.0", "IQ0102065BNEM??", 1, payload, keys.image_key, bytes(16))
    return sign(unsigned, keys.pair)


def hls5(encryption_key: bytes, authentication_key: bytes) -> Credentials:
    """What a client comes in with by HLS 5, in service-specific ciphering."""
    return Credentials(
        Mechanism.HLS_GMAC,
        Key(),
        Family.SERVICE,
        system_title=b"BEN\x00\x00\x00\x00\x01",
        encryption_key=Key(encryption_key),
        authentication_key=Key(authentication_key),
    )


def management(server: load.Server) -> Client:
    """A management client with HLS 5 that has not associated yet."""
    known = credentials(server.keys, "management")
    secrets = hls5(known.encryption_key, known.authentication_key)
    return Client(secrets, SystemEntropy(), counter=next_counter(server.address, "management"))


def transfer(*, quick: bool) -> Figure:
    """Initiate, all blocks of 1,024 octets, and the question which ones are missing; verification is told beside."""
    with tempfile.TemporaryDirectory(prefix="softmeter-bench-") as directory:
        state = Path(directory)
        (state / "blocks.toml").write_text(LARGEST_BLOCKS, encoding="utf-8")
        options = ("run", "--source", CONSTANT, "--start", START, "--config", str(state / "blocks.toml"))
        with load.started("meter", command(state, *options)) as server:
            octets, client, seconds = image(state), management(server), []
            processor = server.processor_seconds()
            with Link(Address(*server.address, client_sap=1)) as link:
                link.run(client.associate())
                for _ in range(1 if quick else 5):
                    start = time.perf_counter()
                    link.run(upload(client, octets, b"A2.0", resume=False))
                    seconds.append(time.perf_counter() - start)
                start = time.perf_counter()
                link.run(verify(client))
                verified = time.perf_counter() - start
            processor = (server.processor_seconds() - processor) / len(seconds)
    best = min(seconds)
    rate = OCTETS / 1024 / best
    return Figure(
        best, "s", f"{rate:.0f} KiB/s, processor time of the meter {processor:.2f} s, verified in {verified:.2f} s"
    )


ROWS = (Alone("firmware: 512 KiB in blocks of 1,024 octets, HLS5", "<= 3 s", transfer),)
