"""Error curves: what is drawn where, and pictures in files."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from softmeter.apps.accuracy.curves import Panel, drawn, panels, percent, ticks
from softmeter.apps.accuracy.pictures import check_pictures, write_pictures
from softmeter.bench.type_test import Result
from softmeter.errors import ConfigurationError


def result(condition: str, current: float, error: float, clause: str = "EN 50470-3, accuracy") -> Result:
    return Result(clause, condition, "active", current, error, 1.0, "unverified", "%", passed=True)


RESULTS = [
    result("0.5 A, PF 1, import", 0.5, 0.1),
    result("5 A, PF 1, import", 5.0, -0.04),
    result("5 A, PF 0.5 ind, import", 5.0, 0.0),
    result("5 A, PF 1, export", 5.0, 0.3),
    result("49 Hz, 5 A, PF 1", 5.0, 9.0, "EN 50470-3, influence of frequency"),
]


def test_there_is_a_picture_for_each_direction_and_a_curve_for_each_power_factor() -> None:
    (clause, imported), (_, exported) = panels(RESULTS)
    assert clause == "EN 50470-3, accuracy"
    assert imported.curves == {"PF 1": [(0.5, 0.1), (5.0, -0.04)], "PF 0.5 ind": [(5.0, 0.0)]}
    assert exported == Panel("EN 50470-3, accuracy, export", {"PF 1": [(5.0, 0.3)]})
    assert (imported.greatest, imported.currents_a) == (0.1, [0.5, 5.0])


@pytest.mark.parametrize(
    ("greatest", "top"), [(0.1, 0.1), (0.11, 0.2), (3.4, 5.0), (0.00061, 0.001), (7.0, 10.0), (1e-5, 1e-5)]
)
def test_axes_end_at_round_numbers(greatest: float, top: float) -> None:
    assert ticks(greatest) == pytest.approx([-top, -top / 2, 0, top / 2, top])


def test_the_svg_is_whole_and_stands_where_the_errors_are() -> None:
    (_, imported), _ = panels(RESULTS)
    picture = drawn(imported, "front end: 16 bits & more")
    root = ET.fromstring(picture)  # noqa: S314  (our own text)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"+0.1 %", "0 %", "-0.1 %", "0.5", "5", "PF 1", "PF 0.5 ind", "front end: 16 bits & more"} <= set(texts)
    first, second = re.findall(r'<polyline points="([^"]+)"', picture)
    (high_x, high_y), (low_x, low_y) = (map(float, place.split(",")) for place in first.split())
    (at_x, zero_y) = map(float, second.split(","))
    assert high_x < low_x == at_x
    # 0.1 % lies as far above zero as 0.1 % is in the height; -0.04 % at 0.4 of that below.
    assert low_y - zero_y == pytest.approx(0.4 * (zero_y - high_y), abs=0.1)
    assert percent(0.0) == "0 %"


def test_a_long_caption_takes_several_lines() -> None:
    (_, imported), _ = panels(RESULTS)
    picture = drawn(imported, " ".join(["front end:", *(f"fault_{number}=0.125" for number in range(9))]))
    assert ET.fromstring(picture).get("viewBox") == "0 0 580 310"  # noqa: S314
    assert max(map(len, re.findall(r'<text x="8"[^>]*>([^<]+)<', picture))) <= 84


def test_pictures_are_written_as_svg(tmp_path: Path) -> None:
    written = write_pictures(tmp_path / "curves.svg", [panel for _, panel in panels(RESULTS)], "16 bits")
    assert [path.name for path in written] == ["curves-1.svg", "curves-2.svg"]
    assert "front end: 16 bits" in written[1].read_text(encoding="utf-8")


@pytest.mark.slow
def test_pictures_are_written_as_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    shown = [panel for _, panel in panels(RESULTS)]
    (path,) = write_pictures(tmp_path / "curves.PNG", shown, "16 bits")
    octets = path.read_bytes()
    assert octets[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(octets[at : at + 4], "big") for at in (16, 20))
    assert width > 1000 < height
    again = write_pictures(tmp_path / "again.png", shown, "16 bits")[0].read_bytes()
    assert again == octets


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"written as \.png or \.svg"):
        check_pictures(tmp_path / "curves.gif")
    with pytest.raises(ConfigurationError, match="No such file"):
        write_pictures(tmp_path / "nowhere" / "curves.svg", [Panel("one", {"PF 1": [(1.0, 0.1)]})], "")
