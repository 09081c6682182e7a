"""What the manual says of firmware, ports and clients, as a head-end and a hand-held see it (sections 10 to 12.3)."""

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.appl import MANAGEMENT, Bench
from device.surrounded import Timeline
from dlms.hdlc_line import HdlcLine
from firmware.images import Loader, Recipe, legal
from meter.asking import cut, get
from meter.making import START, Made, steady
from softmeter.apps import configuration
from softmeter.clock import DateTime
from softmeter.cosem.access import ALL
from softmeter.cosem.classes.image_transfer import ImageTransferStatus
from softmeter.device.device import Device
from softmeter.device.events import Event, Log
from softmeter.device.images import LARGEST_BLOCK, RESTART_S, SMALLEST_BLOCK
from softmeter.device.pulses import Outputs, Train
from softmeter.device.surroundings import Surrounded
from softmeter.dlms import image_upload
from softmeter.dlms.acse import Context, Mechanism
from softmeter.dlms.client import Client
from softmeter.dlms.conformance import Conformance
from softmeter.dlms.conversation import drive
from softmeter.dlms.hdlc_server import HdlcServer
from softmeter.dlms.messages import AttributeReference
from softmeter.errors import AccessError, ConfigurationError
from softmeter.instant import SECOND, Instant, whole_second
from softmeter.meter import model
from softmeter.meter.optical import station
from softmeter.meter.policies import Audience
from softmeter.meter.vigilance import Vigilance
from softmeter.metrology.energy import Quantity
from softmeter.obis import Obis
from softmeter.wire.types import date_time, decode_data

FIRST = whole_second(START)
CLOCK = AttributeReference(8, Obis.parse("0-0:1.0.0"), 2)
LOAD_PROFILE = AttributeReference(7, Obis.parse("1-0:99.1.0"), 2)
YEAR_S = 31_557_600
LOGIN = {"reply_to_hls_authentication"}


class HandHeld(Bench):
    """A head on the optical port of a meter, and whoever manages it behind that."""

    def __init__(self, *, pressed: bool) -> None:
        super().__init__(MANAGEMENT)
        self.line = HdlcLine()
        guard = Vigilance(self.meter, lambda: self.line.now, local=True).over("head")
        self.line.server = HdlcServer(self.meter, station(self.meter, paced=False), guard)
        self.made_by = self.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
        if pressed:
            self.meter.device.surroundings = Timeline({FIRST + 1: Surrounded(sealed_button=1)})
            self.actor.jump(Instant(START + 2 * SECOND))
        self.line.run(self.made_by.associate(), MANAGEMENT)


@pytest.mark.manual("10.local", "11.1.read-and-configure", "6.any-way-in")
def test_a_hand_held_reads_sets_the_clock_and_updates_the_firmware_by_the_optical_port() -> None:
    held = HandHeld(pressed=True)
    client, run = held.made_by, held.line.run
    then = DateTime.decode(run(client.get(CLOCK), MANAGEMENT)[2:])
    later = replace(then, hour=(then.hour or 0) + 1)
    run(client.set(CLOCK, date_time.encode(later)), MANAGEMENT)
    now = DateTime.decode(run(client.get(CLOCK), MANAGEMENT)[2:])
    assert (now.hour, now.minute) == (later.hour, then.minute)
    loader = Loader(_made(held))
    image = Recipe().made()
    run(image_upload.upload(client, image, b"A1.05.02"), MANAGEMENT)
    assert run(image_upload.verify(client), MANAGEMENT) is ImageTransferStatus.VERIFICATION_SUCCESSFUL
    assert loader.status == ImageTransferStatus.VERIFICATION_SUCCESSFUL


@pytest.mark.manual("11.1.programming")
def test_without_the_sealed_button_nothing_is_configured_by_the_optical_port() -> None:
    held = HandHeld(pressed=False)
    value = held.line.run(held.made_by.get(CLOCK), MANAGEMENT)
    with pytest.raises(AccessError):
        held.line.run(held.made_by.set(CLOCK, value), MANAGEMENT)
    with pytest.raises(AccessError):
        held.line.run(image_upload.upload(held.made_by, Recipe().made(), b"A1.05.02"), MANAGEMENT)


@pytest.mark.manual("10.single-instance")
def test_there_is_one_place_for_images_of_both_parts() -> None:
    assert [one["obis"] for one in model.describe() if one["class_id"] == 18] == ["0-0:44.0.0"]
    loader = Loader()
    assert loader.load(Recipe().made()) == 0
    part = legal()
    assert loader.initiate(part.made(), f"L{part.version}") == 0
    assert loader.get(7).value == ()
    assert loader.call(4) != 0


@pytest.mark.manual("10.block-size")
def test_blocks_have_64_to_1024_octets() -> None:
    assert (SMALLEST_BLOCK, LARGEST_BLOCK) == (64, 1024)
    text = configuration.text("factory")
    for octets in (64, 1024):
        made = configuration.parse(text, "test", {"firmware": {"block_octets": octets}})
        assert made.device.image_block_octets == octets
    for octets in (63, 1025):
        with pytest.raises(ConfigurationError):
            configuration.parse(text, "test", {"firmware": {"block_octets": octets}})


@pytest.mark.manual("2.4.diagnosis-after-firmware")
def test_the_meter_checks_itself_after_a_new_firmware() -> None:
    """Else a fault is found at the next full hour."""
    made = Made()
    made.meter.device.surroundings = Timeline({FIRST + 60: Surrounded(faults=1 << 9)})
    loader = Loader(made)
    assert loader.load(Recipe().made()) == 0
    made.actor.jump(Instant(START + 100 * SECOND))
    assert made.meter.device.behaviours.alarms.error == 0
    assert loader.call(4) == 0
    made.actor.jump(Instant(made.meter.device.now + RESTART_S * SECOND))
    assert made.meter.device.behaviours.alarms.error == 1 << 9
    codes = made.meter.device.events.ring(Log.STANDARD).rows()["code"].tolist()
    assert codes == [Event.FIRMWARE_READY.code, Event.RAM_ERROR.code, Event.FIRMWARE_ACTIVATED.code]


@pytest.mark.manual("2.3.ranges")
@pytest.mark.parametrize("voltage_v", [184, 230, 276])
@pytest.mark.parametrize("current_a", [0.25, 5, 65])
def test_voltages_and_currents_of_the_whole_range_are_measured(voltage_v: float, current_a: float) -> None:
    made = Made(source=steady(u=str(voltage_v), i=str(current_a)))
    made.actor.jump(Instant(START + 3600 * SECOND))
    assert [decode_data(get(made, 3, f"1-0:{c}.7.0", 2)).value for c in (32, 31)] == [voltage_v * 10, current_a * 100]
    assert made.meter.device.registers.wh(Quantity.ACTIVE_IMPORT) == int(voltage_v * current_a)
    assert made.meter.device.events.ring(Log.POWER_QUALITY).rows()["code"].tolist() in ([], [76], [79])


@pytest.mark.manual("2.3.leds")
def test_each_energy_has_an_output_of_its_own() -> None:
    """Half a watt-hour is a pulse of the one, half a varh of the other."""
    seen = {"active": 0, "reactive": 0}

    class Watched(Outputs):
        wants_seconds = False

        def pulses(self, active: Train, reactive: Train) -> None:
            seen["active"] += len(active.instants)
            seen["reactive"] += len(reactive.instants)

        def second(self, device: Device) -> None:  # noqa: ARG002
            raise AssertionError("nobody wants to see single seconds")

    made = Made(source=steady(u="230", i="10", pf="0.8"), outputs=Watched())
    made.actor.adopt(made.actor.advanced(Instant(START + 3600 * SECOND)))
    assert seen == {"active": 2 * 1840, "reactive": 2 * 1380}


@pytest.mark.manual("2.3.retention")
def test_a_meter_that_had_no_power_for_fifteen_years_has_all_its_data(tmp_path: Path) -> None:
    made = Made(source=steady(i="65"))
    made.actor.jump(Instant(START + 10 * 86_400 * SECOND))
    device = made.meter.device
    made.meter.device.record(Event.STRONG_FIELD_DETECTED)
    again = cut(made, tmp_path, Instant(device.now + 15 * YEAR_S * SECOND))
    found = again.meter.device
    assert found.registers.totals == device.registers.totals
    assert found.registers.totals[0] // 3_600_000 == 65 * 230 * 240
    for one in device.profiles:
        assert found.profile(one.settings.name).ring.rows().tolist()[: len(one.ring)] == one.ring.rows().tolist()
    assert found.events.ring(Log.FRAUD).rows().tolist() == device.events.ring(Log.FRAUD).rows().tolist()
    fifteen_years_wh = 15 * YEAR_S // 3600 * 65 * 276
    assert fifteen_years_wh < 2**32  # the registers do not come round either


@pytest.mark.slow
@pytest.mark.manual("2.4.block-transfer")
def test_the_whole_load_profile_comes_in_one_general_block_transfer() -> None:
    bench = Bench(MANAGEMENT)
    bench.actor.jump(Instant(START + 56 * 86_400 * SECOND))
    device = bench.meter.device
    usual = bench.client(Context.LOGICAL_NAMES_CIPHERED, Mechanism.HLS_GMAC)
    wanted = Conformance.GET | Conformance.ACTION | Conformance.GENERAL_BLOCK_TRANSFER
    client = Client(usual._credentials, bench.meter.entropy, conformance=wanted)
    blocks: list[bytes] = []

    def ask(apdu: bytes) -> bytes:
        answer = bench.ask(apdu) or b""
        blocks.append(answer)
        return answer

    drive(client.associate(), ask)
    assert Conformance.BLOCK_GET not in client.negotiated.conformance
    blocks.clear()
    octets = drive(client.get(LOAD_PROFILE), ask)
    rows = len(device.profile("load").ring)
    assert rows == 5280
    assert octets[:4] == b"\x01\x82" + rows.to_bytes(2, "big")
    general = [block for block in blocks if block[:1] == b"\xe0"]
    assert len(general) > 1
    assert sum(len(block) for block in general) > len(octets)


@pytest.mark.manual("12.2.levels")
def test_admin_and_maintenance_configure_and_operators_only_read() -> None:
    rows = model.dictionary(has_disconnector=True).rows
    for row in rows:
        reading = row.policy.of(Audience.READOUT)
        assert not reading.write, row.title
        assert set(reading.call.split()) <= LOGIN, row.title
    for audience in (Audience.MANAGEMENT, Audience.MAINTENANCE):
        configuring = [row for row in rows if row.policy.of(audience).write]
        assert len(configuring) > 100
        assert any(row.policy.of(audience).call in {ALL, "execute"} for row in rows)


def _made(held: HandHeld) -> Made:
    """The meter of a hand-held, for whoever puts images into one."""
    made = Made()
    made.meter, made.actor = held.meter, held.actor
    return made
