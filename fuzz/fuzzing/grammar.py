"""Inputs by grammar: mostly well formed, so that they get past the first checks; lies are told now and then."""

from collections.abc import Callable, Sequence
from random import Random

from softmeter.wire.ber import encode_element
from softmeter.wire.types import encode_length

_FIXED = {
    0x00: 0, 0x03: 1, 0x05: 4, 0x06: 4, 0x0D: 1, 0x0F: 1, 0x10: 2, 0x11: 1, 0x12: 2, 0x14: 8, 0x15: 8, 0x16: 1,
    0x17: 4, 0x18: 8, 0x19: 12, 0x1A: 5, 0x1B: 4, 0x1C: 1, 0x1D: 2, 0x1E: 4, 0x1F: 1, 0x20: 2, 0x21: 4, 0xFF: 0,
}  # fmt: skip
_FIXED_TAGS = tuple(_FIXED)
_STRINGS = (0x09, 0x09, 0x0A, 0x0C)
_LONGEST = 16_384
"""Octets of a request."""
INTERESTING = (0x00, 0x01, 0x02, 0x09, 0x0F, 0x13, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xC0, 0xFE, 0xFF)
"""Octets at which lengths, counts, signs and tags turn over."""
DATE_TIME = bytes.fromhex("090c07e40119060d091eff800000")


def octets(random: Random, most: int = 24) -> bytes:
    """Any octets, `most` at most."""
    return random.randbytes(random.randrange(most + 1))


def length(random: Random, true: int) -> bytes:
    """A length, which one time in thirty is another than the true one."""
    lie = random.random()
    if lie > 0.033:
        return encode_length(true)
    return random.choice(
        (b"\x80", b"\x84\xff\xff\xff\xff", b"\x83\x01\x00\x00", b"\x7f", b"\x00", bytes((true & 0x7F,)))
    )


def data(random: Random, depth: int = 0) -> bytes:
    """A value of any type, tag and content."""
    kind = random.random()
    if kind < 0.55 or depth > 5:
        tag = random.choice(_FIXED_TAGS)
        return bytes((tag,)) + random.randbytes(_FIXED[tag])
    if kind < 0.75:
        tag = random.choice(_STRINGS)
        content = octets(random) if tag != 0x0C else octets(random).decode("latin-1").encode()
        return bytes((tag,)) + length(random, len(content)) + content
    if kind < 0.8:
        bits = random.randrange(40)
        return b"\x04" + length(random, bits) + random.randbytes((bits + 7) // 8)
    if kind < 0.95:
        elements = [data(random, depth + 1) for _ in range(random.randrange(5))]
        return bytes((random.choice((1, 2)),)) + length(random, len(elements)) + b"".join(elements)
    if kind < 0.98:
        return compact(random)
    return b"\x02\x01" * random.choice((3, 15, 16, 17, 500)) + b"\x00"


def compact(random: Random) -> bytes:
    """A compact array."""
    contents = octets(random, 60)
    return b"\x13" + description(random) + length(random, len(contents)) + contents


def description(random: Random, depth: int = 0) -> bytes:
    """A type description."""
    kind = random.random()
    if kind < 0.6 or depth > 4:
        return bytes((random.choice(_FIXED_TAGS),))
    if kind < 0.8:
        return (
            b"\x01"
            + random.choice((b"\x00\x00", b"\x00\x03", b"\xff\xff", b"\x01\x00"))
            + description(random, depth + 1)
        )
    if kind < 0.83 and depth == 0:
        return b"\x02\x7f" + description(random, depth + 1) * 127
    parts = [description(random, depth + 1) for _ in range(random.randrange(4))]
    return b"\x02" + length(random, len(parts)) + b"".join(parts)


class Requests:
    """Requests to a meter whose attributes and methods are known by their `keys` (class, name, number: 9 octets)."""

    def __init__(self, attributes: Sequence[bytes], methods: Sequence[bytes]) -> None:
        self._attributes = attributes
        self._methods = methods
        self._forms: tuple[Callable[[Random], bytes], ...] = (
            self.get, self.get, self.get_next, self.get_list, self.put, self.put, self.put_list, self.put_block,
            self.act, self.act, self.act_list, self.act_block, self.access, self.general_block, self.notification,
        )  # fmt: skip

    def __call__(self, random: Random) -> bytes:
        """Any request."""
        return random.choice(self._forms)(random)[:_LONGEST]

    def key(self, random: Random, *, method: bool = False) -> bytes:
        """Mostly something the meter has."""
        known = self._methods if method else self._attributes
        key = random.choice(known)
        if random.random() < 0.1:
            at = random.randrange(9)
            key = key[:at] + random.choice(INTERESTING).to_bytes(1, "big") + key[at + 1 :]
        return key

    def invoke(self, random: Random) -> bytes:
        return bytes((random.choice((0xC1, 0xC1, 0x41, 0x81, 0x01, 0xFF)),))

    def number(self, random: Random) -> bytes:
        return random.choice((1, 1, 1, 2, 2, 3, 0, 0xFFFFFFFF)).to_bytes(4, "big")

    def selection(self, random: Random) -> bytes:
        """None, by range, by entry, or something else."""
        kind = random.random()
        if kind < 0.6:
            return b"\x00"
        if kind < 0.75:
            restricting = b"\x02\x04\x12\x00\x08\x09\x06\x00\x00\x01\x00\x00\xff\x0f\x02\x12\x00\x00"
            ends = [data(random) if random.random() < 0.2 else self.moment(random) for _ in range(2)]
            return b"\x01\x01\x02\x04" + restricting + b"".join(ends) + b"\x01\x00"
        if kind < 0.9:
            first, last = (random.choice((0, 1, 2, 5280, 0xFFFFFFFF, random.getrandbits(13))) for _ in range(2))
            columns = b"\x12\x00\x01\x12" + random.choice((b"\x00\x00", b"\x00\x02", b"\xff\xff"))
            return b"\x01\x02\x02\x04\x06" + first.to_bytes(4, "big") + b"\x06" + last.to_bytes(4, "big") + columns
        return bytes((random.choice((1, 1, 2, 0xFF)), random.choice((0, 1, 2, 3, 255)))) + data(random)

    def moment(self, random: Random) -> bytes:
        """A date-time, mostly of the month the meter has lived."""
        month, day, hour = random.choice((1, 1, 2, 12, 0xFF)), random.randrange(1, 32), random.randrange(24)
        year = random.choice((b"\x07\xea", b"\x07\xea", b"\xff\xff", b"\x00\x00"))
        rest = random.choice((b"\xff\x80\x00\x00", b"\x00\xff\xc4\x00", random.randbytes(4)))
        return b"\x09\x0c" + year + bytes((month, day, 0xFF, hour, random.randrange(60), 0)) + rest

    def target(self, random: Random) -> bytes:
        return self.key(random) + self.selection(random)

    def block(self, random: Random, whole: bytes) -> bytes:
        """A data block with a piece of `whole`."""
        piece = whole[: random.randrange(len(whole) + 1)]
        return bytes((random.choice((0, 1, 1, 0xFF)),)) + self.number(random) + length(random, len(piece)) + piece

    def get(self, random: Random) -> bytes:
        return b"\xc0\x01" + self.invoke(random) + self.target(random)

    def get_next(self, random: Random) -> bytes:
        return b"\xc0\x02" + self.invoke(random) + self.number(random)

    def get_list(self, random: Random) -> bytes:
        count = random.choice((0, 1, 2, 3, 3, 10, 90))
        if random.random() < 0.3:
            targets = [self.target(random)] * count  # ninety times a whole profile
        else:
            targets = [self.key(random) + b"\x00" if count > 9 else self.target(random) for _ in range(count)]
        return b"\xc0\x03" + self.invoke(random) + length(random, count) + b"".join(targets)

    def put(self, random: Random) -> bytes:
        return b"\xc1\x01" + self.invoke(random) + self.target(random) + data(random)

    def put_list(self, random: Random) -> bytes:
        count = random.choice((0, 1, 2, 5))
        targets = b"".join([self.target(random) for _ in range(count)])
        values = b"".join([data(random) for _ in range(count)])
        return b"\xc1\x04" + self.invoke(random) + length(random, count) + targets + length(random, count) + values

    def put_block(self, random: Random) -> bytes:
        kind = random.randrange(3)
        if kind == 0:
            return b"\xc1\x02" + self.invoke(random) + self.target(random) + self.block(random, data(random))
        if kind == 1:
            return b"\xc1\x03" + self.invoke(random) + self.block(random, data(random))
        count = random.choice((0, 1, 2, 5))
        targets = b"".join([self.target(random) for _ in range(count)])
        whole = encode_length(count) + b"".join([data(random) for _ in range(count)])
        return b"\xc1\x05" + self.invoke(random) + length(random, count) + targets + self.block(random, whole)

    def act(self, random: Random) -> bytes:
        parameter = b"\x00" if random.random() < 0.4 else b"\x01" + data(random)
        return b"\xc3\x01" + self.invoke(random) + self.key(random, method=True) + parameter

    def act_list(self, random: Random) -> bytes:
        count = random.choice((0, 1, 2, 5))
        methods = b"".join([self.key(random, method=True) for _ in range(count)])
        values = b"".join([data(random) for _ in range(count)])
        return b"\xc3\x03" + self.invoke(random) + length(random, count) + methods + length(random, count) + values

    def act_block(self, random: Random) -> bytes:
        kind = random.randrange(4)
        if kind == 0:
            return b"\xc3\x02" + self.invoke(random) + self.number(random)
        block = self.block(random, data(random))
        if kind == 1:
            return b"\xc3\x04" + self.invoke(random) + self.key(random, method=True) + block
        if kind == 2:
            return b"\xc3\x06" + self.invoke(random) + block
        count = random.choice((0, 1, 2))
        methods = b"".join([self.key(random, method=True) for _ in range(count)])
        return b"\xc3\x05" + self.invoke(random) + length(random, count) + methods + block

    def access(self, random: Random) -> bytes:
        """ACCESS with any of its specifications."""
        specifications, values = [], []
        for _ in range(random.choice((0, 1, 2, 4))):
            kind = random.choice((1, 2, 3, 4, 5, 6))
            specification = bytes((kind,)) + self.key(random, method=kind == 3)
            if kind in {4, 5}:
                specification += self.selection(random)[1:] or b"\x00\x00"
            specifications.append(specification)
            values.append(b"\x00" if kind in {1, 4} else data(random))
        if random.random() < 0.3:
            specifications, values = specifications[:1] * 80, values[:1] * 80
        count = len(specifications)
        when = random.choice((b"\x00", DATE_TIME[1:]))
        head = b"\xd9" + random.choice((b"\x40", b"\xc0", b"\xe0", b"\x00")) + random.randbytes(3) + when
        parts = b"".join(specifications), b"".join(values)
        return head + length(random, count) + parts[0] + length(random, count) + parts[1]

    def general_block(self, random: Random) -> bytes:
        """A block of a general block transfer, perhaps with a piece of a request in it."""
        control = random.choice((0x80, 0xC1, 0xBF, 0x81, 0x00, 0x40, random.getrandbits(8)))
        numbers = b"".join(random.choice((0, 1, 1, 2, 3, 0xFFFF)).to_bytes(2, "big") for _ in range(2))
        whole = random.choice(self._forms[:12])(random)
        piece = whole if random.random() < 0.5 else whole[: random.randrange(len(whole) + 1)]
        return b"\xe0" + bytes((control,)) + numbers + length(random, len(piece)) + piece

    def notification(self, random: Random) -> bytes:
        """What a client does not send: notifications, responses, read and write with short names."""
        return bytes((random.choice((0x05, 0x06, 0x0F, 0xC2, 0xC4, 0xC5, 0xC7, 0xD8, 0xDA, 0x18, 0x0E)),)) + octets(
            random
        )


def initiate(random: Random) -> bytes:
    """An InitiateRequest."""
    key = b"\x00" if random.random() < 0.8 else b"\x01" + length(random, 16) + random.randbytes(16)
    allowed = random.choice((b"\x00", b"\x00", b"\x01\x00", b"\x01\x01"))
    quality = random.choice((b"\x00", b"\x01\x05"))
    version = random.choice((6, 6, 6, 5, 255))
    bits = random.choice((b"\x00\x7e\x1f", b"\x60\x1a\x5d", b"\xff\xff\xff", b"\x00\x00\x00", random.randbytes(3)))
    size = random.choice((0, 11, 12, 64, 0x04B0, 0xFFFF))
    return b"\x01" + key + allowed + quality + bytes((version,)) + b"\x5f\x1f\x04\x00" + bits + size.to_bytes(2, "big")


def aarq(random: Random, information: bytes | None = None, title: bytes = b"FUZZFUZZ") -> bytes:
    """An AARQ; its elements come and go."""
    inner = initiate(random) if information is None else information
    context = random.choice((1, 1, 3, 3, 2, 4, 0))
    mechanism = random.choice((None, 0, 1, 5, 5, 6, 7, 2, 255))
    parts = [encode_element(0xA1, bytes.fromhex("06076085740508") + bytes((1, context)))]
    if random.random() < 0.1:
        parts.insert(0, encode_element(0x80, random.choice((b"\x07\x80", b"\x07\x00", b"\x02\x84", b""))))
    if random.random() < 0.6:
        chosen = title if random.random() < 0.8 else octets(random, 12)
        parts.append(encode_element(0xA6, encode_element(0x04, chosen)))
    if random.random() < 0.1:
        parts.append(encode_element(random.choice((0xA2, 0xA3, 0xA7)), encode_element(0x04, octets(random))))
    if random.random() < 0.1:
        parts.append(encode_element(random.choice((0xA4, 0xA5, 0xA8, 0xA9)), b"\x02\x01\x01"))
    if mechanism is not None:
        parts.append(b"\x8a\x02\x07\x80\x8b\x07\x60\x85\x74\x05\x08\x02" + bytes((mechanism,)))
        secret = random.choice((b"password-2", b"K56iVagY", octets(random, 70)))
        parts.append(encode_element(0xAC, encode_element(0x80, secret)))
    parts.append(encode_element(0xBE, encode_element(0x04, inner)))
    if random.random() < 0.1:
        random.shuffle(parts)
    return encode_element(0x60, b"".join(parts))


def release(random: Random, information: bytes | None = None) -> bytes:
    """An RLRQ."""
    reason = random.choice((b"", b"\x80\x01\x00", b"\x80\x01\x1e", b"\x80\x01\x05"))
    user = b"" if information is None else encode_element(0xBE, encode_element(0x04, information))
    return encode_element(0x62, reason + user)
