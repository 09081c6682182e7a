"""Files as a user's tools write them, in every format that a recording can have."""

import io
from collections.abc import Callable, Mapping
from typing import BinaryIO, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile

from softmeter.signal.samples import Floats

Columns = Mapping[str, npt.NDArray[np.generic]]


def opener(files: Mapping[str, bytes]) -> Callable[[str], BinaryIO]:
    def open_file(path: str) -> BinaryIO:
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return io.BytesIO(files[path])

    return open_file


def csv(columns: Columns) -> bytes:
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    return "\n".join(lines).encode() + b"\n"


def npz(columns: Columns, **facts: float | str) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **columns, **{key: np.array(value) for key, value in facts.items()})  # type: ignore[arg-type]
    return stream.getvalue()


def parquet(columns: Columns, units: Mapping[str, str] | None = None, **facts: float | str) -> bytes:
    fields = [
        pa.field(name, pa.array(column).type, metadata={"unit": units[name]} if units and name in units else None)
        for name, column in columns.items()
    ]
    schema = pa.schema(fields, metadata={key: str(value) for key, value in facts.items()})
    stream = io.BytesIO()
    pq.write_table(pa.table([pa.array(column) for column in columns.values()], schema=schema), stream)
    return stream.getvalue()


def hdf5(columns: Columns, units: Mapping[str, str] | None = None, **facts: float | str) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, column in columns.items():
            file[name] = column.astype("S") if column.dtype.kind == "U" else column
            if units and name in units:
                file[name].attrs["unit"] = units[name]
        file.attrs.update(facts)
    return stream.getvalue()


def flac(voltage: Floats, current: Floats, rate: int, subtype: str = "PCM_24") -> bytes:
    """Two channels of fractions of full scale."""
    stream = io.BytesIO()
    soundfile.write(stream, np.stack([voltage, current], axis=1), rate, format="FLAC", subtype=subtype)
    return stream.getvalue()


def wav(voltage: Floats, current: Floats, rate: int) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.stack([voltage, current], axis=1), rate, format="WAV", subtype="PCM_24")
    return stream.getvalue()


def comtrade(voltage: Floats, current: Floats, rate: float) -> bytes:
    """A single file with floats."""
    configuration = (
        "station,device,2013\n2,2A,0D\n"
        "1,U,A,,V,1,0,0,-1,1,1,1,P\n2,I,A,,A,1,0,0,-1,1,1,1,P\n"
        f"50\n1\n{rate},{len(voltage)}\n"
        "01/01/2026,00:00:00.000000\n01/01/2026,00:00:00.000000\nFLOAT32\n1\n"
    )
    rows = np.zeros(len(voltage), dtype=[("n", "<u4"), ("t", "<u4"), ("a", "<f4", (2,))])
    rows["n"], rows["a"] = np.arange(1, len(voltage) + 1), np.stack([voltage, current], axis=1)
    data = rows.tobytes()
    head = b"--- file type: CFG ---\n" + configuration.encode()
    return head + f"--- file type: DAT BINARY: {len(data)} ---\n".encode() + data


START = 1_767_225_600
RATE = 4_000
FULL_V, FULL_A = 512.0, 512.0
"""Full scale of WAV and FLAC files here."""

SCALED = (
    f"[columns.voltage_v]\nname = '1'\nscale = {FULL_V}\n[columns.current_a]\nname = '2'\nscale = {FULL_A}\n"
).encode()
SAMPLED = f"[waveform]\nrate_hz = {RATE}\n".encode()
COMTRADE = b"[columns.voltage_v]\nname = 'U'\n[columns.current_a]\nname = 'I'\n"


class Format(NamedTuple):
    """How waveforms are put into a file; `cut` octets are lost when it ends too early."""

    ending: str
    make: Callable[[Floats, Floats, int], bytes]
    sidecar: bytes
    cut: int = 1


def named(voltage: Floats, current: Floats) -> dict[str, Floats]:
    return {"voltage_v": voltage, "current_a": current}


FORMATS = [
    Format("csv", lambda u, i, _: csv(named(u, i)), SAMPLED, 8),
    Format("npz", lambda u, i, rate: npz(named(u, i), rate_hz=rate), b"", 40),
    Format("parquet", lambda u, i, rate: parquet(named(u, i), rate_hz=rate), b""),
    Format("h5", lambda u, i, rate: hdf5(named(u, i), rate_hz=rate), b""),
    Format("wav", lambda u, i, rate: wav(u / FULL_V, i / FULL_A, rate), SCALED, 8),
    Format("flac", lambda u, i, rate: flac(u / FULL_V, i / FULL_A, rate), SCALED, 3_000),
    Format("cff", comtrade, COMTRADE, 8),
]


def waves(frequency_hz: float = 50.0, lag: float = 0.5, seconds: float = 1.0) -> tuple[Floats, Floats]:
    """230 V and 5 A at cos φ of `lag`."""
    phase = 2 * np.pi * frequency_hz * (np.arange(round(RATE * seconds)) + 0.5) / RATE
    return 230 * np.sqrt(2) * np.cos(phase), 5 * np.sqrt(2) * np.cos(phase - lag)


def changed(values: Floats, where: slice | int, to: float) -> Floats:
    values = values.copy()
    values[where] = to
    return values
