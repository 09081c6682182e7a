"""Pulses as lines of JSON: what readers of the stream get (docs/pulses.md)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np

from softmeter.device.device import Device
from softmeter.device.pulses import Output, Train, active_pulse_count, reactive_pulse_count
from softmeter.instant import SECOND, Instant
from softmeter.meter.meter import Meter
from softmeter.metrology.energy import Quantity
from softmeter.metrology.pulses import IMPULSES_PER_KWH

FORMAT: Final = 1
"""Grows when a reader of before would misunderstand what is told."""
ENERGIES: Final[Mapping[Quantity, str]] = {
    Quantity.ACTIVE_IMPORT: "+A",
    Quantity.ACTIVE_EXPORT: "-A",
    Quantity.REACTIVE_Q1: "R1",
    Quantity.REACTIVE_Q2: "R2",
    Quantity.REACTIVE_Q3: "R3",
    Quantity.REACTIVE_Q4: "R4",
}
"""What the pulses are of, as lines name it."""
_NAMES: Final = tuple(ENERGIES.get(energy, "") for energy in Quantity)
"""The same by number: millions are looked up."""
_UNITS: Final = {Output.ACTIVE: "Wh", Output.REACTIVE: "varh"}


class Burst(NamedTuple):
    """More pulses of one output than are told one by one."""

    first: tuple[int, int]
    """Number and instant."""
    last: tuple[int, int]
    energies: Mapping[Quantity, int]
    """How many there are of each."""


class Given(NamedTuple):
    """What an output gave in one step of time: trains in order, or a burst with the ends of measuring periods."""

    trains: tuple[Train, ...] = ()
    burst: Burst | None = None


def opening(meter: Meter) -> bytes:
    """What a reader is told first: whose pulses they are, what they mean, and how many there have been."""
    device = meter.device
    identity, counts = meter.identity, _counts(device)
    gives = "measuring periods" if device.behaviours.outputs.gives_periods else "energy"
    outputs = {
        output.value: {
            "unit": unit,
            "units_per_pulse": 1000 / IMPULSES_PER_KWH,
            "constant": f"{IMPULSES_PER_KWH} imp/k{unit}",
            "gives": gives if output is Output.ACTIVE else "energy",
            "count": counts[output.value],
        }
        for output, unit in _UNITS.items()
    }
    return _line(
        {
            "type": "meter",
            "format": FORMAT,
            "meter": {
                "type": identity.type,
                "serial": identity.serial,
                "logical_device_name": identity.logical_device_name,
            },
            **_time(device.now),
            "powered": device.powered,
            "outputs": outputs,
            "measuring_period_s": device.behaviours.demand.settings.period_s,
        }
    )


def reached(device: Device) -> bytes:
    """That time has come so far, and that all pulses until then have been told."""
    return _line({"type": "reached", **_time(device.now), "powered": device.powered, "counts": _counts(device)})


def told(active: Given, reactive: Given) -> bytes:
    """Lines about what both outputs gave, in the order of time; of two at one instant the active one comes first."""
    lines = [*_lines(Output.ACTIVE, active), *_lines(Output.REACTIVE, reactive)]
    lines.sort(key=itemgetter(0))
    return "".join([text for _, text in lines]).encode("ascii")


def written(instant: int) -> str:
    """An instant as ISO 8601 in UTC with nanoseconds."""
    second, rest = divmod(instant, SECOND)
    return f"{_date_time(second)}.{rest:09d}Z"


def _lines(output: Output, given: Given) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    for train in given.trains:
        instants = train.instants.tolist()
        if not len(train.energies):
            end = f'{{"type":"period","output":"{output.value}",'
            lines += [(at, f'{end}"time":"{written(at)}","ns":{at}}}\n') for at in instants]
            continue
        begin = f'{{"type":"pulse","output":"{output.value}","number":'
        seconds, rests = (part.tolist() for part in np.divmod(train.instants, SECOND))
        times = {second: _date_time(second) for second in set(seconds)}
        each = zip(instants, seconds, rests, train.energies.tolist(), strict=True)
        lines += [
            (at, f'{begin}{number},"time":"{times[second]}.{rest:09}Z","ns":{at},"energy":"{_NAMES[energy]}"}}\n')
            for number, (at, second, rest, energy) in enumerate(each, train.first)
        ]
    if given.burst is not None:
        lines.append((given.burst.last[1], _line(_burst(output, given.burst)).decode()))
    return lines


def _burst(output: Output, burst: Burst) -> dict[str, Any]:
    first, last = ({"number": number, **_time(at)} for number, at in (burst.first, burst.last))
    energies = {ENERGIES[energy]: pulses for energy, pulses in burst.energies.items()}
    return {"type": "burst", "output": output.value, "first": first, "last": last, "energies": energies}


def _counts(device: Device) -> dict[str, int]:
    return {
        Output.ACTIVE.value: active_pulse_count(device.registers),
        Output.REACTIVE.value: reactive_pulse_count(device.registers),
    }


def _time(instant: int) -> dict[str, str | int]:
    return {"time": written(Instant(instant)), "ns": int(instant)}


def _date_time(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat()


def _line(record: Mapping[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode("ascii") + b"\n"
