"""The read-out tells what the registers and the telegram tell."""

from meter.making import START, Made, steady
from softmeter.instant import SECOND, Instant
from softmeter.meter.readout import readout
from softmeter.metrology.energy import Quantity
from softmeter.wire.mode_e import decode_readout, encode_readout


def test_a_readout_has_identification_clock_and_main_registers() -> None:
    made = Made(source=steady(i="20"))
    made.actor.jump(Instant(START + 36_000 * SECOND))
    device, identity = made.meter.device, made.meter.identity
    lines = readout(made.meter)
    assert decode_readout(encode_readout(lines)) == lines
    told = dict(line.rstrip(")").split("(") for line in lines)
    assert told["C.1.0"] == identity.serial
    assert told["0.0.0"] == identity.meter_identifier
    assert (told["0.9.1"], told["0.9.2"]) == ("11:00:00", "26-01-01")
    wh = device.registers.wh(Quantity.ACTIVE_IMPORT)
    assert wh == 46_000
    assert told["1.8.0"] == "000046.000*kWh"
    rates = [float(told[f"1.8.{rate}"].removesuffix("*kWh")) for rate in (1, 2)]
    assert sum(rates) == 46
    assert told["2.8.0"] == "000000.000*kWh"
