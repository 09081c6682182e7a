import subprocess
import sys
from pathlib import Path

import pytest

from apps.smartset.loopback import Smartset

pytestmark = pytest.mark.slow


def test_rows_are_written_with_types_and_units(smartset: Smartset, tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra arrow")
    path = tmp_path / "load.parquet"
    assert smartset("profile", "load", "--last", "8", "--parquet", str(path)) == (0, "", "")
    rows = pq.read_table(path)
    assert rows.num_rows == 8
    assert str(rows.schema.field("time").type) == "timestamp[ms, tz=UTC]"  # Parquet has no seconds
    assert str(rows.schema.field("status").type) == "uint8"
    energy = rows.schema.field("active_import")
    assert str(energy.type) == "uint32"
    assert energy.metadata[b"unit"] == b"Wh"
    assert energy.metadata[b"scaler"] == b"0"
    assert energy.metadata[b"object"] == b"1-0:1.8.0"
    status, shown, _ = smartset("profile", "load", "--last", "8", "--csv")
    assert status == 0
    assert [line.split(",")[2] for line in shown.splitlines()[1:]] == [str(value) for value in energy_of(rows)]


def test_a_link_stays_one(smartset: Smartset, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra arrow")
    link, path = tmp_path / "latest.parquet", tmp_path / "load.parquet"
    link.symlink_to(path)
    assert smartset("profile", "load", "--last", "1", "--parquet", str(link)) == (0, "", "")
    assert link.is_symlink()
    assert path.read_bytes().startswith(b"PAR1")
    assert sorted(tmp_path.iterdir()) == [link, path]


def energy_of(rows: object) -> list[int]:
    found: list[int] = rows["active_import"].to_pylist()  # type: ignore[index]
    return found


def test_one_form_at_a_time(smartset: Smartset, tmp_path: Path) -> None:
    status, _, error = smartset("profile", "load", "--csv", "--parquet", str(tmp_path / "a"))
    assert (status, error) == (2, "smartset: --csv, --json and --parquet do not go together; choose one\n")


def test_where_it_cannot_be_written(smartset: Smartset, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow", reason="needs the extra arrow")
    status, _, error = smartset("profile", "load", "--parquet", str(tmp_path / "none" / "a"))
    assert status == 2
    assert "there is no directory" in error


def test_without_the_extra_one_line_says_so() -> None:
    """In a process where pyarrow cannot be imported."""
    program = "import sys; sys.modules['pyarrow'] = None; from softmeter.apps.smartset.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "profile", "load", "--parquet", "a"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "smartset: --parquet: needs the extra arrow: pip install 'softmeter[arrow]'\n"
