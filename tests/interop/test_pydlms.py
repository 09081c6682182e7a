"""pydlms-client on a running meter: every client of it, over each link, with every service that it is granted."""

from __future__ import annotations

from typing import Any, Final

import pytest

from interop.foreign import gurux
from interop.meter_process import Meter, smartset
from interop.pydlms import of_meter

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PROFILE: Final = "1.0.99.1.0.255"
ADDRESS: Final = "0.0.96.1.2.255"
REGISTERS: Final = [[3, f"1.0.{kind}.8.{rate}.255", 2] for kind in (1, 2) for rate in range(5)]
CLOCK: Final = [8, "0.0.1.0.0.255", 2]
GLO, GENERAL_GLO, GENERAL_DED, BLOCK, ACCESS = 0xC8, 0xDB, 0xDC, 0xE0, 0xD9
IN_BLOCKS: Final = ["GET", "SET", "ACTION", "SELECTIVE_ACCESS", "GENERAL_BLOCK_TRANSFER", "GENERAL_PROTECTION"]
"""What to propose so that long answers come in general blocks: the services' own blocks have precedence."""
LINES: Final[list[Any]] = [
    pytest.param({"server_physical": 17}, id="defaults"),
    pytest.param({"server_physical": 17, "address_size": 2}, id="two octets"),
    pytest.param({"server_physical": 17, "address_size": 4}, id="four octets"),
    pytest.param({"parameters": {"max_info_rx": 64, "window_rx": 7}}, id="64 octets, window 7"),
    pytest.param({"parameters": {"max_info_rx": 2030, "max_info_tx": 2030, "window_rx": 7}}, id="2030 octets"),
]


def registers(meter: Meter) -> list[Any]:
    return gurux(meter, "readout", *(["get", *one] for one in REGISTERS))


@pytest.mark.parametrize("client", ["public", "readout", "management", "maintenance"])
def test_every_client_gets_its_object_list(meter: Meter, client: str) -> None:
    assert sorted(of_meter(meter, client, ["objects"]).values[0]) == sorted(gurux(meter, client, ["objects"])[0])


@pytest.mark.parametrize(
    ("client", "how", "tag"),
    [
        ("readout", {}, 0xC0),
        ("management", {}, GLO),
        ("maintenance", {"protection": "general-glo"}, GENERAL_GLO),
        ("management", {"protection": "general-glo", "use_dedicated_key": True}, GENERAL_DED),
    ],
)
def test_lists_under_every_protection(meter: Meter, client: str, how: dict[str, Any], tag: int) -> None:
    told = of_meter(meter, client, ["list", *REGISTERS], association=how)
    assert (told.values[0], told.tags[0]) == (registers(meter), [tag])
    assert told.released == ("plain" if client == "readout" else "verified")


@pytest.mark.parametrize("kind", ["udp", "tcp"])
def test_both_transports_of_the_wrapper(meter: Meter, kind: str) -> None:
    told = of_meter(meter, "management", ["list", *REGISTERS], link={"kind": kind})
    assert told.values[0] == registers(meter)


@pytest.mark.parametrize("line", LINES)
def test_the_optical_port_with_every_proposal(meter: Meter, line: dict[str, Any]) -> None:
    link = {"hdlc": line}
    told = of_meter(meter, "readout", ["list", *REGISTERS], ["entry", PROFILE, 1, 60], port="optical", link=link)
    assert told.values == [registers(meter), gurux(meter, "readout", ["entry", PROFILE, 1, 60])[0]]


def test_ciphered_access_over_the_optical_port(meter: Meter) -> None:
    told = of_meter(meter, "management", ["list", *REGISTERS], port="optical", link={"hdlc": {}})
    assert (told.values[0], told.released) == (registers(meter), "verified")


@pytest.mark.parametrize("window", [1, 5, 63])
@pytest.mark.parametrize("client", ["readout", "management"])
def test_a_profile_by_general_block_transfer(meter: Meter, client: str, window: int) -> None:
    how = {"conformance": IN_BLOCKS, "gbt_window": window, "max_receive_pdu_size": 500}
    told = of_meter(meter, client, ["profile", PROFILE], association=how)
    assert told.values[0] == gurux(meter, "readout", ["profile", PROFILE])[0]
    assert BLOCK in told.tags[0]


def test_selections(meter: Meter) -> None:
    wanted: list[list[Any]] = [
        ["range", PROFILE, "2024-03-05T06:00:00+00:00", "2024-03-06T06:00:00+00:00"],
        ["entry", PROFILE, 7, 9],
    ]
    assert of_meter(meter, "management", *wanted).values == gurux(meter, "readout", *wanted)


def test_writes_and_actions_singly_and_in_lists(fresh: Meter) -> None:
    """The clock stands at a whole minute already, so that adjusting it to one changes nothing."""
    text = [1, ADDRESS, 2]
    adjust = ["action", 8, "0.0.1.0.0.255", 3, "0f00"]
    told = of_meter(
        fresh,
        "management",
        ["set", *text, "09034f6e65"],
        ["get", *text],
        ["set-list", [*text, "090354776f"], [*CLOCK, "0900"], [1, "0.0.42.0.0.255", 2, "0900"]],
        ["list", text, CLOCK, [1, "0.0.99.99.99.255", 2]],
        adjust,
        ["action-list", adjust[1:]],
    )
    assert told.values[:3] == [None, "4f6e65", ["SUCCESS", "TYPE_UNMATCHED", "READ_WRITE_DENIED"]]
    assert told.values[3][0] == "54776f"
    assert told.values[3][2] == "OBJECT_UNDEFINED"
    assert told.values[4:] == [None, [None]]
    assert gurux(fresh, "readout", ["get", *text]) == ["54776f"]


def test_access_reads_writes_and_acts(fresh: Meter) -> None:
    told = of_meter(
        fresh,
        "management",
        [
            "access",
            ["get", *REGISTERS[0]],
            ["set", 1, ADDRESS, 2, "090378797a"],
            ["action", 8, "0.0.1.0.0.255", 3, "0f00"],
            ["get", 7, PROFILE, 2, 1, 2],
            ["set", 1, "0.0.42.0.0.255", 2, "0900"],
            ["get", 1, ADDRESS, 2],
        ],
    )
    outcomes = told.values[0]
    assert [result for result, _ in outcomes] == ["SUCCESS"] * 4 + ["READ_WRITE_DENIED", "SUCCESS"]
    assert outcomes[0][1] == registers(fresh)[0]
    assert len(outcomes[3][1]) == 2
    assert outcomes[5][1] == "78797a"
    assert told.tags[0] == [GENERAL_GLO]


def test_access_of_the_public_client_keeps_to_its_rights(meter: Meter) -> None:
    told = of_meter(meter, "public", ["access", ["get", *CLOCK], ["get", *REGISTERS[0]]])
    assert [result for result, _ in told.values[0]] == ["SUCCESS", "OBJECT_UNDEFINED"]
    assert told.tags[0] == [ACCESS]


def test_smartset_reads_what_it_reads(meter: Meter) -> None:
    read = smartset(meter, "management", "get", "1-0:1.8.0")
    assert read["raw"] == of_meter(meter, "management", ["get", *REGISTERS[0]]).values[0]
