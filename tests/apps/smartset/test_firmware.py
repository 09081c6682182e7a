"""`smartset firmware`: upload, verify, activate, status, against a whole meter behind a socket."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset, living
from firmware.images import TRUST, Recipe
from softmeter.device.images import USUAL_BLOCK
from softmeter.firmware.image import SIGNATURE_OCTETS
from softmeter.firmware.payload import ApplicationPayload, encode
from softmeter.instant import SECOND, Instant
from softmeter.meter.meter import Meter

IMAGE = Recipe(payload=encode(ApplicationPayload(), 5000)).made()
BLOCKS = -(-len(IMAGE) // USUAL_BLOCK)
Own = tuple[Smartset, Meter]


@pytest.fixture
def image(tmp_path: Path, own: Own) -> str:
    own[1].device.behaviours.firmware.trust = TRUST
    path = tmp_path / "image"
    path.write_bytes(IMAGE)
    return str(path)


def test_an_image_goes_in_and_is_verified(own: Own, image: str) -> None:
    smartset, _ = own
    status, shown, _ = smartset("firmware", "upload", image)
    assert (status, f"{BLOCKS} blocks sent" in shown) == (0, True)
    status, shown, _ = smartset("--json", "firmware", "upload", image)
    assert json.loads(shown)["blocks_sent"] == 0
    assert smartset("--json", "firmware", "upload", image, "--restart", "--unconfirmed")[0] == 0
    status, shown, _ = smartset("firmware", "verify")
    assert (status, "A1.05.02 is good" in shown) == (0, True)
    status, shown, _ = smartset("--json", "firmware", "status")
    told = json.loads(shown)
    assert (told["status"], told["blocks"], told["blocks_missing"]) == ("verification successful", BLOCKS, 0)
    assert told["to_activate"] == ["A1.05.02"]
    assert "verified     A1.05.02" in smartset("firmware", "status")[1]


def test_blocks_go_to_all_meters_and_this_one_gets_what_it_missed(own: Own, image: str) -> None:
    smartset, meter = own
    status, shown, _ = smartset("--json", "firmware", "upload", image, "--broadcast")
    told = json.loads(shown)
    assert (status, told["blocks_to_all"], told["blocks_sent"]) == (0, BLOCKS, 0)
    assert meter.device.behaviours.firmware.complete
    status, shown, _ = smartset("firmware", "upload", image, "--broadcast", "--restart")
    assert (status, f"{BLOCKS} blocks sent to all meters and 0 blocks sent" in shown) == (0, True)
    assert smartset("firmware", "verify")[0] == 0
    meter.key_ring.change(1, broadcast_encryption=bytes(16))  # its messages are not heard any more
    status, shown, _ = smartset("--json", "firmware", "upload", image, "--broadcast", "--restart")
    told = json.loads(shown)
    assert (status, told["blocks_to_all"], told["blocks_sent"]) == (0, BLOCKS, BLOCKS)


@pytest.mark.slow
def test_an_image_is_activated_now(own: Own, image: str) -> None:
    smartset, meter = own
    smartset("firmware", "upload", image)
    smartset("firmware", "verify")
    with living(meter):
        status, shown, _ = smartset("firmware", "activate")
    assert (status, "application 1.05.02" in shown) == (0, True)


def test_nobody_has_to_wait_for_the_restart(own: Own, image: str) -> None:
    smartset, _ = own
    smartset("firmware", "upload", image)
    smartset("firmware", "verify")
    status, shown, _ = smartset("firmware", "activate", "--wait", "0")
    assert (status, "about to restart" in shown) == (0, True)
    for order in (["verify"], ["upload", image]):
        status, _, error = smartset("firmware", *order)
        assert (status, "the meter is about to restart with an image" in error) == (2, True)


def test_an_image_is_activated_at_a_time(own: Own, image: str) -> None:
    smartset, meter = own
    smartset("firmware", "upload", image)
    smartset("firmware", "verify")
    assert smartset("firmware", "activate", "--at", "2026-01-03T02:00:00")[0] == 0
    meter.device.advance(Instant(meter.device.now + 86_400 * SECOND))
    assert meter.identity.application_firmware == "1.05.02"


@pytest.mark.parametrize(
    ("at", "says"),
    [
        ("2025-01-03T02:00:00", "has passed: the meter's clock shows 2026-01-"),
        ("2026-01-03T02:00:00+01:00", "has an offset; write the meter's local time"),
        ("tomorrow", "'tomorrow' is no date and time"),
    ],
)
def test_a_time_at_which_nothing_would_happen_is_refused(own: Own, at: str, says: str) -> None:
    smartset, meter = own
    before = meter.device.behaviours.schedules.saved()
    status, _, error = smartset("firmware", "activate", "--at", at)
    assert (status, len(error.splitlines())) == (2, 1)
    assert "--at: " in error
    assert says in error
    assert meter.device.behaviours.schedules.saved() == before


def test_what_is_wrong_is_told_in_a_line(own: Own, image: str, tmp_path: Path) -> None:
    smartset, _ = own
    status, _, error = smartset("firmware", "verify")
    assert (status, "there is no image to verify" in error) == (2, True)
    status, _, error = smartset("firmware", "activate")
    assert (status, "there is no image to activate (not initiated); send one with" in error) == (2, True)
    bad = tmp_path / "bad"
    bad.write_bytes(IMAGE[:-1] + b"\0")
    assert smartset("firmware", "upload", str(bad))[0] == 0
    status, _, error = smartset("firmware", "verify")
    assert (status, "the meter refuses the image" in error) == (2, True)
    status, _, error = smartset("firmware", "activate")
    assert (status, "no image was found good (verification failed)" in error) == (2, True)
    assert smartset("set", "0-0:44.0.0:5", "false")[0] == 0
    for order in ("activate", "verify"):
        status, _, error = smartset("firmware", order)
        assert (status, "image transfer is switched off" in error) == (2, True)
    assert smartset("firmware", "upload", image, "--broadcast")[0] == 0  # which switches it on
    bad.write_bytes(b"no image at all")
    status, _, error = smartset("firmware", "upload", str(bad))
    assert (status, "--identifier" in error) == (2, True)
    assert smartset("firmware", "upload", str(bad), "--identifier", "A1")[0] == 0
    status, _, error = smartset("firmware", "upload", str(tmp_path / "nothing"))
    assert (status, "cannot be read" in error) == (2, True)
    assert smartset("firmware", "upload", image, client="readout")[0] == 2


def test_an_image_that_is_not_signed_is_not_sent(own: Own, tmp_path: Path) -> None:
    path = tmp_path / "unsigned"
    path.write_bytes(IMAGE[:-SIGNATURE_OCTETS])
    status, shown, error = own[0]("firmware", "upload", str(path))
    assert (status, shown, "is not signed yet; sign it with: softmeter firmware sign" in error) == (2, "", True)


def test_blocks_that_were_there_may_be_of_another_image_and_that_is_said(own: Own, image: str, tmp_path: Path) -> None:
    smartset, _ = own
    other = tmp_path / "other"
    other.write_bytes(Recipe(payload=encode(ApplicationPayload(), 4990)).made())
    assert "there already" not in smartset("firmware", "upload", str(other))[1]
    assert "as many blocks were there already, maybe of another image" in smartset("firmware", "upload", image)[1]
    assert smartset("firmware", "verify")[0] == 0  # the other one is good, too
    assert f"{BLOCKS} blocks sent" in smartset("firmware", "upload", image)[1]  # now they are told apart by signature
    assert smartset("firmware", "verify")[0] == 0
    _, shown, _ = smartset("firmware", "upload", image)
    assert ("0 blocks sent" in shown, "there already" in shown) == (True, False)


@pytest.mark.parametrize("way", [["--udp"], ["--hdlc"], ["--mode-e"]])
def test_requests_go_ahead_of_answers_over_tcp_only(own: Own, image: str, way: list[str]) -> None:
    smartset, _ = own
    status, out, error = smartset(*way, "--client", "maintenance", "firmware", "upload", image, "--ahead", "2")
    assert (status, out) == (2, "")
    assert "--ahead: only TCP" in error


def test_a_version_that_the_meter_tells_commands_no_terminal(own: Own) -> None:
    smartset, meter = own
    meter.factory.identity = replace(meter.factory.identity, application_firmware="1\x1b[2J")
    assert r"application  1\x1b[2J" in smartset("firmware", "status")[1]
