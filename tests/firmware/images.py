"""Images for tests: a manufacturer with fixed keys, and a meter that trusts him."""

from dataclasses import dataclass, field, replace
from typing import Any

from meter.making import Made, values_of
from softmeter.cosem.classes.image_transfer import ImageBlock, ImageInitiation
from softmeter.device.images import LARGEST_BLOCK, ImageTrust, Phase
from softmeter.errors import AccessError
from softmeter.firmware.image import HEADER, HEADER_OCTETS, Header, Kind, build, sign
from softmeter.firmware.payload import ApplicationPayload, LegalPayload, encode
from softmeter.legal import CHECKSUM, VERSION
from softmeter.meter.actor import Actor
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.security.curves import KeyPair
from softmeter.security.suites import Key, Suite
from softmeter.wire.types import Data, Tag, decode_data, encode_data, struct

MAKER = KeyPair.of(Suite.SUITE_1, bytes(range(1, 33)))
STRANGER = KeyPair.of(Suite.SUITE_1, bytes(range(2, 34)))
IMAGE_KEY = Key(bytes(range(16)))
TRUST = ImageTrust(bytes(MAKER.public), bytes(IMAGE_KEY))
COUNTER_BLOCK = bytes(range(0xF0, 0x100))
HARDWARE = "IQ0102065BNEM??"
PLACE = (18).to_bytes(2, "big") + Obis.parse("0-0:44.0.0").octets
DUMMY = encode_data(Data(Tag.INTEGER, 0))
INITIATION, BLOCK = struct(ImageInitiation), struct(ImageBlock)


@dataclass(frozen=True)
class Recipe:
    """What an image is made of; the defaults make a good one."""

    kind: Kind = Kind.APPLICATION
    version: str = "1.05.02"
    hardware: str = HARDWARE
    counter: int = 7
    payload: bytes = encode(ApplicationPayload(), 1000)
    image_key: Key = IMAGE_KEY
    pair: KeyPair = MAKER
    header: dict[str, Any] = field(default_factory=dict)

    def made(self) -> bytes:
        """The image, with the header's fields replaced before it is signed."""
        unsigned = build(
            self.kind, self.version, self.hardware, self.counter, self.payload, self.image_key, COUNTER_BLOCK
        )
        if not self.header:
            return sign(unsigned, self.pair)
        header: Header = replace(HEADER.decode_bare(unsigned[:HEADER_OCTETS]), **self.header)
        forged = HEADER.encode_bare(header) + unsigned[HEADER_OCTETS:]
        return forged + self.pair.sign(forged)


def legal(version: str = VERSION, checksum: str = CHECKSUM, **given: Any) -> Recipe:
    return Recipe(Kind.LEGAL, version, payload=encode(LegalPayload(checksum), 300), **given)


class Loader:
    """A management client that puts images into a meter, through the objects."""

    def __init__(self, made: Made | None = None) -> None:
        self.made = made or Made()
        images = self.made.meter.device.behaviours.firmware
        images.trust = TRUST
        if images.phase is Phase.NOT_INITIATED:
            images.block_octets = LARGEST_BLOCK
        self.view = self.made.meter.view(Audience.MANAGEMENT)

    def get(self, attribute: int) -> Data:
        return decode_data(self.view.readers[PLACE + bytes((attribute,))](self.made.meter))

    def call(self, method: int, parameter: bytes = DUMMY) -> int:
        """The result of a method."""
        try:
            self.view.invokers[PLACE + bytes((method,))](self.made.meter, parameter)
        except AccessError as error:
            return error.result
        return 0

    def put(self, number: int, octets: bytes) -> int:
        return self.call(2, BLOCK.encode(ImageBlock(number, octets)))

    @property
    def status(self) -> int:
        return int(self.get(6).value)

    def initiate(self, image: bytes, identifier: str = "A1.05.02", size: int | None = None) -> int:
        announced = ImageInitiation(identifier.encode(), len(image) if size is None else size)
        return self.call(1, INITIATION.encode(announced))

    def load(self, image: bytes, identifier: str = "A1.05.02") -> int:
        """Put a whole image in and have it verified; the result of that."""
        assert self.initiate(image, identifier) == 0
        for number, block in enumerate(cut(image, int(self.get(2).value))):
            assert self.put(number, block) == 0
        return self.call(3)


def cut(image: bytes, size: int) -> list[bytes]:
    return [image[at : at + size] for at in range(0, len(image), size)]


def restarted(made: Made) -> Made:
    """Another process with what the store of the first one holds."""
    changes = Actor(made.meter).changes()  # all there is: it knows of nothing stored before
    saved = values_of(changes)
    again = Made()
    again.actor.restore(saved, {name: Stored(*rows) for name, rows in changes.appended.items()})
    return again


class Stored:
    """Rows as a store gives them back."""

    def __init__(self, first: int, rows: Any) -> None:
        self.first = first
        self._rows = rows

    def rows(self, dtype: Any) -> Any:
        assert self._rows.dtype == dtype
        return self._rows
