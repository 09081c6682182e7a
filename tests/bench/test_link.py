"""Links that are not perfect: how late, how much, and what of it."""

import pytest

from softmeter.bench.journal import Journal, LinkFault
from softmeter.bench.link import PERFECT, Lane, Line, Quality
from softmeter.bench.links import Links
from softmeter.device.surroundings import CALM
from softmeter.instant import Instant, LinkTime

NOW = LinkTime(100.0)


def lane(seed: bytes = b"seed", bits_per_octet: int = 8, **quality: float) -> Lane:
    made = Lane("test up", seed, bits_per_octet)
    made.quality = Quality(**quality)
    return made


def test_a_perfect_lane_gives_everything_back_at_once() -> None:
    assert lane().passed(b"octets", NOW) == (NOW, b"octets")
    assert Line("wan", b"").is_perfect


def test_octets_follow_each_other_at_the_rate_of_the_lane() -> None:
    made = lane(bits_per_s=9600, latency_s=0.5, bits_per_octet=10)
    assert [made.passed(bytes(96), NOW).due for _ in range(3)] == pytest.approx([100.6, 100.7, 100.8])
    assert made.passed(bytes(96), LinkTime(200.0)).due == pytest.approx(200.6)


def test_nothing_overtakes_when_the_latency_falls() -> None:
    made = lane(latency_s=2.0)
    first = made.passed(b"a", NOW).due
    made.quality = PERFECT
    assert made.passed(b"b", NOW).due == first


def test_about_the_part_that_is_asked_for_gets_lost_and_damaged() -> None:
    made = lane(drop=0.2, damage=0.25)
    came = [made.passed(b"octets", NOW).octets for _ in range(2000)]
    lost = came.count(b"")
    assert 340 < lost < 460
    assert 320 < sum(one not in {b"", b"octets"} for one in came) < 480
    wrong = next(one for one in came if one not in {b"", b"octets"})
    assert sum((a ^ b).bit_count() for a, b in zip(wrong, b"octets", strict=True)) == 1


def test_the_fate_of_octets_is_that_of_the_seed() -> None:
    def fate(seed: bytes) -> list[bytes]:
        made = lane(seed, drop=0.3, damage=0.3)
        return [made.passed(b"octets", NOW).octets for _ in range(50)]

    assert fate(b"1") == fate(b"1") != fate(b"2")


def test_what_may_wait_is_bounded_in_octets_and_in_time() -> None:
    assert lane().room(3.0, 65536) == 65536
    assert lane(bits_per_s=34_000).room(3.0, 65536) == 12_750
    assert lane(bits_per_s=50).room(3.0, 65536) == 256


def test_octets_that_share_a_fate_are_few_where_the_lane_is_slow() -> None:
    def sizes(bits_per_s: float) -> list[int]:
        return [len(piece) for piece in lane(bits_per_s=bits_per_s, bits_per_octet=10).pieces(bytes(1000))]

    assert sizes(0) == [256, 256, 256, 232]
    assert sizes(9600)[:2] == [48, 48]
    assert sizes(50) == [1] * 1000


def test_links_follow_the_bench_and_the_cell() -> None:
    journal = Journal()
    links = Links(journal, b"meter", limited=True)
    links.look(0, CALM)
    assert links.wan.down.quality == (0.05, 588_000, 0, 0)
    assert links.wan.up.quality == (0.05, 1_119_000, 0, 0)
    assert links.optical.is_perfect
    links.look(0, CALM._replace(technology=8))
    assert links.wan.down.quality.bits_per_s == 34_000
    for fault, value in ((LinkFault.WAN_BITS_PER_S, 10_000.0), (LinkFault.WAN_LATENCY_MS, 30.0)):
        journal.give(fault, value, Instant(0))
    journal.give(LinkFault.OPTICAL_DROP, 0.5, Instant(0))
    links.look(0, CALM)
    assert links.wan.down.quality == (0.08, 10_000, 0, 0)
    assert links.optical.up.quality.drop == 0.5
    journal.give(LinkFault.WAN_LIMITS, 0.0, Instant(0))
    journal.give(LinkFault.LINK_SEED, 7.0, Instant(0))
    links.look(0, CALM)
    assert links.wan.up.quality == (0.03, 10_000, 0, 0)
    assert links.p1.up.seed == b"7"
    for fault in LinkFault:
        journal.give(fault, None, Instant(0))
    links = Links(journal, b"meter")
    links.look(0, CALM)
    assert links.wan.is_perfect
