"""Images of the firmware: taken in blocks, judged, activated by a restart (manual 10; IDIS package 2, 6.9).

What an image says is opaque here: who can read it says whether it is good, and the device's installer does what it
declares. Blocks that were not stored yet are gone after a power cut; whoever sends them asks which ones are missing.
"""

from collections.abc import Callable, Mapping
from copy import copy
from enum import Enum, auto
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from softmeter.device.behaviour import Behaviour
from softmeter.device.events import Event
from softmeter.device.saved import saved_int, saved_octets, saved_text
from softmeter.device.zone import FOREVER
from softmeter.errors import ConfigurationError, StorageError
from softmeter.instant import Instant
from softmeter.persistent import Ring, Scalar

if TYPE_CHECKING:
    from softmeter.device.device import Device

SMALLEST_BLOCK, LARGEST_BLOCK = 64, 1024
USUAL_BLOCK = 512
"""Fits into one APDU, protected or not."""
MOST_OCTETS = 1 << 20
"""The memory that takes an image."""
LONGEST_IDENTIFIER = 64
RESTART_S = 2
"""From the order to activate to the restart: the answer has left by then."""


class Phase(Enum):
    """How far an image has come."""

    NOT_INITIATED = auto()
    INITIATED = auto()
    VERIFICATION_INITIATED = auto()
    VERIFICATION_SUCCESSFUL = auto()
    VERIFICATION_FAILED = auto()
    ACTIVATION_INITIATED = auto()
    ACTIVATION_SUCCESSFUL = auto()
    ACTIVATION_FAILED = auto()


class ImageTrust(NamedTuple):
    """What the boot code knows: the public key that signatures are checked with, and the key of payloads."""

    public_key: bytes = b""
    image_key: bytes = b""

    def __repr__(self) -> str:
        return "ImageTrust(…)"


class Announced(NamedTuple):
    """What was said of an image before its first block."""

    identifier: bytes
    size: int


class Verified(NamedTuple):
    """An image found good: its part (a letter), version, security counter, signature, and what it declares."""

    part: str
    version: str
    counter: int
    signature: bytes
    declared: bytes


class Running(NamedTuple):
    """The image that a part of the firmware runs; nothing but zeros for what came from the factory."""

    counter: int = 0
    signature: bytes = b""
    version: str = ""


Installer = Callable[["Device", Verified], str]
"""Puts an image in force, as a whole or not at all, and says by which version the part is known from then on.

ConfigurationError where it cannot be. Whatever it changes is the device's: nobody sees it before the device is seen.
"""

UNKNOWN = ImageTrust()
"""Nobody: every image is refused."""

PARTS = ("L", "A")
"""What can be replaced: the legal part and the application."""


class Images(Behaviour):
    """The one place for images, and what runs now.

    `restarts` counts the restarts with another image: whoever shows or serves the meter begins anew when it changes.
    `capabilities` are those that the running application image declared; `authorities` the certificates (DER) of those
    whose certificates it takes, of the last one that named some.
    """

    __slots__ = (
        "_held",
        "_seen",
        "announced",
        "authorities",
        "block_octets",
        "blocks",
        "capabilities",
        "enabled",
        "phase",
        "restarts",
        "running",
        "trust",
        "verified",
    )

    name = "firmware"

    def __init__(self, block_octets: int) -> None:
        super().__init__()
        self.trust = UNKNOWN
        self.block_octets = block_octets
        self.enabled = True
        self.phase = Phase.NOT_INITIATED
        self.announced: Announced | None = None
        self.verified: Verified | None = None
        self.blocks: Ring | None = None
        self.running: Mapping[str, Running] = {}
        self.capabilities: Mapping[str, int] = {}
        self.authorities: tuple[bytes, ...] = ()
        self.restarts = 0
        self._held = 0
        self._seen = 0

    @property
    def count(self) -> int:
        """Of the blocks of the image announced."""
        return 0 if self.announced is None else -(-self.announced.size // self.block_octets)

    @property
    def held(self) -> int:
        """Which blocks are here: a bit for each, that of block 0 the lowest."""
        ring = self.blocks
        if ring is not None and self._seen != ring.end:
            for number in ring.rows(self._seen)["number"].tolist():
                self._held |= 1 << number
            self._seen = ring.end
        return self._held

    @property
    def first_missing(self) -> int:
        """The lowest number of a block that is not here; that of all blocks when none is missing."""
        held = self.held
        return (~held & (held + 1)).bit_length() - 1

    @property
    def complete(self) -> bool:
        return self.announced is not None and self.first_missing >= self.count

    def able(self, capability: str) -> int:
        """What the application that runs declared of a capability; 0 is not at all."""
        return self.capabilities.get(capability, 0)

    def announce(self, announced: Announced) -> None:
        """Begin a transfer; another one is forgotten.

        Raises:
            ConfigurationError: there is no room for the image, or its identifier has no length that can be.
        """
        if not 0 < announced.size <= MOST_OCTETS:
            raise ConfigurationError(f"{announced.size} octets; there is room for 1 to {MOST_OCTETS}", "image")
        if not 0 < len(announced.identifier) <= LONGEST_IDENTIFIER:
            raise ConfigurationError(f"has 1 to {LONGEST_IDENTIFIER} octets", "image identifier")
        self.announced, self.verified = announced, None
        self.phase = Phase.INITIATED
        self._room(self.count)

    def take(self, number: int, octets: bytes) -> None:
        """Keep a block; one that is here already is left as it is.

        Raises:
            ConfigurationError: no image was announced, or the block is none of it.
        """
        announced, ring = self.announced, self.blocks
        if self.phase is not Phase.INITIATED or announced is None or ring is None:
            raise ConfigurationError("no transfer was initiated", "image block")
        expected = min(self.block_octets, announced.size - number * self.block_octets)
        if expected <= 0 or len(octets) != expected:
            raise ConfigurationError(f"block {number} has {len(octets)} octets, not {max(0, expected)}", "image block")
        if not self.held >> number & 1:
            ring.append((number, octets))

    def octets(self) -> bytes:
        """The image, whose blocks are all here."""
        if self.announced is None or self.blocks is None:
            return b""
        rows = self.blocks.rows()
        ordered = rows["octets"][np.argsort(rows["number"])]
        return ordered.tobytes()[: self.announced.size]

    def judge(self, device: "Device", verified: Verified | None) -> None:
        """The image is good; or, with None, it is not."""
        self.verified = verified
        if verified is None:
            self.phase = Phase.VERIFICATION_FAILED
            device.record(Event.FIRMWARE_REFUSED)
            return
        self.phase = Phase.VERIFICATION_SUCCESSFUL
        device.record(Event.FIRMWARE_READY)

    def activate(self, device: "Device") -> None:
        """Restart with the image that was found good, a moment from now.

        Raises:
            ConfigurationError: there is none.
        """
        if self.phase is not Phase.VERIFICATION_SUCCESSFUL:
            raise ConfigurationError("no image was verified", "image activation")
        self.phase = Phase.ACTIVATION_INITIATED
        self.due = device.stamp.second + RESTART_S

    def run(self, device: "Device", second: int) -> None:  # noqa: ARG002
        """Restart."""
        verified = self.verified
        self._forget()
        if verified is None:
            return
        try:
            version = device.install(verified)
        except ConfigurationError:
            self.phase = Phase.ACTIVATION_FAILED
            return
        self.phase = Phase.ACTIVATION_SUCCESSFUL
        self.running = {**self.running, verified.part: Running(verified.counter, verified.signature, version)}
        self.restarts += 1
        device.behaviours.diagnosis.look(device)
        device.record(Event.FIRMWARE_ACTIVATED)

    def reschedule(self, device: "Device", second: int) -> None:  # noqa: ARG002
        if self.due != FOREVER:
            self.due = second + RESTART_S

    def power_down(self, device: "Device", at: Instant) -> None:  # noqa: ARG002
        """The old image starts again; the new one is kept and waits for another order."""
        if self.phase is Phase.ACTIVATION_INITIATED:
            self.phase, self.due = Phase.VERIFICATION_SUCCESSFUL, FOREVER

    def fork(self) -> "Images":
        twin = copy(self)
        twin.blocks = None if self.blocks is None else self.blocks.fork()
        return twin

    def saved(self) -> Mapping[str, Scalar]:
        saved: dict[str, Scalar] = {}
        if self.trust != UNKNOWN:
            saved |= {"public_key": self.trust.public_key, "image_key": self.trust.image_key}
        if not self.enabled:
            saved["enabled"] = 0
        if self.blocks is not None:  # from then on for ever: the numbers of its rows go on
            saved |= {"phase": self.phase.name.lower(), "block_octets": self.block_octets, "due": self.due}
        if self.announced is not None:
            saved |= {"identifier": self.announced.identifier, "size": self.announced.size}
        if self.verified is not None:
            saved |= {f"verified.{name}": value for name, value in self.verified._asdict().items()}
        for part, running in self.running.items():
            saved |= {f"running.{part}.{name}": value for name, value in running._asdict().items()}
        saved |= {f"capability.{name}": value for name, value in self.capabilities.items()}
        saved |= {f"authority.{number:02}": der for number, der in enumerate(self.authorities)}
        return {**saved, "restarts": self.restarts} if self.restarts else saved

    def restore(self, saved: Mapping[str, Scalar]) -> None:
        self.trust = ImageTrust(saved_octets(saved, "public_key", b""), saved_octets(saved, "image_key", b""))
        self.enabled = bool(saved_int(saved, "enabled", 1))
        self.restarts = saved_int(saved, "restarts", 0)
        self.capabilities = {
            name.removeprefix("capability."): saved_int(saved, name, 0)
            for name in saved
            if name.startswith("capability.")
        }
        named = sorted((name for name in saved if name.startswith("authority.")), key=lambda name: (len(name), name))
        self.authorities = tuple(saved_octets(saved, name, b"") for name in named)
        self.running = {
            part: Running(
                saved_int(saved, f"running.{part}.counter", 0),
                saved_octets(saved, f"running.{part}.signature", b""),
                saved_text(saved, f"running.{part}.version", ""),
            )
            for part in PARTS
            if f"running.{part}.counter" in saved
        }
        if "phase" in saved:
            self._restore_transfer(saved)

    def _restore_transfer(self, saved: Mapping[str, Scalar]) -> None:
        try:
            self.phase = Phase[saved_text(saved, "phase", "").upper()]
        except KeyError as error:
            raise StorageError(f"firmware is in the unknown phase {error}") from None
        self.due = saved_int(saved, "due", FOREVER)
        self.block_octets = saved_int(saved, "block_octets", self.block_octets)
        if "size" in saved:
            self.announced = Announced(saved_octets(saved, "identifier", b""), saved_int(saved, "size", 0))
        if "verified.part" in saved:
            self.verified = Verified(
                saved_text(saved, "verified.part", ""),
                saved_text(saved, "verified.version", ""),
                saved_int(saved, "verified.counter", 0),
                saved_octets(saved, "verified.signature", b""),
                saved_octets(saved, "verified.declared", b""),
            )
        self._room(self.count)

    def _room(self, blocks: int) -> None:
        """Have room for so many blocks, and none of them here."""
        kind = _row(self.block_octets)
        if self.blocks is None:
            self.blocks = Ring("firmware.blocks", kind, blocks)
        else:
            self.blocks.reshape(kind, blocks)
        self._held, self._seen = 0, self.blocks.end

    def _forget(self) -> None:
        self.announced, self.verified, self.due = None, None, FOREVER
        self._room(0)


@lru_cache(maxsize=64)
def _row(block_octets: int) -> "np.dtype[Any]":
    """A stored block; the last one of an image is filled up with zeros."""
    return np.dtype([("number", "<u4"), ("octets", f"V{block_octets}")])
