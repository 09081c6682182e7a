"""The one way to read octets: a bounds-checked position in them, the offset in every error (A-XDR, IEC 61334-6)."""

from softmeter.errors import DecodeError


class Cursor:
    """A position in `octets`; whatever is read is checked against `end` first."""

    __slots__ = ("at", "end", "octets")

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self.octets = octets
        self.at = at
        self.end = len(octets)

    @property
    def left(self) -> int:
        """How many octets have not been read."""
        return self.end - self.at

    def byte(self) -> int:
        """The next octet."""
        at = self.at
        if at >= self.end:
            raise DecodeError("the octets end too early", at)
        self.at = at + 1
        return self.octets[at]

    def take(self, count: int) -> bytes:
        """The next `count` octets; `count` is never negative because it comes from `length` or a declaration."""
        at = self.at
        stop = at + count
        if stop > self.end:
            raise DecodeError(f"{count} octets expected, {self.end - at} left", at)
        self.at = stop
        return self.octets[at:stop]

    def rest(self) -> bytes:
        """All octets that are left."""
        return self.take(self.end - self.at)

    def length(self) -> int:
        """A length: one octet below 128, else 80 + n and n octets."""
        at = self.at
        if at < self.end and self.octets[at] < 0x80:  # as nearly always
            self.at = at + 1
            return self.octets[at]
        first = self.byte()
        if not 0x81 <= first <= 0x84:
            raise DecodeError(f"a length starts with {first:02X}", at)
        return int.from_bytes(self.take(first - 0x80), "big")

    def sized(self) -> bytes:
        """A length and as many octets."""
        at = self.at
        if at < self.end:
            stop = at + 1 + self.octets[at]
            if self.octets[at] < 0x80 and stop <= self.end:  # as nearly always
                self.at = stop
                return self.octets[at + 1 : stop]
        return self.take(self.length())

    def count(self) -> int:
        """A number of elements that follow, each of at least one octet."""
        at = self.at
        count = self.length()
        if count > self.end - self.at:
            raise DecodeError(f"{count} elements announced in {self.end - self.at} octets", at)
        return count

    def expect(self, tag: int, name: str) -> None:
        """Read the octet `tag`, the mark of `name`."""
        at = self.at
        if at >= self.end or self.octets[at] != tag:
            raise DecodeError(f"{name} expected, found tag {self.byte():02X}", at)
        self.at = at + 1

    def finish(self) -> None:
        """Refuse octets after the end of what was expected."""
        if self.at != self.end:
            raise DecodeError(f"{self.end - self.at} octets too many", self.at)


def encode_length(length: int) -> bytes:
    """The shortest form of a length; but never one of three octets, which well-known clients do not read."""
    if length < 0x80:
        return _SHORT[length]
    size = (length.bit_length() + 7) // 8
    if size == 3:
        size = 4
    return bytes((0x80 + size,)) + length.to_bytes(size, "big")


_SHORT = [bytes((length,)) for length in range(0x80)]
