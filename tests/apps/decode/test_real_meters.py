"""The frames of real meters decode without special cases; values as the tests of other readers state them."""

import pytest

from apps.decode.showing import answers, push, pushes, ring, shown, text_of, trees


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


def test_a_wrong_key_is_called_wrong() -> None:
    row = pushes()["kamstrup_omnipower_ciphered"]
    nodes = trees(row["hex"], ring("00" * 16, row["auth_key"]))
    assert any(node.faulty for node in nodes)
    assert "does NOT verify" in shown(row["hex"], ring("00" * 16, row["auth_key"]))


def test_hdlc_without_its_flags_and_the_apdu_without_frame_say_the_same() -> None:
    octets = bytes.fromhex(pushes()["kaifa_ma304h3e"]["hex"])
    for part in (octets, octets[1:-1], octets[9:-3], octets[12:-3]):
        assert "double-long-unsigned: 1320" in shown(part)
