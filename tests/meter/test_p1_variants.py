"""Telegrams of every variant: byte for byte, line by line, and against an independent checksum."""

import os
from pathlib import Path

import pytest

from interop.p1_reader import crc16_arc
from meter.making import Made
from meter.p1_stories import START, channels, eventful, is_known, with_sub_meters
from softmeter.clock import DateTime
from softmeter.device.demand import Maximum
from softmeter.device.mbus_channel import Value
from softmeter.dlms.host import Keys
from softmeter.errors import ConfigurationError
from softmeter.instant import SECOND, Instant
from softmeter.meter.clients import CONSUMER
from softmeter.meter.keys import KeyRing
from softmeter.meter.p1 import P1Settings, Variant, broadcast, telegram
from softmeter.security.ciphering import Cipher
from softmeter.security.suites import Key
from softmeter.units import Unit
from softmeter.wire.telegram import parse
from vectors.table import HERE

GOLDEN = Path(__file__).parents[1] / "golden" / "p1"
ENCRYPTION, AUTHENTICATION = bytes(range(16)), bytes.fromhex("00112233445566778899AABBCCDDEEFF")
VARIANTS = [variant.value for variant in Variant]


def told(made: Made, variant: str) -> bytes:
    return telegram(made.meter.device, made.meter.identity, P1Settings(Variant(variant)))


def lines(octets: bytes) -> dict[str, tuple[str, ...]]:
    return {line.code: line.values for line in parse(octets).lines}


@pytest.fixture(scope="module", params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def octets(variant: str) -> bytes:
    return told(with_sub_meters(eventful("be" if variant == "be" else "nl")), variant)


def test_a_telegram_is_what_it_was(variant: str, octets: bytes) -> None:
    path = GOLDEN / f"{variant}.txt"
    if os.environ.get("GOLDEN"):
        path.write_bytes(octets)
    assert octets == path.read_bytes()


def test_every_line_has_the_form_of_the_standard(variant: str, octets: bytes) -> None:
    head, *rest, checksum, end = octets.decode("ascii").split("\r\n")
    assert head.startswith("/KWQ5")
    assert rest.pop(0) == end == ""
    assert [line for line in rest if not is_known(variant, line)] == []
    assert len(rest) == len({line.partition("(")[0] for line in rest})
    assert checksum == f"!{crc16_arc(octets[: octets.index(b'!') + 1]):04X}"


def test_the_grammar_knows_the_examples() -> None:
    for variant, name in (("nl", "nl_dsmr502_single_phase"), ("be", "be_emucs_single_phase")):
        text = (HERE / f"{name}.txt").read_text("ascii").replace("314B575130313030313233343536", "31" * 17)
        assert [line for line in text.splitlines()[2:-1] if not is_known(variant, line)] == []


def test_failures_are_counted_and_the_newest_comes_first() -> None:
    found = lines(told(eventful("nl"), "nl"))
    assert (found["0-0:96.7.21"], found["0-0:96.7.9"]) == (("00003",), ("00002",))
    assert found["1-0:99.97.0"] == (
        "2",
        "0-0:96.7.19",
        *("260301043720W", "0000000240*s"),
        *("260301001141W", "0000000301*s"),
    )
    assert (found["1-0:32.32.0"], found["1-0:32.36.0"]) == (("00001",), ("00001",))


def test_the_belgian_peak_is_of_this_month_and_the_last_ones_are_history() -> None:
    made = eventful("be")
    found = lines(told(made, "be"))
    assert found["1-0:1.6.0"] == ("260301073000W", "04.682*kW")
    assert found["0-0:98.1.0"] == (
        *("1", "1-0:1.6.0", "1-0:1.6.0"),
        *("260301000000W", "260228231500W", "00.960*kW"),
    )
    demand = made.meter.device.behaviours.demand.maximum(0)
    assert demand.value == 4682


def billed(peaks_w: list[int]) -> Made:
    """A Belgian meter whose months had these peaks, at noon of the 10th; from January 2025 on."""
    made = Made(config="be")
    device, clock = made.meter.device, made.meter.device.clock
    for month, peak_w in enumerate(peaks_w):
        at, end = (
            DateTime(2025 + whole // 12, whole % 12 + 1, day, hour=hour, minute=0, second=0)
            for whole, day, hour in ((month, 10, 12), (month + 1, 1, 0))
        )
        peak = clock.stamp_of(clock.zone.utc_second(at))
        device.behaviours.demand.put_maximum(0, Maximum(peak_w, peak))
        device.capture(device.profile("billing"), clock.zone.utc_second(end))
    return made


def test_the_history_has_thirteen_months_the_oldest_first() -> None:
    values = lines(told(billed([month * 100 for month in range(1, 16)]), "be"))["0-0:98.1.0"]
    assert values[:3] == ("13", "1-0:1.6.0", "1-0:1.6.0")
    assert values[3:6] == ("250401000000S", "250310120000W", "00.300*kW")
    assert values[-3:] == ("260401000000S", "260310120000W", "01.500*kW")
    assert [value[:4] for value in values[3::3]] == [f"25{month:02d}" for month in range(4, 13)] + [
        f"26{month:02d}" for month in range(1, 5)
    ]


def test_a_month_without_a_peak_has_no_time() -> None:
    values = lines(told(billed([4321, 0]), "be"))["0-0:98.1.0"]
    assert values[3:] == (
        *("250201000000W", "250110120000W", "04.321*kW"),
        *("250301000000W", "632525252525W", "00.000*kW"),
    )


def test_without_the_columns_there_is_no_history() -> None:
    assert lines(told(eventful("nl"), "be"))["0-0:98.1.0"] == ("0", "")


@pytest.mark.manual("11.5.messages")
def test_the_message_is_sent_until_it_is_taken_back() -> None:
    made = eventful("nl")
    assert lines(told(made, "nl"))["0-0:96.13.0"] == (b"Low tariff tonight".hex().upper(),)
    assert lines(told(Made(), "nl"))["0-0:96.13.0"] == ("",)


def test_only_installed_sub_meters_are_told_of() -> None:
    made = with_sub_meters(eventful("nl"))
    found = lines(told(made, "nl"))
    assert found["0-1:24.2.1"] == ("260301110000W", "00112.384*m3")
    assert found["0-2:24.2.1"] == ("260301110000W", "000987.65*m3")
    assert found["0-3:24.2.1"] == ("260301110000W", "000012.34*GJ")
    assert found["0-4:96.1.0"] == (b"GWI123456780102".hex().upper(),)
    assert "0-4:24.2.1" not in found
    belgian = lines(told(made, "be"))
    assert belgian["0-1:24.2.3"] == found["0-1:24.2.1"]
    assert (belgian["0-1:24.4.0"], belgian.get("0-3:24.4.0")) == (("1",), None)
    gone = channels()[2]._replace(installed=0)
    made.meter.device.behaviours.mbus.put(made.meter.device, 2, gone)
    assert not [code for code in lines(told(made, "nl")) if code.startswith("0-2")]


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (Value(1_234_567_890, -3, Unit.CUBIC_METRE), "34567.890*m3"),
        (Value(7, 0, Unit.CORRECTED_CUBIC_METRE), "000007.00*m3"),
        (Value(7, -6, Unit.CUBIC_METRE), "00000.000*m3"),
        (Value(1_234_567, 0, Unit.WATT_HOUR), "001234.567*kWh"),
    ],
)
def test_values_are_cut_to_the_digits_of_their_format(value: Value, printed: str) -> None:
    made = Made()
    channel = channels()[1]._replace(values=(value,))
    made.meter.device.behaviours.mbus.put(made.meter.device, 1, channel)
    assert lines(told(made, "nl"))["0-1:24.2.1"][1] == printed


@pytest.mark.parametrize("value", [Value(20, 0, Unit.CELSIUS), Value(-7, 0, Unit.WATT_HOUR)])
def test_a_value_that_p1_has_no_form_for_is_left_out(value: Value) -> None:
    made = Made()
    channel = channels()[1]._replace(values=(value,))
    made.meter.device.behaviours.mbus.put(made.meter.device, 1, channel)
    assert "0-1:24.2.1" not in lines(told(made, "nl"))


def test_the_identification_is_chosen() -> None:
    made = Made()
    chosen = P1Settings(Variant.BE, "FLU5\\253769484_A")
    chosen.check()
    assert telegram(made.meter.device, made.meter.identity, chosen).startswith(b"/FLU5\\253769484_A\r\n\r\n")
    with pytest.raises(ConfigurationError, match="three letters"):
        P1Settings(identification="/KWQ5").check()


def ciphering() -> Made:
    made = Made()
    made.meter.key_ring = KeyRing(bytes(16), {CONSUMER: Keys(ENCRYPTION, AUTHENTICATION)})
    return made


def opened(made: Made, frame: bytes, keys: tuple[bytes, bytes] = (ENCRYPTION, AUTHENTICATION)) -> tuple[bytes, int]:
    title = made.meter.identity.system_title
    head = b"\xdb\x08" + title + b"\x82"
    assert frame.startswith(head)
    size = int.from_bytes(frame[11:13], "big")
    assert len(frame) == 13 + size
    found = Cipher(Key(keys[0]), Key(keys[1])).unprotect(title, frame[13:])
    return found.plain, found.counter


@pytest.mark.parametrize("name", ["lu", "nl-encrypted"])
def test_a_ciphered_telegram_opens_to_the_plain_one(name: str) -> None:
    made = ciphering()
    settings = P1Settings(Variant(name))
    frame = broadcast(made.meter, settings)
    assert opened(made, frame) == (told(made, name), 1)
    assert opened(made, broadcast(made.meter, settings))[1] == 2


def test_each_telegram_is_ciphered_with_the_keys_of_its_time_and_meter() -> None:
    made, other, settings = ciphering(), ciphering(), P1Settings(Variant.LU)
    keys = ENCRYPTION, AUTHENTICATION
    for changed in ({"authentication": bytes(16)}, {"unicast_encryption": bytes(16)}):
        assert opened(made, broadcast(made.meter, settings), keys)[0] == told(made, "lu")
        made.meter.key_ring.change(CONSUMER, **changed)
        keys = changed.get("unicast_encryption", keys[0]), changed.get("authentication", keys[1])
    assert opened(made, broadcast(made.meter, settings), keys)[0] == told(made, "lu")
    assert opened(other, broadcast(other.meter, settings))[0] == told(other, "lu")


def test_the_envelope_is_that_of_the_published_example() -> None:
    frame = bytes.fromhex((HERE / "p1_general_glo.hex").read_text("ascii"))
    cipher = Cipher(Key(ENCRYPTION), Key(AUTHENTICATION))
    found = cipher.unprotect(frame[2:10], frame[13:])
    assert parse(found.plain).identification == "KWQ5\\253833635_A"
    assert found.counter == 0x1000


def test_no_counter_is_used_twice_whatever_happens_to_the_process() -> None:
    made, settings = ciphering(), P1Settings(Variant.LU)
    used = []
    for _ in range(3):
        for _ in range(300):
            used.append(opened(made, broadcast(made.meter, settings))[1])
            if made.meter.must_store:
                stored = dict(made.meter.counters.saved())
                made.actor.changes()
        again = ciphering()
        again.meter.counters.restore(stored)
        made = again
    assert len(set(used)) == len(used) == 900


def test_time_passes_and_the_telegram_with_it() -> None:
    made = eventful("nl")
    for passed in range(1, 4):
        made.actor.jump(Instant(START + (43_215 + passed) * SECOND))
        assert lines(told(made, "nl"))["0-0:1.0.0"] == (f"2603011100{15 + passed}W",)
