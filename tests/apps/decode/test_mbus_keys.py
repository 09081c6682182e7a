"""Sub-meters that encrypt: answers of a bus in mode 5, wireless telegrams in modes 5 and 7, opened by a key or not."""

import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apps.decode.showing import ring, shown
from softmeter.bench.mbus_line import MBusLine
from softmeter.bench.submeters import parse_sub_meters
from softmeter.device.mbus_channel import Asked, Identity, Kind, Moment, Order
from softmeter.device.surroundings import CALM
from softmeter.meter.mbus_written import written
from softmeter.security.mbus import authenticate, crypt_extended_link, message_keys, mode_5_configuration, wrap_dsmr4
from softmeter.wire import mbus_writing
from softmeter.wire.mbus import Control, Frame, Information, encode
from softmeter.wire.mbus_wireless import Format, checksum, with_checksums
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


def extended(content: bytes, *, session: bytes = b"\xe8\x8b\x3a\x20") -> str:
    """A telegram whose extended link layer encrypts what follows it."""
    plain = checksum(content).to_bytes(2, "little") + content
    address = NUMBER + MAKER + KIND
    return telegram(b"\x8d\x20\x70" + session + crypt_extended_link(KEY, address, 0x20, session, plain))


def test_an_extended_link_layer_is_opened_by_the_key_that_makes_its_checksum_fit() -> None:
    sealed = extended(b"\x78" + RECORDS)
    assert "session: 3836904, encrypted" in shown(sealed)
    assert "protection: no key\n" in shown(sealed)
    opened = shown(sealed, ring(KEY.hex()))
    assert "telegram: opened with test" in opened
    assert "volume: 12.345 m3" in opened
    assert "!! protection: no key given opens it" in shown(sealed, ring(OTHER.hex()))


def test_a_compact_frame_names_its_format() -> None:
    opened = shown(extended(bytes.fromhex("7912C40DFF00002F4E00003D010203")), ring(KEY.hex()))
    assert "payload check: F430, correct" in opened
    assert "format signature: C412" in opened
    assert "compact frame: values alone; a full frame with this signature says what they are" in opened
    assert "values: 00002F4E00003D010203" in opened


def test_an_extended_link_layer_in_clear() -> None:
    content = b"\x78" + RECORDS
    clear = checksum(content).to_bytes(2, "little") + content
    assert "payload check" in shown(telegram(b"\x8d\x20\x70\x01\x00\x00\x00" + clear))
    assert "volume: 12.345 m3" in shown(telegram(b"\x8d\x20\x70\x01\x00\x00\x00" + clear))
    assert "!! payload check" in shown(telegram(b"\x8d\x20\x70\x01\x00\x00\x00\x00\x00" + content))
    other = MAKER + bytes.fromhex("99999999") + KIND
    assert "identification: 99999999" in shown(telegram(b"\x8e\x20\x70" + other + content))


def test_orders_to_a_sub_meter_plain_and_encrypted() -> None:
    (gas,) = parse_sub_meters("gas")
    asked = Asked(1, Identity(*gas.identity), KEY)
    for order, told in (
        (Order(Kind.VALVE, 0, access=9), "remote control: 0"),
        (Order(Kind.TIME, 1_625_142_607, summer=True, access=10), "clock: set to 2021-07-01T12:30:07 (summer time)"),
    ):
        frame = encode(Frame(Control.SND_UD, 1, *written(order, asked))).hex()
        assert told in shown(frame, ring(KEY.hex()))
        assert "encrypted records: mode 5" in shown(frame, ring())
    plain = encode(Frame(Control.SND_UD, 1, *written(Order(Kind.TIME, 1_625_142_607), asked._replace(key=b"")))).hex()
    assert "time: 2021-07-01T12:30" in shown(plain, ring())


def test_a_record_without_a_value_says_why() -> None:
    frame = encode(Frame(Control.RSP_UD, 1, Information.NO_HEADER, bytes.fromhex("0C931500000000"))).hex()
    assert "no value: no data available" in shown(frame, ring())


def test_telegrams_in_a_row_as_receivers_log_them() -> None:
    one, other = bytes.fromhex(wireless_5()), bytes.fromhex(telegram(b"\x8c\x20\x70\x78" + RECORDS))
    for row in ([one, other, one], [with_checksums(one, Format.A), with_checksums(other, Format.A)]):
        text = shown(b"".join(row).hex(), ring(KEY.hex()))
        assert text.count("identification: 12345678") == len(row)
        assert "!!" not in text


def test_an_old_sub_meter_with_two_counters() -> None:
    told = shown("6813136808057378563412 0A00E97E 01000000 35010000 3C16".replace(" ", ""), ring())
    for line in ("identification: 12345678", "medium: 07 water", "volume: 0.001 m3", "volume, storage 1: 0.135 m3"):
        assert line in told


def test_a_wrong_key_of_a_sub_meter_is_called_wrong() -> None:
    assert "protection: no key\n" in shown(wireless_5())
    assert "!! protection: no key given opens it" in shown(wireless_5(), ring(OTHER.hex()))
    unknown = telegram(b"\x7a\x2a\x00" + b"\x10\x0d" + bytes(16))
    assert "protection: mode 13 is not opened here" in shown(unknown, ring(OTHER.hex()))
    assert "!!" not in shown(unknown, ring(OTHER.hex()))
