"""The memory for images of a device alone: nobody there can install one."""

import pytest

from device.making import device as living
from softmeter.device.images import RESTART_S, Announced, Images, Phase, Verified
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import SECOND, Instant

IMAGE = Verified("A", "2.0", 3, b"signature", b"{}")


def test_a_device_alone_installs_nothing() -> None:
    device = living("2026-01-01T00:00:00Z")
    images = device.behaviours.firmware
    images.announce(Announced(b"A2.0", 10))
    images.judge(device, IMAGE)
    images.activate(device)
    device.advance(Instant(device.now + RESTART_S * SECOND))
    assert (images.phase, images.restarts, images.verified) == (Phase.ACTIVATION_FAILED, 0, None)
    assert images.running == {}


def test_the_restart_waits_for_its_moment_when_the_clock_is_set() -> None:
    device = living("2026-01-01T00:00:00Z")
    images = device.behaviours.firmware
    images.judge(device, IMAGE)
    images.activate(device)
    device.reschedule(device.stamp.second + 1000)
    assert images.due == device.stamp.second + 1000 + RESTART_S


def test_what_is_saved_comes_back() -> None:
    images = Images(64)
    images.announce(Announced(b"A2.0", 1000))
    images.judge(living("2026-01-01T00:00:00Z"), IMAGE)
    images.enabled = False
    again = Images(512)
    again.restore(images.saved())
    assert again.saved() == images.saved()
    assert (again.block_octets, again.count, again.verified, again.phase) == (64, 16, IMAGE, images.phase)


def test_authorities_come_back_in_their_order_however_many() -> None:
    images = Images(64)
    images.authorities = tuple(bytes([number]) for number in range(120))
    again = Images(64)
    again.restore(images.saved())
    assert again.authorities == images.authorities


def test_a_phase_nobody_knows_is_no_state() -> None:
    with pytest.raises(StorageError):
        Images(64).restore({"phase": "melting", "block_octets": 64})


def test_an_image_is_activated_once_verified_and_no_sooner() -> None:
    device = living("2026-01-01T00:00:00Z")
    images = device.behaviours.firmware
    for phase in Phase:
        images.phase = phase
        if phase is not Phase.VERIFICATION_SUCCESSFUL:
            with pytest.raises(ConfigurationError):
                images.activate(device)


def test_the_trust_does_not_show_itself() -> None:
    images = Images(64)
    images.trust = images.trust._replace(image_key=b"secret")
    assert "secret" not in repr(images.trust)
