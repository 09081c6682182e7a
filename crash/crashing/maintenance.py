"""What a head-end does to a meter besides reading it: settings, keys, images, sub-meters, logs cleared."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from crashing.clients import Caller
from crashing.ledger import KEYS_OF, Ledger, Told
from meter.walk_values import EXPORT, IMPORT, STATUS, array, captured, name, octets, structure, time
from softmeter.cosem.classes.image_transfer import ImageBlock, ImageInitiation
from softmeter.cosem.classes.security_setup import KeyTransfer, transfers_form
from softmeter.dlms.messages import AttributeReference, MethodReference
from softmeter.errors import AccessError
from softmeter.firmware.image import Kind, build, sign
from softmeter.firmware.payload import SECURITY_SUITE, ApplicationPayload, encode
from softmeter.meter.clients import MAINTENANCE, MANAGEMENT, SECURITY_SETUPS
from softmeter.meter.meter import Meter
from softmeter.obis import Obis
from softmeter.runtime import image_keys
from softmeter.security.identity import Purpose
from softmeter.security.suites import Key
from softmeter.security.wrapping import KeyId, wrap_key
from softmeter.wire.types import EnumOf, i8, struct, u8, u16

IMAGE_OCTETS = 2_000
_DUMMY = i8.encode(0)
_COLUMNS = (IMPORT, EXPORT, STATUS, (3, "1.0.3.8.0.255"), (3, "1.0.4.8.0.255"), (1, "0.0.96.1.1.255"))
_DAY = "0.0.10.0.100.255"

Setting = Callable[[int], bytes]
SETTINGS: dict[tuple[int, str, int], Setting] = {
    (1, "0-0:96.13.0", 2): lambda number: octets(b"message %d" % number),
    (20, "0-0:13.0.0", 6): lambda number: octets(b"calendar %d" % number),
    (20, "0-0:13.0.0", 9): lambda number: array(
        structure(
            u8.encode(1),
            array(
                structure(octets(bytes((0, 0, 0, 0))), name(_DAY), u16.encode(1)),
                structure(octets(bytes((1 + number // 60 % 23, number % 60, 0, 0))), name(_DAY), u16.encode(2)),
            ),
        )
    ),
    (11, "0-0:11.0.0", 2): lambda number: array(
        structure(u16.encode(1), time(f"{2000 + number % 90:04x}0c19ff"), u8.encode(1))
    ),
    (7, "0-0:21.0.1", 3): lambda number: captured(
        *(one for place, one in enumerate(_COLUMNS) if (number % 62 + 1) >> place & 1)
    ),
    (40, "0-0:25.9.0", 5): lambda number: u16.encode(number % 0x10000),
    (3, "1-0:12.43.0", 2): lambda number: u16.encode(1 + number % 300),
}
"""Class, object and attribute, and a value of it that hardly comes twice."""

LOGS = ("0-0:99.98.0", "0-0:99.98.1", "1-0:99.14.0")


class Maintenance:
    """The one who maintains a meter, in an association of his own at a time."""

    def __init__(self, meter: Meter, ledger: Ledger, random: Random, state: Path) -> None:
        self._meter = meter
        self._ledger = ledger
        self._random = random
        self._state = state
        self._chores: tuple[Callable[[Caller], Awaitable[None]], ...] = (
            self._set,
            self._set,
            self._send_image,
            self._activate,
            self._install,
            self._capture,
            self._clear,
            self._replace_keys,
        )

    async def chore(self, caller: Caller) -> None:
        """Do something, or have it refused."""
        with suppress(AccessError):
            await self._random.choice(self._chores)(caller)

    async def _set(self, caller: Caller) -> None:
        kind, place, attribute = where = self._random.choice(tuple(SETTINGS))
        obis, value = Obis.parse(place), SETTINGS[where](len(self._ledger.asked) + 1)
        key = kind.to_bytes(2, "big") + obis.octets + bytes((attribute,))
        await caller.set(AttributeReference(kind, obis, attribute), key, value)

    async def _send_image(self, caller: Caller) -> None:
        """Transfer an image; some transfers end before the last block, the others have it verified."""
        image, identifier = self._image()
        initiation = struct(ImageInitiation).encode(ImageInitiation(identifier, len(image)))
        await self._order(caller, 1, initiation)
        size = self._meter.device.behaviours.firmware.block_octets
        for block in range(-(-len(image) // size)):
            octets = image[block * size : (block + 1) * size]
            await self._order(caller, 2, struct(ImageBlock).encode(ImageBlock(block, octets)))
            if self._random.random() < 0.05:
                return
        await self._order(caller, 3, _DUMMY)
        self._ledger.tell(Told(image=identifier))
        if self._random.random() < 0.5:
            await self._activate(caller)

    async def _activate(self, caller: Caller) -> None:
        await self._order(caller, 4, _DUMMY)

    async def _order(self, caller: Caller, method: int, parameter: bytes) -> None:
        await caller.run(caller.client.action(MethodReference(18, Obis(0, 0, 44, 0, 0), method), parameter))

    def _image(self) -> tuple[bytes, bytes]:
        """The next image for this meter, and its identifier, which no other one had."""
        keys = image_keys.read(self._state / image_keys.FILE_NAME)
        assert keys.pair is not None
        running = self._meter.device.behaviours.firmware.running.get("A")
        version = f"2.{len(self._ledger.asked)}"
        self._ledger.asked.append((b"image", version.encode()))
        capabilities = {SECURITY_SUITE: 1} if self._random.random() < 0.7 else {}
        payload = encode(ApplicationPayload(capabilities), IMAGE_OCTETS)
        counter, counter_block = 1 if running is None else running.counter + 1, version.encode().ljust(16)
        unsigned = build(Kind.APPLICATION, version, "IQ0102065BNEM??", counter, payload, keys.image_key, counter_block)
        return sign(unsigned, keys.pair), f"A{version}".encode()

    async def _install(self, caller: Caller) -> None:
        """A sub-meter comes, or one goes."""
        channel = self._random.choice((1, 2))
        method = 2 if self._random.random() < 0.3 else 1
        parameter = i8.encode(0) if method == 2 else u8.encode(0)
        await caller.run(caller.client.action(MethodReference(72, Obis(0, channel, 24, 1, 0), method), parameter))

    async def _capture(self, caller: Caller) -> None:
        """Have a sub-meter read now."""
        place = Obis(0, self._random.choice((1, 2)), 24, 1, 0)
        await caller.run(caller.client.action(MethodReference(72, place, 3), _DUMMY))

    async def _clear(self, caller: Caller) -> None:
        place = Obis.parse(self._random.choice(LOGS))
        await caller.run(caller.client.action(MethodReference(7, place, 1), _DUMMY))

    async def draw_pair(self, caller: Caller) -> None:
        """As management, have a meter of suite 1 draw a key pair for a certificate to come."""
        purpose = self._random.choice((Purpose.SIGNATURE, Purpose.AGREEMENT))
        method = MethodReference(64, SECURITY_SETUPS[MANAGEMENT], 4)
        with suppress(AccessError):
            await caller.run(caller.client.action(method, EnumOf(Purpose).encode(purpose)))

    async def _replace_keys(self, caller: Caller) -> None:
        """Other keys for this client; its association ends with them."""
        master, number = self._meter.key_ring.master, len(self._ledger.asked) + 1
        fresh = {
            KeyId.UNICAST_ENCRYPTION: b"encryption" + number.to_bytes(6, "big"),
            KeyId.AUTHENTICATION: b"authentic." + number.to_bytes(6, "big"),
        }
        wrapped = tuple(KeyTransfer(key_id, wrap_key(Key(master), key)) for key_id, key in fresh.items())
        what = KEYS_OF + bytes((MAINTENANCE,)), b"".join(fresh.values())
        self._ledger.asked.append(what)
        method = MethodReference(64, SECURITY_SETUPS[MAINTENANCE], 2)
        await caller.run(caller.client.action(method, transfers_form.encode(wrapped)))
        self._ledger.tell(Told(stored=what))
