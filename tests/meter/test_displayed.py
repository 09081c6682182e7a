"""Display, certification mode and test output as a head-end and a person have them."""

from collections.abc import Iterable

import pytest

from device.surrounded import Timeline
from meter.making import START, Made, steady, values_of
from softmeter.device.device import Device
from softmeter.device.display import DASHES, Screen
from softmeter.device.display_lists import MANUAL
from softmeter.device.events import Log
from softmeter.device.pulses import Train
from softmeter.device.surroundings import Surrounded
from softmeter.errors import AccessError
from softmeter.instant import SECOND, Instant, LinkTime, whole_second
from softmeter.meter.model.shown import screen
from softmeter.meter.policies import Audience
from softmeter.obis import Obis
from softmeter.wire.types import Data, Tag, decode_data, encode_data

FIRST = whole_second(START)
AUTOMATIC, BUTTON, DECIMALS = (7, "0-0:21.0.1"), (7, "0-0:21.0.2"), (1, "0-0:96.6.1")
RATES = [(3, f"1-0:{c}.8.{rate}", 2) for c in range(1, 9) for rate in range(5)]
POWERS = [(3, f"1-0:{c}.7.0", 2) for c in (1, 2, 3, 4, 32, 31, 33, 13, 14, 16)]
MODEM = [(item.class_id, item.obis.short, item.attribute) for item in MANUAL[12:22]]
FIRMWARE = [(1, "1-0:0.2.0", 2), (1, "1-1:0.2.0", 2)]
ANNEX_I = [(8, "0-0:1.0.0", 2), (1, "0-0:96.1.0", 2), *RATES, *POWERS, (20, "0-0:13.0.0", 2), *MODEM, *FIRMWARE]
Place = tuple[int, str]


def key(place: Place, number: int = 2) -> bytes:
    class_id, obis = place
    return class_id.to_bytes(2, "big") + Obis.parse(obis).octets + bytes((number,))


def get(made: Made, place: Place, number: int = 2) -> Data:
    return decode_data(made.meter.view(Audience.MANAGEMENT).readers[key(place, number)](made.meter))


def put(made: Made, place: Place, number: int, value: Data) -> None:
    made.meter.view(Audience.MANAGEMENT).writers[key(place, number)](made.meter, encode_data(value))


def execute(made: Made, table: str, script: int) -> None:
    octets = encode_data(Data(Tag.LONG_UNSIGNED, script))
    made.meter.view(Audience.MANAGEMENT).invokers[key((9, table), 1)](made.meter, octets)


def items(*wanted: tuple[int, str, int] | tuple[int, str, int, int]) -> Data:
    return Data(Tag.ARRAY, tuple(one_item(*one) for one in wanted))


def one_item(class_id: int, obis: str, attribute: int, index: int = 0) -> Data:
    return Data(
        Tag.STRUCTURE,
        (
            Data(Tag.LONG_UNSIGNED, class_id),
            Data(Tag.OCTET_STRING, Obis.parse(obis).octets),
            Data(Tag.INTEGER, attribute),
            Data(Tag.LONG_UNSIGNED, index),
        ),
    )


def unsigned(number: int) -> Data:
    return Data(Tag.UNSIGNED, number)


def u32(number: int) -> Data:
    return Data(Tag.DOUBLE_LONG_UNSIGNED, number)


def live(made: Made, seconds: int) -> None:
    made.actor.jump(Instant(START + seconds * SECOND))


def surrounded(changes: dict[int, Surrounded]) -> Made:
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST + at: state for at, state in changes.items()})
    return made


def restarted(made: Made) -> Made:
    saved = values_of(made.actor.changes())
    again = Made()
    again.actor.restore(saved, {})
    return again


def looks(made: Made, times: Iterable[float]) -> list[Screen]:
    return [screen(made.meter, LinkTime(at)) for at in times]


def rows(made: Made, times: Iterable[float]) -> list[tuple[str, str]]:
    return [(one.alphanumeric, one.numeric) for one in looks(made, times)]


@pytest.mark.manual("I.factory-lists")
def test_the_factory_lists_are_those_of_annex_i() -> None:
    made = Made()
    assert [one.value[1].value for one in get(made, AUTOMATIC, 3).value] == [
        Obis.parse(obis).octets for obis in ("1-0:1.8.0", "1-0:2.8.0", "1-0:1.7.0", "1-0:2.7.0")
    ]
    assert len(get(made, BUTTON, 3).value) == 24
    assert (get(made, AUTOMATIC, 4).value, get(made, BUTTON, 4).value) == (5, 60)
    assert [get(made, BUTTON, number).value for number in (5, 7, 8)] == [1, 1, 1]


@pytest.mark.manual("I.configurable")
def test_every_item_of_annex_i_can_be_in_both_lists() -> None:
    made = Made()
    for place in (AUTOMATIC, BUTTON):
        put(made, place, 3, items(*ANNEX_I))
        assert get(made, place, 3) == items(*ANNEX_I)
    entry = get(made, BUTTON).value[0].value
    assert len(entry) == len(ANNEX_I)
    live(made, 60)
    dashed = {one.title for one in looks(made, range(5, 5 + 5 * 80, 5)) if one.numeric == DASHES}
    assert dashed == {
        item.title for item in MANUAL[12:22] if made.meter.dictionary.interface(item.class_id, item.obis) is None
    }


@pytest.mark.manual("4.4.lists-configurable")
def test_a_list_is_added_to_reordered_shown_and_kept() -> None:
    made = Made(source=steady(i="10"))
    live(made, 1800)
    wanted = items((3, "1-0:32.7.0", 2), (1, "1-0:0.9.1", 2), (1, "1-0:0.9.2", 2), (1, "0-0:96.1.0", 2))
    put(made, AUTOMATIC, 3, wanted)
    shown = [("32.7.0", "230.0"), ("0.9.1", "01:30:00"), ("0.9.2", "26.01.01"), ("96.1.0", "12345678")]
    assert rows(made, (5, 10, 15, 20)) == shown
    assert looks(made, (5,))[0].title == "Voltage L1"
    put(made, AUTOMATIC, 4, u32(7))
    assert rows(made, (5, 11.9, 12, 19)) == [shown[0], shown[0], shown[1], shown[2]]
    again = restarted(made)
    assert get(again, AUTOMATIC, 3) == wanted
    assert get(again, AUTOMATIC, 4) == u32(7)
    assert looks(again, (5,))[0].title == "Voltage L1"


@pytest.mark.manual("4.4.values-of-now")
def test_the_buffer_holds_the_values_of_now() -> None:
    made = Made()
    live(made, 3600)
    put(made, AUTOMATIC, 3, items((3, "1-0:1.8.0", 2), (47, "0-0:25.6.0", 2), (3, "1-0:1.8.0", 3, 1)))
    [entry] = get(made, AUTOMATIC).value
    assert entry.value[0] == u32(1150)
    assert entry.value[2] == Data(Tag.INTEGER, 0)
    select = made.meter.view(Audience.MANAGEMENT).selectors[key(AUTOMATIC)]
    wanted = Data(Tag.STRUCTURE, (u32(1), u32(0), Data(Tag.LONG_UNSIGNED, 1), Data(Tag.LONG_UNSIGNED, 1)))
    assert decode_data(select(made.meter, 2, encode_data(wanted))).value[0].value == (u32(1150),)
    second = wanted._replace(value=(u32(2), *wanted.value[1:]))
    assert select(made.meter, 2, encode_data(second)) == b"\x01\x00"
    beyond = wanted._replace(value=(*wanted.value[:3], Data(Tag.LONG_UNSIGNED, 4)))
    with pytest.raises(AccessError, match="no columns"):
        select(made.meter, 2, encode_data(beyond))


@pytest.mark.parametrize(
    "wanted",
    [
        items(),
        items((3, "1-0:99.99.0", 2)),
        items((3, "1-0:1.8.0", 2), (1, "1-0:1.8.0", 2)),
        items((3, "1-0:1.8.0", 3)),
        items((3, "1-0:1.8.0", 3, 3)),
        items((3, "1-0:1.8.0", 2, 1)),
        items((3, "1-0:1.8.0", 1)),
        items((7, "1-0:99.1.0", 2)),
        items((7, "0-0:21.0.1", 2, 1)),
        items((15, "0-0:40.0.0", 7)),
        items((64, "0-0:43.0.0", 9)),
        items(*[(3, "1-0:1.8.0", 2)] * 101),
    ],
)
def test_what_cannot_be_shown_is_refused_and_changes_nothing(wanted: Data) -> None:
    made = Made()
    before = made.meter.device.behaviours.display.settings
    with pytest.raises(AccessError):
        put(made, AUTOMATIC, 3, wanted)
    assert made.meter.device.behaviours.display.settings is before


@pytest.mark.parametrize(
    ("place", "number", "value"),
    [
        (AUTOMATIC, 4, u32(4)),
        (AUTOMATIC, 4, u32(61)),
        (BUTTON, 4, u32(0)),
        (BUTTON, 4, u32(301)),
        (DECIMALS, 2, unsigned(4)),
        (DECIMALS, 2, Data(Tag.LONG_UNSIGNED, 1)),
    ],
)
@pytest.mark.manual("4.4.decimals-range")
def test_times_and_decimals_out_of_range_are_refused(place: Place, number: int, value: Data) -> None:
    made = Made()
    before = get(made, place, number)
    with pytest.raises(AccessError):
        put(made, place, number, value)
    assert get(made, place, number) == before


@pytest.mark.manual("4.4.decimals")
def test_decimals_are_shown_and_kept() -> None:
    made = Made()
    live(made, 3600)
    put(made, DECIMALS, 2, unsigned(2))
    assert rows(made, (5,)) == [("1.8.0", "000001.15")]
    assert get(restarted(made), DECIMALS) == unsigned(2)
    execute(made, "0-0:10.0.103", 4)
    assert get(made, DECIMALS) == unsigned(3)
    assert rows(made, (5,)) == [("1.8.0", "000001.150")]


@pytest.mark.manual("2.4.certification")
def test_certification_mode_shows_more_until_it_is_left_or_power_fails() -> None:
    made = Made(source=steady(i="0.01"))
    live(made, 7)  # 4.47 mWh
    put(made, DECIMALS, 2, unsigned(3))
    execute(made, "0-0:10.0.101", 1)
    assert get(made, (1, "0-0:96.5.1")) == unsigned(1)
    assert rows(made, (5, 15)) == [("1.8.0", "000.000004"), ("1.7.0", "0.002")]
    assert get(made, (3, "1-0:1.8.0")) == u32(0)
    execute(made, "0-0:10.0.102", 1)
    assert rows(made, (5,)) == [("1.8.0", "000000.000")]
    execute(made, "0-0:10.0.101", 1)
    assert get(restarted(made), (1, "0-0:96.5.1")) == unsigned(0)
    with pytest.raises(KeyError):
        put(made, (1, "0-0:96.5.1"), 2, unsigned(1))


@pytest.mark.manual("4.2.triangles")
def test_triangles_are_lit_by_their_real_causes() -> None:
    made = surrounded(
        {
            10: Surrounded(terminal_cover_open=1),
            20: Surrounded(meter_cover_open=1, strong_field=1),
            40: Surrounded(faults=1 << 9),
        }
    )
    seen = []
    for second in (5, 15, 22, 30, 45, 3700):
        live(made, second)
        seen.append("".join(sorted(looks(made, (0,))[0].triangles - {"L1"})))
    assert seen == ["", "T", "F", "FM", "", "C"]
    assert "L1" in looks(made, (0,))[0].triangles


@pytest.mark.manual("2.3.buttons")
def test_the_sealed_button_ends_a_billing_period_and_lets_the_meter_be_programmed() -> None:
    made = surrounded({600: Surrounded(sealed_button=1), 4000: Surrounded(sealed_button=1, display_button=3)})
    control = made.meter.device.behaviours.display
    live(made, 599)
    assert not control.may_program(made.meter.device.now)
    live(made, 601)
    ring = made.meter.device.profile("billing").ring
    assert [int(second) - FIRST for second in ring.rows()[ring.dtype.names[0]]["second"]] == [600]  # type: ignore[index]
    control = made.meter.device.behaviours.display
    assert control.may_program(Instant(START + 1499 * SECOND))
    assert not control.may_program(Instant(START + 1500 * SECOND))
    live(made, 4001)
    assert len(ring) == 1


@pytest.mark.manual("3.4.display-button")
def test_presses_of_the_display_button_scroll() -> None:
    made = surrounded({20: Surrounded(display_button=1), 30: Surrounded(display_button=3)})
    looks(made, (6,))
    live(made, 25)
    assert rows(made, (25,))[0][0] == "01:00:25"
    live(made, 31)
    assert rows(made, (31,)) == [("1.8.0", "000000")]


class Heard:
    """Outputs that keep what they hear, second by second or not."""

    def __init__(self, *, wants_seconds: bool) -> None:
        self.wants_seconds = wants_seconds
        self.active: list[int] = []
        self.reactive: list[int] = []

    def pulses(self, active: Train, reactive: Train) -> None:
        self.active += active.instants.tolist()
        self.reactive += reactive.instants.tolist()

    def second(self, device: Device) -> None:
        """Nothing more to hear."""


def heard(cuts_s: Iterable[float], *, wants_seconds: bool) -> Heard:
    outputs = Heard(wants_seconds=wants_seconds)
    made = Made(source=steady(pf="0.5"))
    for cut_s in sorted({*cuts_s, 1000.0, 5000.0, 6000.0}):
        made.meter.device.advance(Instant(START + int(cut_s * SECOND)), outputs)
        if cut_s in {1000.0, 5000.0}:
            execute(made, "0-0:10.0.104", 2 if cut_s == 1000.0 else 1)
    return outputs


@pytest.mark.manual("2.4.measuring-period-output")
def test_the_optical_output_gives_measuring_periods_when_it_is_told_to() -> None:
    whole = heard([], wants_seconds=False)
    energy = [at - START for at in whole.active if not START + 1000 * SECOND < at <= START + 5000 * SECOND]
    periods = [at - START for at in whole.active if START + 1000 * SECOND < at <= START + 5000 * SECOND]
    assert periods == [quarter * 900 * SECOND for quarter in range(2, 6)]
    assert len(energy) == 638  # 0.575 kW for 2000 s
    assert len(whole.reactive) > 3000
    for cuts_s, wants_seconds in (([], True), ([899.5, 1800, 1800.25, 3600], False), (range(1, 6000, 50), True)):
        other = heard(cuts_s, wants_seconds=wants_seconds)
        assert (other.active, other.reactive) == (whole.active, whole.reactive)


def test_a_power_cut_brings_the_output_back_to_energy() -> None:
    made = Made()
    execute(made, "0-0:10.0.104", 2)
    assert get(made, (1, "0-0:96.5.2")) == unsigned(1)
    assert get(restarted(made), (1, "0-0:96.5.2")) == unsigned(0)
    execute(made, "0-0:10.0.102", 1)
    assert get(made, (1, "0-0:96.5.2")) == unsigned(0)


def test_the_global_reset_clears_what_was_recorded_and_nothing_that_was_counted_or_set() -> None:
    made = Made()
    live(made, 7200)
    put(made, DECIMALS, 2, unsigned(1))
    device = made.meter.device
    totals = device.registers.totals
    execute(made, "0-0:10.0.0", 1)
    assert [len(profile.ring) for profile in device.profiles] == [0] * len(device.profiles)
    assert device.registers.totals == totals
    assert [device.events.ring(log).rows()["code"].tolist() for log in (Log.STANDARD, Log.FRAUD)] == [[255], [255]]
    assert set(device.behaviours.demand.maxima()) == {0}
    assert get(made, DECIMALS) == unsigned(1)


def test_power_quality_management_clears_profile_and_log() -> None:
    made = Made()
    live(made, 7200)
    execute(made, "0-0:10.0.105", 1)
    assert len(made.meter.device.profile("quality").ring) == 0
    assert len(made.meter.device.profile("load").ring) == 8
    assert made.meter.device.events.last_code(Log.POWER_QUALITY) == 255


def test_the_output_scheduler_switches_the_output_at_its_time() -> None:
    made, outputs = Made(), Heard(wants_seconds=False)
    switch = Data(
        Tag.STRUCTURE, (Data(Tag.OCTET_STRING, Obis.parse("0-0:10.0.104").octets), Data(Tag.LONG_UNSIGNED, 2))
    )
    at_half_past_one = (Data(Tag.OCTET_STRING, bytes((1, 30, 0, 0))), Data(Tag.OCTET_STRING, b"\xff" * 5))
    put(made, (22, "0-0:15.0.3"), 2, switch)
    put(made, (22, "0-0:15.0.3"), 4, Data(Tag.ARRAY, (Data(Tag.STRUCTURE, at_half_past_one),)))
    made.meter.device.advance(Instant(START + 3700 * SECOND), outputs)
    assert [at - START for at in outputs.active if at > START + 1800 * SECOND] == [2700 * SECOND, 3600 * SECOND]
    assert len([at for at in outputs.active if at <= START + 1800 * SECOND]) == 1150
