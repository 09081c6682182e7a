"""gurux-dlms as the head-end that updates a meter: its image transfer object, and our images."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from interop.foreign import answered, started
from interop.meter_process import ended, launch, met, running, smartset
from interop.raw_client import credentials, next_counter
from softmeter.dlms.acse import Mechanism
from softmeter.dlms.channel import Credentials, Family
from softmeter.dlms.client import Client
from softmeter.dlms.image_upload import upload
from softmeter.firmware.image import Kind, build, sign
from softmeter.firmware.payload import ApplicationPayload, Setting, encode
from softmeter.obis import Obis
from softmeter.runtime import image_keys
from softmeter.runtime.entropy import SystemEntropy
from softmeter.security.suites import Key
from softmeter.transport.tcp import Address, Link
from softmeter.wire.types import Data, Tag, encode_data

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from interop.meter_process import Meter
    from softmeter.dlms.conversation import Conversation

pytestmark = [pytest.mark.interop, pytest.mark.slow]

SIZE, BLOCK = 20_000, 512
BLOCKS = -(-SIZE // BLOCK)


def image(meter: Meter, version: str, size: int = SIZE) -> bytes:
    keys = image_keys.read(meter.keys.parent / image_keys.FILE_NAME)
    assert keys.pair is not None
    note = Setting(1, Obis.parse("0-0:96.1.2"), 2, encode_data(Data(Tag.OCTET_STRING, b"new")))
    payload = encode(ApplicationPayload(settings=(note,)), size - 96 - 64)
    counter_block = version.encode().ljust(16)
    unsigned = build(Kind.APPLICATION, version, "IQ0102065BNEM??", 1, payload, keys.image_key, counter_block)
    return sign(unsigned, keys.pair)


def transferred(meter: Meter, octets: bytes, version: str, folder: Path) -> dict[str, Any]:
    path = folder / "image"
    path.write_bytes(octets)
    where = ["--meter", meter.text_address("wan"), "--keys", str(meter.keys)]
    what = ["--image", str(path), "--identifier", f"A{version}"]
    return dict(answered(started("gurux", "gurux_firmware.py", *where, *what)))


@contextmanager
def alive(state: Path, *options: str) -> Iterator[Meter]:
    """A meter that is killed when the block ends."""
    meter = met(state, launch(state, *options))
    try:
        yield meter
    finally:
        ended(meter.process)


def begun(client: Client, octets: bytes, requests: int) -> Conversation[None]:
    """An upload that breaks off after so many requests."""
    conversation = upload(client, octets, b"A2.0")
    request = next(conversation)
    for _ in range(requests):
        request = conversation.send((yield request))
    conversation.close()


def upload_some(meter: Meter, octets: bytes, requests: int) -> None:
    """Begins or goes on with an upload, and leaves time for what came to be stored."""
    known = credentials(meter.keys, "management")
    secrets = Credentials(
        Mechanism.HLS_GMAC,
        Key(),
        Family.SERVICE,
        system_title=b"KIL\x00\x00\x00\x00\x01",
        encryption_key=Key(known.encryption_key),
        authentication_key=Key(known.authentication_key),
    )
    client = Client(secrets, SystemEntropy(), counter=next_counter(meter.address("wan"), "management"))
    with Link(Address(*meter.address("wan"), client_sap=1)) as link:
        link.run(client.associate())
        link.run(begun(client, octets, requests))
    time.sleep(4)


def test_a_meter_killed_at_any_moment_has_the_old_firmware_or_the_new(tmp_path: Path) -> None:
    state, path, versions = tmp_path / "state", tmp_path / "image", set[str]()
    options = ("--source", "constant:u=230,i=5", "--off-for", "60s")
    with alive(state, *options) as meter:
        octets = image(meter, "2.0", 200_000)
        path.write_bytes(octets)
        upload_some(meter, octets, 120)
    with alive(state, *options) as meter:
        upload_some(meter, octets, 120)
    blocks = -(-len(octets) // BLOCK)
    with alive(state, *options, "--rate", "0.01") as meter:  # so slow that it is killed long before it restarts
        assert smartset(meter, "management", "firmware", "status")["blocks_missing"] < blocks - 150
        assert smartset(meter, "management", "firmware", "upload", str(path))["blocks_sent"] < blocks - 150
        order_restart(meter)
    for delay_s in (0.0, 0.7, 1.4, 2.1, 2.8, 3.5, 30.0):
        with alive(state, *options) as meter:
            versions.add(seen := application(meter))
            if seen == "2.0":
                break
            order_restart(meter)
            time.sleep(delay_s)
    assert versions == {"1.05.00", "2.0"}


def order_restart(meter: Meter) -> None:
    smartset(meter, "management", "firmware", "verify")
    smartset(meter, "management", "firmware", "activate", "--wait", "0")


def application(meter: Meter) -> str:
    """The version that runs, which agrees with what else is to be seen."""
    status = smartset(meter, "management", "firmware", "status")
    version = str(status["application"])
    scroll = smartset(meter, "management", "get", "0-0:96.1.2")["value"]
    assert {"1.05.00": "", "2.0": "new"}[version] in str(scroll)
    expected = {"1.05.00": "verification successful", "2.0": "activation successful"}
    assert status["status"] == expected[version]
    return version


def test_a_foreign_head_end_updates_the_application(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--source", "constant:u=230,i=5") as meter:
        good = image(meter, "2.0")
        damaged = bytearray(good)
        damaged[5000] ^= 1
        seen = transferred(meter, bytes(damaged), "2.0", tmp_path)
        assert (seen["refused"], seen["status"], seen["to_activate"]) == (True, 4, [])
        seen = transferred(meter, good, "2.0", tmp_path)
        assert seen["blocks"] == seen["complete"] == BLOCKS
        assert (seen["early"], seen["refused"], seen["status"]) == (True, False, 6)
        assert seen["first_missing"] == BLOCKS - 1
        assert seen["held"] == "1" * (BLOCKS - 1) + "0"
        status = smartset(meter, "management", "firmware", "status")
        assert (status["application"], status["status"]) == ("2.0", "activation successful")
        events = smartset(meter, "management", "events", "standard")
        assert [event["code"] for event in events][-3:] == [51, 17, 18]
