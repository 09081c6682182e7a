"""The frames of real meters decode without special cases; values as the tests of other readers state them."""

from typing import Any

import pytest

from apps.decode.showing import answers, push, pushes, ring, shown, text_of, trees
from softmeter.apps.decode.tree import Node


@pytest.mark.parametrize("name", pushes())
def test_nothing_in_them_is_wrong(name: str) -> None:
    row = pushes()[name]
    nodes = trees(row["hex"], ring(row.get("key", ""), row.get("auth_key", "")))
    assert nodes
    assert not any(node.faulty for node in nodes)


@pytest.mark.parametrize(("name", "expected"), [
    ("kaifa.no_list_1", ["= 2019-02-04T23:52:22 (with a tag before it)", "double-long-unsigned: 5852"]),
    ("aidon.no_list_2", ["1-1:0.2.129 version of the object list", "AIDON_V0001", "long-unsigned: 2274 = 227.4 V"]),
    ("kamstrup.no_list_2_single_phase", ["time: 07E1081003100005FF800000 = 2017-08-16T16:00:05", "Kamstrup_V0001"]),
    ("kaifa_ma304h3e", ["frame check: B80C, correct", "double-long-unsigned: 1320"]),
    ("iskraemeco_am550", ["all segments: ", "double-long-unsigned: 261927 = 261927 Wh", "long-unsigned: 89 = 0.89 A"]),
    ("landis_gyr_e450_blocks", ["block 5, last", "all blocks: ", "1-0:21.7.0 active power import L1"]),
    ("landis_gyr_e450_ciphered", ["tag verified", "all blocks: ", "deciphered: 242 octets"]),
    ("kamstrup_omnipower_ciphered", ["tag verified", "double-long-unsigned: 6307498", "long-unsigned: 222"]),
    ("kaifa_ma309_operator_example", ["suite 1, encrypted", "1KFM0100000035", "long-unsigned: 2308 = 230.8 V"]),
    ("netz_noe_operator_example", ["encrypted only, no tag; opened", "data-notification"]),
    ("energomera", ["time: 07E60B03FF0F2619FFFF4CFF", "EMR0222173608710"]),
    ("landis_gyr_zmf100", ["= 1-0:31.7.0 current L1 (tag and length swapped)", "long: 244 = 2.44 A", "= 233.0 V"]),
    ("egd_operator_example", ["descriptor: DisconnectControl 0-0:96.3.10", "1-0:1.8.4 active energy import, rate 4"]),
    ("sagemcom_xt211", ["descriptor: Register 1-0:1.8.0 active energy import, attribute 2 value (without tags)"]),
    ("landis_gyr_e450_list", ["double-long-unsigned: 132573 (1-0:1.8.0 active energy import)",
                              "enum: 1 (0-0:96.3.10 disconnect control, control_state)"]),
    ("salzburg_netz", ["time: 07E60B0C0610360000FFC400 = 2022-11-12T16:54:00+01:00", "= 714 W"]),
])  # fmt: skip
def test_their_values_are_named_and_scaled(name: str, expected: list[str]) -> None:
    text = push(name)
    assert [part for part in expected if part not in text] == []


@pytest.mark.parametrize(("name", "expected"), [
    ("kamstrup_multical_601", ["identification: 06855817", "manufacturer: KAM", "medium: 04 heat",
                               "energy: 37351000 Wh", "volume: 561.08 m3", "flow temperature: 101.69 °C",
                               "power, maximum: 44800 W", "time: 2011-01-05T15:26",
                               "volume, storage 1, subunit 2: 0.00 m3"]),
    ("ACW_Itron-CYBLE-M-Bus-14", ["cust. ID: '09LA076755", "medium: 07 water", "time: 2014-03-13T14:26"]),
    ("elv_temp_humid", ["%RH: 45.64", "external temperature, minimum: 21.60 °C"]),
])  # fmt: skip
def test_answers_of_sub_meters_are_named_and_scaled(name: str, expected: list[str]) -> None:
    nodes = trees(answers()[name])
    assert not any(node.faulty for node in nodes)
    text = text_of(nodes)
    assert [part for part in expected if part not in text] == []


def test_ciphered_records_are_named_as_such() -> None:
    frame = bytearray.fromhex("6817176808017278563412E91E01032A0010052222222222222222")
    frame += bytes((sum(frame[4:]) & 0xFF, 0x16))
    text = shown(bytes(frame))
    assert "manufacturer: GWI" in text
    assert "encrypted records: mode 5, 2222222222222222" in text


def test_without_its_key_a_push_is_shown_as_far_as_it_is_clear() -> None:
    text = shown(pushes()["kamstrup_omnipower_ciphered"]["hex"])
    assert "title: 4B414D4501349083" in text
    assert "invocation counter: 69476" not in text
    assert "protection: no key, or no system title of the sender" in text


def test_without_the_authentication_key_it_is_opened_but_not_called_verified() -> None:
    row = pushes()["kamstrup_omnipower_ciphered"]
    text = shown(row["hex"], ring(row["key"]))
    assert "tag not checked: no authentication key; opened" in text
    assert "double-long-unsigned: 6307498" in text


def test_with_another_authentication_key_it_is_opened_but_called_wrong() -> None:
    row = pushes()["kamstrup_omnipower_ciphered"]
    nodes = trees(row["hex"], ring(row["key"], "00" * 16))
    assert any(node.faulty for node in nodes)
    text = text_of(nodes)
    assert "the tag does NOT verify: the authentication key is another one, or octets were changed" in text
    assert "double-long-unsigned: 6307498" in text


@pytest.mark.parametrize("key", [bytes(range(first, first + 16)).hex() for first in range(40)])
def test_noise_is_not_taken_for_an_apdu(key: str) -> None:
    row = pushes()["netz_noe_operator_example"]
    assert "no key given makes an APDU of it" in shown(row["hex"], ring(key))


def test_values_say_of_which_object_they_are() -> None:
    def values(node: Node) -> list[dict[str, Any]]:
        return [*([node.of] if node.of else []), *(of for child in node.children for of in values(child))]

    listed = [of for node in trees(pushes()["landis_gyr_e450_list"]["hex"]) for of in values(node)]
    assert {"class": 3, "obis": "1-0:1.8.0", "attribute": 2, "data_index": 0} in listed
    beside = [of for node in trees(pushes()["kamstrup_6841121"]["hex"]) for of in values(node)]
    assert {"obis": "1-1:32.7.0", "name": "voltage L1"} in beside


def test_a_date_beside_a_time_are_both() -> None:
    text = shown("0F0000046C0C07E503190413010E00FFC4000202090413010E00090507E5031904")
    assert "octet-string: 13010E00 = 19:01:14" in text
    assert "octet-string: 07E5031904 = 2021-03-25" in text


def test_a_wrong_key_is_called_wrong() -> None:
    row = pushes()["kamstrup_omnipower_ciphered"]
    nodes = trees(row["hex"], ring("00" * 16, row["auth_key"]))
    assert any(node.faulty for node in nodes)
    assert "does NOT verify" in shown(row["hex"], ring("00" * 16, row["auth_key"]))


def test_hdlc_without_its_flags_and_the_apdu_without_frame_say_the_same() -> None:
    octets = bytes.fromhex(pushes()["kaifa_ma304h3e"]["hex"])
    for part in (octets, octets[1:-1], octets[9:-3], octets[12:-3]):
        assert "double-long-unsigned: 1320" in shown(part)


@pytest.mark.parametrize(("name", "value"), [
    ("kamstrup_omnipower_ciphered", "double-long-unsigned: 6307498"),
    ("netz_noe_operator_example", "scaler 0, unit W"),
])  # fmt: skip
def test_of_a_cut_ciphered_push_what_is_there_is_opened(name: str, value: str) -> None:
    row = pushes()[name]
    octets = bytes.fromhex(row["hex"])
    if octets[0] == 0x68:  # the APDU in the first frame, as a reader that knows one frame only hands it on
        octets = octets[9:200]
    nodes = trees(octets[: len(octets) * 2 // 3], ring(row["key"], row.get("auth_key", "")))
    assert any("octets of protected content announced" in fault.text for node in nodes for fault in node.faults)
    assert value in text_of(nodes)
