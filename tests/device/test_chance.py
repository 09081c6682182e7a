"""Chance of a meter's own: repeatable, within its bounds, spread over a street of meters."""

from softmeter.device.chance import drawn


def test_the_same_meter_draws_the_same_and_its_neighbours_others() -> None:
    street = [b"meter %d" % number for number in range(1000)]
    delays = [drawn(seed, "push 1", 1_700_000_000, 600) for seed in street]
    assert delays == [drawn(seed, "push 1", 1_700_000_000, 600) for seed in street]
    assert 0 <= min(delays) < 20
    assert 580 < max(delays) <= 600
    assert max(delays.count(one) for one in set(delays)) < 10
    assert delays != [drawn(seed, "push 2", 1_700_000_000, 600) for seed in street]
    assert delays != [drawn(seed, "push 1", 1_700_000_001, 600) for seed in street]


def test_no_room_for_chance_is_no_delay() -> None:
    assert drawn(b"meter", "modem", 5, 0) == 0
    assert {drawn(b"meter", "modem", second, 1) for second in range(50)} == {0, 1}
