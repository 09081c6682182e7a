"""The model agrees with the object list of the meter type, row by row and right by right."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from softmeter.meter import model
from softmeter.meter.model.measured import MEASURED
from softmeter.meter.policies import Audience
from softmeter.obis import Obis

VECTORS = Path(__file__).parents[1] / "vectors" / "objects.csv"
COLUMNS = {
    Audience.PUBLIC: "access_public_16",
    Audience.MANAGEMENT: "access_management_1",
    Audience.READOUT: "access_readout_2",
    Audience.MAINTENANCE: "access_maintenance_6",
}
DEVIATIONS: dict[str, str] = {
    # object: why its rights differ from the list
    "0-0:20.0.0": "the speed at which a port waits is the device's, and it has no passwords",
    "0-0:22.0.0": "the speed is agreed on in the opening",
    "0-0:97.98.2": "as the other alarm registers: nobody could clear it",
}

BEYOND: dict[str, str] = {
    # object: why it is there though the list has none
    "0-0:43.1.102": "who speaks to all meters must know from where to count on",
}


def listed() -> dict[tuple[str, int], dict[str, str]]:
    with VECTORS.open(newline="") as file:
        return {(Obis.parse(row["obis"]).short, int(row["class_id"])): row for row in csv.DictReader(file)}


LISTED = listed()
DESCRIBED = model.describe()


def numbers(text: str, most: int) -> set[int]:
    """`2,4-6` as numbers."""
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return {number for number in found if number <= most}


def expected(access: str, attributes: int) -> tuple[set[int], set[int], set[int]]:
    """What a cell of the list allows: attributes to read, to write, methods to call."""
    every = set(range(2, attributes + 1))
    readable: set[int] = set()
    writable: set[int] = set()
    callable_: set[int] = set()
    for part in filter(None, (piece.strip() for piece in access.split(";"))):
        if part in {"R", "RW"}:
            readable |= every
            writable |= every if part == "RW" else set()
        elif part == "others R":
            readable |= every
        elif part.startswith("m"):
            callable_ |= numbers(part.replace("m", "").split(":")[0], 99)
        elif part != "-":
            which, rights = part.split(":")
            chosen = numbers(which, attributes)
            readable |= chosen if "R" in rights else set()
            writable |= chosen if "W" in rights else set()
    return readable, writable, callable_


def stated(one: dict[str, Any], audience: Audience) -> tuple[set[int], set[int], set[int]]:
    rights = one["rights"].get(audience.name.lower(), {"read": "", "write": "", "call": ""})

    def chosen(names: str, table: dict[int, str]) -> set[int]:
        return {number for number, name in table.items() if names == "*" or name in names.split()} - (
            {1} if table is one["attributes"] else set()
        )

    return (
        chosen(rights["read"], one["attributes"]),
        chosen(rights["write"], one["attributes"]),
        chosen(rights["call"], one["methods"]),
    )


def test_every_object_of_the_list_is_in_the_meter_with_its_class_and_version() -> None:
    present = {(one["obis"], one["class_id"]): one["version"] for one in DESCRIBED}
    assert [place for place in LISTED if place not in present] == []
    wrong = {place for place, row in LISTED.items() if place in present and present[place] != int(row["version"])}
    assert not wrong


LISTED_ONES = [one for one in DESCRIBED if one["obis"] not in BEYOND]


@pytest.mark.parametrize("one", LISTED_ONES, ids=lambda one: one["obis"])
def test_a_row_is_in_the_object_list(one: dict[str, Any]) -> None:
    row = LISTED[one["obis"], one["class_id"]]
    assert int(row["version"]) == one["version"]
    typed = {int(number) for number in re.findall(r"(?:^|; )(\d+):", row["attr_types"])}
    assert typed == set(one["attributes"]) - {1}


@pytest.mark.parametrize("audience", COLUMNS)
@pytest.mark.parametrize("one", LISTED_ONES, ids=lambda one: one["obis"])
def test_rights_are_those_of_the_object_list(one: dict[str, Any], audience: Audience) -> None:
    if one["obis"] in DEVIATIONS:
        return
    row = LISTED[one["obis"], one["class_id"]]
    wanted = expected(row[COLUMNS[audience]], max(one["attributes"]))
    assert stated(one, audience) == wanted


@pytest.mark.manual("9.1.objects")
def test_scalers_and_units_are_those_of_the_object_list() -> None:
    for measured in MEASURED:
        row = LISTED[Obis.parse(measured.obis).short, 3]
        assert int(row["scaler"]) == measured.scaler, measured.obis
        unit = row["unit"].replace("-", "")
        assert measured.unit.symbol == unit, measured.obis
        assert row["attr_types"].startswith(f"2:{measured.type.name.lower().replace('_', '-')};"), measured.obis


def test_no_deviation_is_listed_in_vain() -> None:
    known = {one["obis"] for one in DESCRIBED}
    assert {*DEVIATIONS, *BEYOND} <= known
