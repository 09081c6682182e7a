import io
from datetime import timedelta
from fractions import Fraction

import pytest

from softmeter.errors import ConfigurationError
from softmeter.instant import Instant
from softmeter.signal.samples import Column
from softmeter.signal.sidecar import ColumnLayout, Layout, Sampling, read_layout

WHOLE = """
separator = ";"
decimal = ","
missing = ["", "?"]

[time]
columns = ["Date", "Time"]
format = "%d/%m/%Y %H:%M:%S"
utc_offset = "-03:30"

[columns.active_power_w]
name = "Global_active_power"
scale = 1000

[columns.voltage_v]
"""


def read(text: str | bytes) -> Layout:
    return read_layout(io.BytesIO(text.encode() if isinstance(text, str) else text), "day.csv.toml")


def test_everything_a_sidecar_can_say() -> None:
    assert read(WHOLE) == Layout(
        separator=";",
        decimal=",",
        missing=frozenset({"", "?"}),
        time_columns=("Date", "Time"),
        time_format="%d/%m/%Y %H:%M:%S",
        utc_offset=-timedelta(hours=3, minutes=30),
        columns={
            Column.ACTIVE_POWER: ColumnLayout("Global_active_power", 1000.0),
            Column.VOLTAGE: ColumnLayout("voltage_v"),
        },
        explicit=True,
    )


def test_a_sidecar_can_say_that_values_are_samples() -> None:
    layout = read("missing = ['nan']\n[waveform]\nrate_hz = '15625/2'\nstart = '2026-01-01T00:00:00Z'\n")
    assert layout.waveform == Sampling(Fraction(15_625, 2), Instant(1_767_225_600_000_000_000))
    assert layout.holds_missing
    assert read("[waveform]").waveform == Sampling()
    assert read("[waveform]\nrate_hz = 7812.5").waveform == Sampling(Fraction(15_625, 2))


def test_units_become_scales() -> None:
    layout = read("[columns.active_power_w]\nunit = 'kW'\nscale = 2\n[columns.voltage_v]\nunit = 'mV'")
    assert [place.scale for place in layout.columns.values()] == [2000.0, 0.001]


def test_an_empty_sidecar_says_nothing() -> None:
    assert read("") == Layout()


BAD = [
    ("separator = ';'\nx y\n", "day.csv.toml:2:3", "Expected '='"),
    ("seperator = ';'", "day.csv.toml", "seperator: is not known here"),
    ("separator = ';;'", "day.csv.toml", "separator: ';;' must be one character"),
    ("separator = 1", "day.csv.toml", "separator: 1 is of the wrong type"),
    ("decimal = 'x'", "day.csv.toml", "decimal: 'x' must be a point or a comma"),
    ("decimal = ','\nseparator = ','", "day.csv.toml", "not the separator"),
    ("missing = [1]", "day.csv.toml", "missing: must be a list of texts"),
    ("time = 1", "day.csv.toml", "time: 1 is of the wrong type"),
    (f"time = {'[' * 300}{']' * 300}", "day.csv.toml", "time: [[[[[[[...]]]]]]] is of the wrong type"),
    ("[time]\nzone = 'x'", "day.csv.toml", "time.zone: is not known here"),
    ("[time]\ncolumns = []", "day.csv.toml", "time.columns: names no column"),
    ("[time]\nutc_offset = '1'", "day.csv.toml", "time.utc_offset: '1' must be written like +01:00"),
    ("[waveform]\nrate_hz = '1e999'", "day.csv.toml", "waveform.rate_hz: '1e999' is no number of samples per second"),
    ("[waveform]\nrate_hz = '1/0'", "day.csv.toml", "waveform.rate_hz: '1/0' is no number"),
    ("[waveform]\nrate = 1", "day.csv.toml", "waveform.rate: is not known here; known are rate_hz, start"),
    ("[waveform]\nstart = 'noon'", "day.csv.toml", "waveform.start: 'noon' is no ISO 8601 date and time"),
    ("[columns.voltage_v]\nunit = 'A'", "day.csv.toml", "voltage_v is said to be in 'A'; possible are V, mV, kV"),
    ("[columns.power]", "day.csv.toml", "columns.power: is no measured quantity"),
    ("[columns.voltage_v]\nscale = true", "day.csv.toml", "columns.voltage_v.scale: True is of the wrong type"),
    ("[columns.voltage_v]\nscale = inf", "day.csv.toml", "columns.voltage_v.scale: inf is no scale"),
    ("[columns.voltage_v]\nscale = 0", "day.csv.toml", "columns.voltage_v.scale: 0 is no scale"),
    ("[columns.voltage_v]\nname = 'V'\nkind = 1", "day.csv.toml", "columns.voltage_v.kind: is not known here"),
    (b"separator = '\xff'", "day.csv.toml", "is not UTF-8"),
    (b"#" * (1 << 20) + b"#", "day.csv.toml", "larger than 1 MiB"),
]


@pytest.mark.parametrize(("text", "where", "reason"), BAD)
def test_what_is_wrong_is_named(text: str | bytes, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.where == where
    assert reason in str(caught.value)
