import io
from datetime import timedelta

import numpy as np
import pytest

from softmeter.errors import ConfigurationError
from softmeter.signal import csv_recording, lines
from softmeter.signal.csv_recording import read_csv
from softmeter.signal.samples import Column
from softmeter.signal.sidecar import ColumnLayout, Layout
from softmeter.signal.table import Table

SECOND = 10**9
START = 1_000_000_000


def read(text: str | bytes, layout: Layout | None = None) -> Table:
    octets = text.encode() if isinstance(text, str) else text
    return read_csv(io.BytesIO(octets), "day.csv", layout or Layout(), START)


def test_seconds_count_from_the_start() -> None:
    table = read("time,active_power_w,voltage_v\n0,100,230.5\n0.25,-2e2,231\n1.5,0,229\n")
    assert table.times_ns.tolist() == [START * SECOND, START * SECOND + 250_000_000, START * SECOND + 1_500_000_000]
    assert table.columns[Column.ACTIVE_POWER].tolist() == [100, -200, 0]
    assert table.columns[Column.VOLTAGE].tolist() == [230.5, 231, 229]
    assert table.findings == ()


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2001-09-09T01:46:40", START * SECOND),  # without an offset: UTC
        ("2001-09-09 01:46:40Z", START * SECOND),
        ("2001-09-09T03:46:40.5+02:00", START * SECOND + 500_000_000),
        ("2001-09-09T01:46:40.000001", START * SECOND + 1_000),
    ],
)
def test_iso_times(written: str, instant: int) -> None:
    assert read(f"time,voltage_v\n{written},230\n").times_ns.tolist() == [instant]


def test_date_and_time_in_two_columns_with_a_pattern() -> None:
    # The first lines of the UCI data set, as it is distributed.
    text = (
        "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity\r\n"
        "1/2/2007;00:00:00;0.326;0.128;243.150;1.400\r\n"
        "1/2/2007;00:01:00;?;?;?;?\r\n"
        "1/2/2007;00:02:00;0.324;0.132;243.510;1.400\r\n"
    )
    layout = Layout(
        missing=frozenset({"?"}),
        time_columns=("Date", "Time"),
        time_format="%d/%m/%Y %H:%M:%S",
        utc_offset=timedelta(hours=1),
        columns={
            Column.ACTIVE_POWER: ColumnLayout("Global_active_power", 1000.0),
            Column.VOLTAGE: ColumnLayout("Voltage"),
        },
        explicit=True,
    )
    table = read(text, layout)
    assert table.times_ns.tolist() == [(1_170_284_400 + 60 * minute) * SECOND for minute in range(3)]
    assert table.columns[Column.ACTIVE_POWER].tolist() == [326, 326, 324]
    assert table.columns[Column.VOLTAGE].tolist() == [243.15, 243.15, 243.51]
    assert table.findings == (
        "columns not used: Global_reactive_power, Global_intensity",
        "day.csv:3:Global_active_power: 2 values are missing, this is the first; the one before holds",
    )


def test_decimal_comma_quotes_byte_order_mark_and_separator_from_the_header() -> None:
    text = '\ufefftime;"active_power_w"\r\n0;"1,5"\r\n0,5;2,25\r\n\r\n'
    table = read(text, Layout(decimal=","))
    assert table.columns[Column.ACTIVE_POWER].tolist() == [1.5, 2.25]
    assert np.diff(table.times_ns).tolist() == [500_000_000]


def test_missing_at_the_beginning_takes_the_first_value() -> None:
    table = read("time,voltage_v\n0,\n1,\n2,231\n3,\n", Layout(missing=frozenset({""})))
    assert table.columns[Column.VOLTAGE].tolist() == [231.0] * 4


HEADER = "time,active_power_w\n"
BAD = [
    (HEADER + "0,1\n1,2\n2,x\n3,y\n", "day.csv:4:2", "active_power_w 'x' is not a number"),
    (HEADER + "0,1\n1,\n", "day.csv:3:2", "name it under `missing` in the sidecar"),
    (HEADER + "0,nan\n", "day.csv:2:2", "'nan' is not a number from -1e+06 to 1e+06"),
    (HEADER + "0,1\n1,-inf\n", "day.csv:3:2", "'-inf' is not a number from"),
    (HEADER + "0,1\n1,2000001\n", "day.csv:3:2", "(active_power_w)"),
    (HEADER + "0,1_0\n", "day.csv:2:2", "not a number"),
    (HEADER + "0,1\n1,2,3\nx,y\n", "day.csv:3:1", "3 fields where the header has 2"),
    (HEADER + "0,1\n\n1,2\n", "day.csv:3:1", "an empty line"),
    (HEADER + "0,1\n2,2\n1,3\n", "day.csv:4:1", "time '1' lies before"),
    (HEADER + "0,1\nnan,2\n", "day.csv:3:1", "'nan' is not a time"),
    (HEADER + "0,1\n1e30,2\n", "day.csv:3:1", "'1e30' is not a time"),
    (HEADER + "2020-01-01,1\n2020-13-01,2\n", "day.csv:3:1", "'2020-13-01' is not a time"),
    (HEADER + "0001-01-01,1\n", "day.csv:2:1", "is not a time"),
    (HEADER + "tomorrow,1\n", "day.csv:2:1", "'tomorrow' is not a time"),
    ("", "day.csv", "holds no sample"),
    (HEADER, "day.csv", "holds no sample"),
    ("time,power\n0,1\n", "day.csv:1:1", "names no measured quantity"),
    ("t,active_power_w\n0,1\n", "day.csv:1:1", "no column 'time'; it has t, active_power_w"),
    ("time,voltage_v,voltage_v\n0,1,2\n", "day.csv:1:1", "several columns 'voltage_v'"),
]


@pytest.mark.parametrize(("text", "where", "reason"), BAD)
def test_the_first_bad_line_is_named(text: str, where: str, reason: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    assert caught.value.where == where
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{where}: ")


def test_text_of_another_encoding_is_refused_by_its_line() -> None:
    with pytest.raises(ConfigurationError, match=r"day\.csv:3:1: octet 0xE9 is no UTF-8 text"):
        read(b"time,voltage_v\n0,230\n1,\xe9\n")


def test_all_values_missing_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="voltage_v is missing in every row"):
        read("time,voltage_v\n0,?\n", Layout(missing=frozenset({"?"})))


def test_columns_named_in_the_sidecar_must_be_there() -> None:
    layout = Layout(columns={Column.VOLTAGE: ColumnLayout("U")}, explicit=True)
    with pytest.raises(ConfigurationError, match=r"day\.csv:1:1: the header has no column 'U'"):
        read("time,voltage_v\n0,230\n", layout)


def test_a_scale_that_overflows_is_refused_by_its_line() -> None:
    layout = Layout(columns={Column.ACTIVE_POWER: ColumnLayout("P", 1e300)})
    with pytest.raises(ConfigurationError, match=r"day\.csv:3:2: P '1e300' is not a number from"):
        read("time,P\n0,0\n1,1e300\n", layout)


def test_an_unknown_pattern_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"time\.format: '%d %B %Y'"):
        read("time,voltage_v\n1 May 2020,230\n", Layout(time_format="%d %B %Y"))


@pytest.mark.parametrize("size", [1, 7, 16, 64])
def test_blocks_do_not_matter(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{second},{second * 3 % 7}" for second in range(50)]
    text = "\n".join(["time,active_power_w", *rows]) + "\r\n\r\n\n"
    whole = read(text)
    monkeypatch.setattr(lines, "_BLOCK_BYTES", size)
    table = read(text)
    assert table.times_ns.tolist() == whole.times_ns.tolist()
    assert table.columns[Column.ACTIVE_POWER].tolist() == whole.columns[Column.ACTIVE_POWER].tolist()
    rows[37] = "37,bad"
    with pytest.raises(ConfigurationError, match=r"day\.csv:39:2: active_power_w 'bad'"):
        read("\n".join(["time,active_power_w", *rows]))
    rows[37] = "35,1"
    with pytest.raises(ConfigurationError, match=r"day\.csv:39:1: time '35' lies before"):
        read("\n".join(["time,active_power_w", *rows]))
    rows[37] = ""
    with pytest.raises(ConfigurationError, match=r"day\.csv:39:1: an empty line"):
        read("\n".join(["time,active_power_w", *rows]))


def test_a_field_beyond_what_csv_can_hold_is_refused_by_its_line() -> None:
    with pytest.raises(ConfigurationError, match=r"day\.csv:2:1: 0 fields where the header has 2"):
        read(HEADER + '0,"' + "1" * 200_000 + '"\n1,2\n')


@pytest.mark.parametrize(
    ("pattern", "written", "second"),
    [
        ("%Y%m%dT%H%M", "20010909T0146", START - 40),
        ("%d.%m.%y %H:%M:%S.%f", "09.09.01 01:46:40.5", START + 0.5),
        ("%m/%d/%Y", "9/9/2001", START - 6_400),
    ],
)
def test_patterns(pattern: str, written: str, second: float) -> None:
    layout = Layout(time_format=pattern)
    assert read(f"time,voltage_v\n{written},230\n", layout).times_ns.tolist() == [int(second * SECOND)]
    with pytest.raises(ConfigurationError, match=r"day\.csv:3:1: 'x[^']*' is not a time"):
        read(f"time,voltage_v\n{written},230\nx{written},230\n", layout)


def test_growth_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="a line longer than"):
        read(HEADER + "0," + "1" * (1 << 20) + "1" * (1 << 17))
    monkeypatch.setattr(csv_recording, "MAX_ROWS", 3)
    with pytest.raises(ConfigurationError, match="more than 3 rows"):
        read(HEADER + "0,1\n1,1\n2,1\n3,1\n")
    monkeypatch.setattr(lines, "MAX_BYTES", 10)
    with pytest.raises(ConfigurationError, match="larger than"):
        read(HEADER + "0,1\n")
