"""Octets over the module are counted, and whoever listens hears them all the same."""

from softmeter.runtime.volume import Volume


class Listening:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def received(self, octets: bytes) -> None:
        self.heard.append(("received", octets))

    def sent(self, octets: bytes) -> None:
        self.heard.append(("sent", octets))

    def closed(self) -> None:
        self.heard.append("closed")


def test_what_passes_is_counted_once_and_heard_by_the_next() -> None:
    volume, listening = Volume(), Listening()
    tap = volume.counting(lambda _, __: listening)(("a", 1), ("b", 2))
    alone = volume.counting(None)(("a", 1), ("b", 3))
    tap.received(b"123")
    tap.sent(b"12345")
    alone.received(b"1")
    alone.sent(b"1")
    alone.closed()
    tap.closed()
    volume.carried(10, 0)
    assert volume.taken() == (16, 4)
    assert volume.taken() == (0, 0)
    assert listening.heard == [("received", b"123"), ("sent", b"12345"), "closed"]
