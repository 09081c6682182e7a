import io
from datetime import timedelta

import pytest

from softmeter.errors import ConfigurationError
from softmeter.signal.samples import Column
from softmeter.signal.sidecar import ColumnLayout, Layout, read_layout

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
    ("[time]\nzone = 'x'", "day.csv.toml", "time.zone: is not known here"),
    ("[time]\ncolumns = []", "day.csv.toml", "time.columns: names no column"),
    ("[time]\nutc_offset = '1'", "day.csv.toml", "time.utc_offset: '1' must be written like +01:00"),
    ("[columns.power]", "day.csv.toml", "columns.power: is no measured quantity"),
    ("[columns.voltage_v]\nscale = true", "day.csv.toml", "columns.voltage_v.scale: True is of the wrong type"),
    ("[columns.voltage_v]\nscale = inf", "day.csv.toml", "columns.voltage_v.scale: inf is no scale"),
    ("[columns.voltage_v]\nscale = 0", "day.csv.toml", "columns.voltage_v.scale: 0 is no scale"),
    ("[columns.voltage_v]\nunit = 'V'", "day.csv.toml", "columns.voltage_v.unit: is not known here"),
    (b"separator = '\xff'", "day.csv.toml", "is not UTF-8"),
    (b"#" * (1 << 20) + b"#", "day.csv.toml", "larger than 1 MiB"),
]


@pytest.mark.parametrize(("text", "where", "reason"), BAD)
def test_what_is_wrong_is_named(text: str | bytes, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.where == where
    assert reason in str(caught.value)
