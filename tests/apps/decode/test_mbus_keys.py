"""Sub-meters that encrypt: answers of a bus in mode 5, wireless telegrams in modes 5 and 7, opened by a key or not."""

import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apps.decode.showing import ring, shown
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.mbus_channel import Moment
from softmeter.device.surroundings import CALM
from softmeter.security.mbus import authenticate, message_keys, mode_5_configuration, wrap_dsmr4
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Control, Frame, Information, encode
from softmeter.wire.mbus_wireless import Format, with_checksums
from vectors.table import HERE

VECTORS = json.loads((HERE / "vectors.json").read_text("utf-8"))
KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
OTHER = bytes(16)
NUMBER, MAKER, KIND = bytes.fromhex("78563412"), bytes.fromhex("E91E"), bytes.fromhex("0103")
RECORDS = mbus_writing.padded(mbus_writing.digits(b"\x13", 12345) + mbus_writing.time(1_625_142_600))
COUNTER = bytes.fromhex("0A000000")


def telegram(layers: bytes) -> str:
    octets = b"\x44" + MAKER + NUMBER + KIND + layers
    return (bytes((len(octets),)) + octets).hex()


def wireless_5() -> str:
    content = bytes.fromhex(VECTORS["mbus.mode5.ciphertext"]["hex"])
    return telegram(b"\x7a\x2a\x00" + mode_5_configuration(len(content)).to_bytes(2, "little") + content)


def wireless_7(*, link: bytes = b"\x8c\x20\x2a") -> str:
    keys = message_keys(KEY, COUNTER, NUMBER)
    encryptor = Cipher(algorithms.AES(keys.encryption), modes.CBC(bytes(16))).encryptor()
    content = encryptor.update(RECORDS) + encryptor.finalize()
    transport = b"\x7a\x2a\x00" + bytes((len(content) // 16 << 4, 0x07, 0x10)) + content
    control = b"\x25"
    code = authenticate(keys, control + COUNTER + transport, 8)
    layer = (0x2C00).to_bytes(2, "little") + control + COUNTER + code
    return telegram(link + b"\x90" + bytes((len(layer),)) + layer + transport)


def test_an_answer_of_a_simulated_sub_meter_in_mode_5() -> None:
    (gas,) = parse_sub_meters("gas")
    line, moment = MBusLine((gas,)), Moment(1_780_000_000, CALM)
    order = mbus_writing.string(mbus_writing.KEY, wrap_dsmr4(gas.default_key, KEY))
    memory, _ = line.exchange("", encode(Frame(Control.SND_UD, 0, Information.DATA, order)), moment)
    _, answer = line.exchange(memory, encode(Frame(Control.REQ_UD2, 0)), moment)
    count = f"{gas.counted(moment.second) / 1000:.3f} m3"
    assert count in shown(answer.hex(), ring(KEY.hex()))
    for keys in (ring(), ring(OTHER.hex())):
        assert "encrypted records: mode 5" in shown(answer.hex(), keys)
        assert count not in shown(answer.hex(), keys)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(wireless_5(), "volume"), (wireless_7(), "volume: 12.345 m3"), (wireless_7(link=b""), "volume: 12.345 m3")],
)
def test_wireless_telegrams(text: str, expected: str) -> None:
    opened = shown(text, ring(KEY.hex()))
    assert "manufacturer: GWI" in opened
    assert "identification: 12345678" in opened
    assert expected in opened
    sealed = shown(text, ring(OTHER.hex()))
    assert "encrypted records" in sealed
    assert "volume" not in sealed


def test_the_code_of_a_telegram_in_mode_7() -> None:
    assert "authenticated" in shown(wireless_7(), ring(KEY.hex()))
    damaged = wireless_7()
    assert "authenticated" not in shown(damaged[:-2] + f"{int(damaged[-2:], 16) ^ 1:02x}", ring(KEY.hex()))


@pytest.mark.parametrize("text", [wireless_5(), wireless_7()])
def test_cut_telegrams_are_told_of_and_do_no_harm(text: str) -> None:
    octets = bytes.fromhex(text)
    for size in range(11, len(octets)):
        assert shown((bytes((size - 1,)) + octets[1:size]).hex(), ring(KEY.hex()))


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("text", [wireless_5(), wireless_7()])
def test_telegrams_as_they_are_on_the_air(text: str, form: Format) -> None:
    on_air = with_checksums(bytes.fromhex(text), form)
    opened = shown(on_air.hex(), ring(KEY.hex()))
    assert f"blocks: format {form.value}" in opened
    assert "volume" in opened
    wrong = bytes((on_air[0], on_air[1], on_air[2] ^ 1)) + on_air[3:]
    told = shown(wrong.hex(), ring(KEY.hex()))
    assert "fit," not in told
    assert ("does not fit it" in told) == (form is Format.A)
    assert "!! wrong" in told
