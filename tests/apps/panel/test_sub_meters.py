"""Sub-meters over HTTP: shown, plugged in, tampered with; what cannot be is refused."""

import pytest

from apps.panel.test_server import LOCAL, Client
from bench.test_shelf import OnShelf
from meter.test_alarms import live
from softmeter.apps.panel.contract import PanelMeter
from softmeter.apps.panel.server import create_app

PATH = "/api/bench/sub-meters"


@pytest.fixture
def bench() -> OnShelf:
    return OnShelf("gas:3")


@pytest.fixture
def client(meter: PanelMeter, bench: OnShelf) -> Client:
    return Client(create_app(meter, sub_meters=bench.shelf), LOCAL)


def test_they_are_shown_and_changed(client: Client, bench: OnShelf) -> None:
    shown = client.get(PATH).json()
    assert [one["kind"] for one in shown] == ["gas", "water", "heat", "electricity"]
    assert shown[0]["secondary_address"] == "70577503E91E0103"
    answer = client.post(f"{PATH}/2", json={"attached": True, "flow": 1200, "opened": True})
    assert answer.status_code == 200
    live(bench.made, 3601)
    water = client.get(PATH).json()[1]
    assert (water["attached"], water["flow"], water["opened"], water["broken"]) == (True, 1200, True, False)
    client.post(f"{PATH}/2", json={"flow": None, "attached": None})
    live(bench.made, 3602)
    water = client.get(PATH).json()[1]
    assert (water["attached"], water["flow"]) == (True, None)


@pytest.mark.parametrize(
    ("place", "body"),
    [("9", {"attached": True}), ("x", {}), ("1", {"flow": -1}), ("1", {"flow": 1.5}), ("1", {"colour": 1})],
)
def test_what_cannot_be_is_refused_in_words(client: Client, place: str, body: dict[str, object]) -> None:
    answer = client.post(f"{PATH}/{place}", json=body)
    assert 400 <= answer.status_code < 500
    assert answer.json()["message"]


def test_a_meter_on_a_real_line_has_none(meter: PanelMeter) -> None:
    client = Client(create_app(meter), LOCAL)
    assert client.get(PATH).json() == []
    assert client.post(f"{PATH}/1", json={"attached": True}).status_code == 409
