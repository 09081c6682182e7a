"""P1 telegrams and the messages of IEC 62056-21."""

from apps.decode.showing import ring, shown, trees
from softmeter.security.ciphering import Cipher, Protection
from softmeter.security.suites import Key
from vectors.table import HERE

TELEGRAM = (HERE / "nl_dsmr502_single_phase.txt").read_bytes()
KEY, AUTHENTICATION = bytes(range(16)), bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def test_the_checksum_of_a_telegram_is_judged() -> None:
    assert "checksum: 1A55, correct" in shown(TELEGRAM)
    damaged = TELEGRAM.replace(b"000123.456", b"000123.457")
    assert "!! checksum: 1A55, but the octets make " in shown(damaged)
    assert any(node.faulty for node in trees(damaged))


def test_line_ends_lost_on_the_way_are_recognised() -> None:
    assert "with CR LF as line ends it is correct" in shown(TELEGRAM.replace(b"\r\n", b"\n"))


def test_telegrams_in_a_row_with_a_part_before_them() -> None:
    text = shown(TELEGRAM + TELEGRAM)
    assert text.count("checksum: 1A55, correct") == 2


def test_a_ciphered_telegram_with_a_length_of_two_octets() -> None:
    cipher = Cipher(Key(KEY), Key(AUTHENTICATION))
    content = cipher.protect(b"SAG\x00\x00\x00\x00\x01", 77, Protection.FULL, TELEGRAM)
    octets = b"\xdb\x08SAG\x00\x00\x00\x00\x01\x82" + len(content).to_bytes(2, "big") + content
    text = shown(octets, ring(KEY.hex(), AUTHENTICATION.hex()))
    assert "tag verified" in text
    assert "+0071        1-0:1.8.1 active energy import, rate 1: 000123.456 kWh" in text
    assert "checksum: 1A55, correct" in text


def test_mode_e() -> None:
    text = shown(b"/?12345678!\r\n/ISk5\\2ME172-0001\r\n\x06252\r\n")
    assert "sign-on request: '/?12345678!'" in text
    assert "address: 12345678" in text
    assert "manufacturer: ISk" in text
    assert "speed: 5 = 9600 baud" in text
    assert "protocol: HDLC" in text
    assert "mode: binary (HDLC)" in text


def test_a_read_out_of_mode_c_and_its_block_check() -> None:
    body = b"1.8.0(000123.4*kWh)\r\n0.0.0(12345678)\r\n!\r\n\x03"
    check = 0
    for octet in body:
        check ^= octet
    text = shown(b"\x02" + body + bytes((check,)))
    assert "1.8.0 active energy import: 000123.4 kWh" in text
    assert f"block check: {check:02X}, correct" in text
    assert "but the octets make" in shown(b"\x02" + body + bytes((check ^ 1,)))


def test_codes_with_letters_are_named() -> None:
    lines = b"F.F(00)\r\nC.1.0(12345678)\r\nC.7.0(0008)\r\nP.98(1)\r\nL.1*126(1)\r\n32.7(230*V)\r\n"
    text = shown(b"\x02" + lines + b"!\r\n\x03\x00")
    assert "F.F error register: 00" in text
    assert "C.1.0 device identifier 1: 12345678" in text
    assert "C.7.0 number of power failures" in text
    assert "L.1*126 billing profile, monthly" in text
    assert "32.7 voltage L1: 230 V" in text


def test_a_line_may_hold_several_data_sets_and_values_go_on_in_the_next() -> None:
    log = b"1-0:99.97.0(1)(0-0:96.7.19)(170520130938S)(0000005627*s)0-0:1.0.0(180924132132S)\r\n(00001.001)\r\n"
    text = shown(b"/ISK5METER\r\n\r\n" + log + b"!\r\n")
    assert "1-0:99.97.0 power failure log: 1, 0-0:96.7.19, 2017-05-20T13:09:38 summer, 0000005627 s" in text
    assert "0-0:1.0.0 clock: 2018-09-24T13:21:32 summer" in text
    assert "further values: 00001.001" in text
    assert "!!" not in text


def test_a_line_that_breaks_off_in_its_values_is_none_however_many_there_are() -> None:
    values = b"(50)" * 500
    assert "1-3:0.2.8" in shown(b"/KWQ5IQ\r\n\r\n1-3:0.2.8" + values + b"\r\n!\r\n")
    assert "is no line of a telegram" in shown(b"/KWQ5IQ\r\n\r\n1-3:0.2.8" + values + b"0)\r\n!\r\n")
