"""Any partition of time gives the same bytes, also for a meter that pushes, reads sub-meters and is updated."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.images import Loader, Recipe
from meter.asking import call, put
from meter.making import Made
from meter.pushing import destination, name
from meter.test_partition import SPAN_S, Doing, Recorder, Story, imposed, lived, whole
from softmeter.bench.journal import Circumstance, Quantity
from softmeter.device.events import Log
from softmeter.instant import SECOND
from softmeter.meter.model.pushing import NAMES
from softmeter.meter.p1 import Variant
from softmeter.meter.push import outgoing
from softmeter.signal.household import Household

pytestmark = pytest.mark.slow

POSTED_EACH_S = 600


def home(outputs: Recorder) -> Made:
    made = Made(source=Household(7), outputs=outputs, sub_meters="gas:1,water:2")
    outputs.streams["pushes"] = hashlib.sha256()
    return made


def push_all(made: Made) -> None:
    """A client has every push setup know where to, and triggers two."""
    for setup in range(len(NAMES)):
        put(made, 40, name(setup), 3, destination(b"127.0.0.1:5000"))
    for setup in (0, 1):
        assert call(made, 40, name(setup), 1) == 0


def post(made: Made) -> None:
    """What wants to be sent leaves; every other one arrives."""
    assert isinstance(made.outputs, Recorder)
    for sent in outgoing(made.meter):
        made.outputs.streams["pushes"].update(b"".join(sent.datagrams))
        made.meter.device.behaviours.pushes.settle(made.meter.device, sent.number, arrived=sent.number % 2 == 0)


def install(made: Made) -> None:
    for channel in (1, 2):
        assert call(made, 72, f"0-{channel}:24.1.0", 1, b"\x11\x00") == 0


def update(made: Made) -> None:
    loader = Loader(made)
    assert loader.load(Recipe().made()) == 0
    assert loader.call(4) == 0


def both(*doings: Doing) -> Doing:
    def do(made: Made) -> None:
        for doing in doings:
            doing(made)

    return do


STORY = Story(
    home,
    doings=tuple(
        sorted(
            (
                (10.0, push_all),
                (20.25, install),
                (300.5, update),
                (700.0, imposed(Circumstance.NETWORK_UP, 0)),
                (1000.5, both(imposed(Circumstance.NETWORK_UP, 1), imposed(Circumstance.RSRP, -120))),
                (1300.0, imposed(Circumstance.STRONG_FIELD, 1)),
                (1400.0, imposed(Circumstance.STRONG_FIELD, 0)),
                (1500.0, imposed(Circumstance.MODEM_HANGS, 1)),
                (2000.25, imposed(Quantity.VOLTAGE_V, 0.0)),
                (2100.0, imposed(Quantity.VOLTAGE_V, None)),
                (5000.0, imposed(Circumstance.SUB_METERS_CUT, 1)),
                *((float(at), post) for at in range(POSTED_EACH_S - 1, SPAN_S, POSTED_EACH_S)),
            ),
            key=lambda doing: doing[0],
        )
    ),
    variants=(Variant.NL, Variant.BE, Variant.LU),
)


def test_the_story_has_all_of_it() -> None:
    made: list[Made] = []

    def kept(outputs: Recorder) -> Made:
        made.append(home(outputs))
        return made[0]

    assert lived(STORY._replace(make=kept)) == whole(STORY)
    device = made[0].meter.device
    assert device.behaviours.firmware.restarts == 1
    assert len(device.behaviours.mbus.profiles) == 2
    assert all(len(profile.ring) for profile in device.behaviours.mbus.profiles.values())
    assert len(device.events.ring(Log.COMMUNICATION))
    assert device.behaviours.pushes.saved()
    outputs = made[0].outputs
    assert isinstance(outputs, Recorder)
    assert outputs.streams["pushes"].digest() != hashlib.sha256().digest()


@settings(max_examples=3, deadline=None)
@given(st.lists(st.integers(1, SPAN_S * SECOND), max_size=12))
def test_any_cuts_of_the_story_give_the_same_bytes(cuts_ns: list[int]) -> None:
    assert lived(STORY, cuts_ns) == whole(STORY)


def test_seconds_around_each_deed_give_the_same_bytes() -> None:
    around = {int(at_s * SECOND) + step * SECOND // 2 for at_s, _ in STORY.doings for step in range(-4, 9)}
    cuts_ns = [cut_ns for cut_ns in around if cut_ns < SPAN_S * SECOND]
    assert lived(STORY, cuts_ns, store_each=False) == whole(STORY)
