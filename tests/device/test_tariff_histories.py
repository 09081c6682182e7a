"""Random lives in which clients change tariffs and demands, and the same lives in other steps."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.test_calendar import DAY_AND_NIGHT
from device.test_histories import AFTER, NIGHTS, OUTAGES, SETTING, SLEWING, STOPPING, Deed, Life
from softmeter.device.activation import DEMANDS, Family, rate_name
from softmeter.device.calendar import FACTORY_CALENDAR
from softmeter.device.demand import DemandSettings, configure_demand, next_period, reset_demand, reset_maximum
from softmeter.device.programming import (
    activate_mask,
    activate_passive,
    program_passive,
    set_activation_time,
    set_default_rate,
    set_special_days,
)
from softmeter.device.recurrence import Day as Date
from softmeter.device.special_days import SpecialDay, SpecialDays

CALENDARS = (FACTORY_CALENDAR, DAY_AND_NIGHT)
PERIODS = (DemandSettings(), DemandSettings(60), DemandSettings(300, 3), DemandSettings(3600, 2))
CHANGES = st.builds(
    Deed,
    AFTER,
    st.sampled_from(["program", "activate", "later", "special", "default", "mask", "demand", "next", "reset"]),
    st.integers(0, 3),
)


class ChangingLife(Life):
    """A life in which tariffs and demands are changed too."""

    def do(self, deed: Deed) -> None:
        meter, number = self.meter, deed.number
        if not meter.powered:
            super().do(deed)
            return
        match deed.kind:
            case "program":
                program_passive(meter, CALENDARS[number % 2])
            case "activate":
                activate_passive(meter)
            case "later":
                local = meter.clock.date_time(meter.now)
                hour = min(local.hour + number, 23)
                moment = replace(local, hour=hour, minute=41, deviation_min=-0x8000, status=0xFF)
                set_activation_time(meter, moment)
            case "special":
                set_special_days(meter, SpecialDays.of([SpecialDay(1, Date(day_of_week=5 + number % 3), number)]))
            case "default":
                set_default_rate(meter, 1 + number)
            case "mask":
                activate_mask(meter, Family(number % 2), rate_name(1 + number))
            case "demand":
                configure_demand(meter, PERIODS[number])
            case "next":
                next_period(meter, number)
            case "reset":
                reset_demand(meter, number)
                reset_maximum(meter, number * DEMANDS + number)
            case _:
                super().do(deed)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(NIGHTS),
    st.lists(st.one_of(CHANGES, CHANGES, SLEWING, STOPPING, SETTING), max_size=8),
    OUTAGES,
    st.lists(st.integers(0, 40_000 * 10**9), max_size=20),
)
def test_steps_do_not_matter_to_tariffs_and_demands(
    night: str, deeds: list[Deed], outages: list[tuple[int, int]], cuts: list[int]
) -> None:
    whole, cut = ChangingLife(night, outages, [], each=False), ChangingLife(night, outages, cuts, each=False)
    assert whole.live(deeds) == cut.live(deeds)
