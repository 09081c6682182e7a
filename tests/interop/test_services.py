"""The services beyond plain reads, used by gurux-dlms: general block transfer, lists, ACCESS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from interop.foreign import answered, gurux, started
from interop.meter_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from interop.meter_process import Meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PROFILE: Final = "1.0.99.1.0.255"
WHOLE: Final = 5280
EIGHT_WEEKS: Final = (
    "--source", "household:seed=7", "--start", "2024-03-01T00:00:00+01:00",
    "--jump-to", "2024-04-27T00:00:00+02:00", "--rate", "0",
)  # fmt: skip
IN_BLOCKS: Final = "GET,SET,ACTION,SELECTIVE_ACCESS,GENERAL_BLOCK_TRANSFER"
CLOCK: Final = [8, "0.0.1.0.0.255", 2]
REGISTERS: Final = [[3, f"1.0.{kind}.8.{rate}.255", 2] for kind in (1, 2) for rate in range(5)]


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meter]:
    """A meter whose load profile 1 is full."""
    with running(tmp_path_factory.mktemp("full") / "state", *EIGHT_WEEKS) as found:
        yield found


def asked(meter: Meter, client: str, services: str, *tasks: list[Any], window: int = 1, size: int = 1024) -> list[Any]:
    """What gurux-dlms answers, having proposed just these services: value and blocks of each task."""
    where = ["--meter", meter.text_address("wan"), "--keys", str(meter.keys), "--client", client]
    how = ["--services", services, "--window", str(window), "--pdu-size", str(size)]
    process = started("gurux", "gurux_services.py", *where, *how, json.dumps(tasks))
    return [(answer["value"], answer["blocks"]) for answer in answered(process)["answers"]]


@pytest.mark.parametrize(("client", "window"), [("readout", 1), ("readout", 20), ("management", 20)])
def test_the_whole_load_profile_in_one_block_transfer(full: Meter, client: str, window: int) -> None:
    ((rows, rounds),) = asked(full, client, IN_BLOCKS, ["profile", PROFILE], window=window)
    assert len(rows) == WHOLE
    assert rows == gurux(full, "readout", ["profile", PROFILE])[0]
    assert rounds > WHOLE * 28 // 1024 // window - 2


def test_a_long_answer_of_a_client_without_rights_to_blocks(full: Meter) -> None:
    found = asked(full, "public", "GET,ACTION,GENERAL_BLOCK_TRANSFER", ["objects"], size=200)
    assert found[0][0] == gurux(full, "public", ["objects"])[0]
    assert found[0][1] >= 2


@pytest.mark.parametrize("client", ["readout", "management"])
def test_several_attributes_in_one_request(full: Meter, client: str) -> None:
    services = "GET,SET,ACTION,MULTIPLE_REFERENCES,BLOCK_TRANSFER_WITH_GET_OR_READ"
    one_by_one = gurux(full, client, *(["get", *one] for one in REGISTERS))
    assert asked(full, client, services, ["list", *REGISTERS])[0][0] == one_by_one


@pytest.mark.parametrize("client", ["readout", "management"])
def test_access_reads_what_get_reads(full: Meter, client: str) -> None:
    services = "GET,SET,ACTION,ACCESS,GENERAL_PROTECTION"
    ((found, _),) = asked(full, client, services, ["access", *REGISTERS])
    assert found == [[0, value] for value in gurux(full, client, *(["get", *one] for one in REGISTERS))]


def test_access_of_the_public_client_keeps_to_its_rights(full: Meter) -> None:
    ((found, _),) = asked(full, "public", "GET,ACTION,ACCESS", ["access", CLOCK, REGISTERS[0]])
    assert found[0][0] == 0
    assert found[1] == [4, None]
