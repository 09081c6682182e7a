"""What `--source` says: `constant:…`, `household:…`, `demo`, a grid of waveforms, or the path of a recording."""

from collections.abc import Callable

from softmeter.errors import ConfigurationError
from softmeter.signal.constant import constant
from softmeter.signal.demo import demo
from softmeter.signal.files import OpenFile, open_recording
from softmeter.signal.grid_specification import grid_waveform
from softmeter.signal.household import Equipment, Household
from softmeter.signal.prefetched import PrefetchedLoads
from softmeter.signal.recording import Recording
from softmeter.signal.samples import Source, Waveform
from softmeter.signal.settings import refuse, settings_of, whole

MAX_SEED = 2**64 - 1
MAX_EQUIPMENT_W = 20_000

SYNTHETIC = ("constant", "household", "demo")
"""Kinds of source that need no file."""
GRID = "grid"
GRID_FILE = "grid+file:"


def parse_source(spec: str, *, start_second: int, open_file: OpenFile) -> Source | Waveform:
    """The source that `spec` describes.

    `grid:…` is a waveform with a constant load, `grid+household:…` or `grid+demo:…` one with that load,
    `grid+file:PATH,…` one with a recording of means as its load. Anything else is the path of a recording.

    Raises:
        ConfigurationError: what cannot be understood or read, and where.
    """
    if spec.startswith(GRID_FILE):
        path, _, written = spec.removeprefix(GRID_FILE).partition(",")
        return _grid(written, lambda left: _load(path, left, start_second, open_file, spec), start_second, spec)
    kind, colon, rest = spec.partition(":")
    grid, plus, load = kind.partition("+")
    if kind == "demo" and colon:
        raise ConfigurationError("demo has no settings", spec)
    if kind in SYNTHETIC:
        return _synthetic(kind, settings_of(rest, ",", spec), spec)
    if grid == GRID and (load or "constant") in SYNTHETIC and (load or not plus):
        return _grid(rest, lambda left: _synthetic(load or "constant", left, spec), start_second, spec)
    return open_recording(spec, start_second, open_file)


def with_path(spec: str, resolve: Callable[[str], str]) -> str:
    """`spec` with the path in it, if there is one, resolved."""
    if not spec.startswith(GRID_FILE) and spec.partition(":")[0].partition("+")[0] in {*SYNTHETIC, GRID}:
        return spec
    before, path = (GRID_FILE, spec.removeprefix(GRID_FILE)) if spec.startswith(GRID_FILE) else ("", spec)
    end = min(at if (at := path.find(mark)) >= 0 else len(path) for mark in ("?", *("," if before else "")))
    return f"{before}{resolve(path[:end])}{path[end:]}"


def _grid(written: str, load: Callable[[dict[str, str]], Source], start_second: int, where: str) -> Waveform:
    return grid_waveform(settings_of(written, ",", where), load, start_second, where)


def _synthetic(kind: str, settings: dict[str, str], where: str) -> Source:
    """A source that needs no file; `kind` is one of `SYNTHETIC`."""
    match kind:
        case "constant":
            return constant(settings, where)
        case "household":
            seed = whole("seed", settings.pop("seed", "0"), 0, MAX_SEED, where)
            equipment = Equipment(*(_watts(key, settings.pop(key, None), where) for key in ("pv", "car", "heat_pump")))
            refuse(settings, "seed, pv, car, heat_pump", where)
            return PrefetchedLoads(Household(seed, equipment))
        case _:
            refuse(settings, "none", where)
            return demo()


def _watts(key: str, text: str | None, where: str) -> float | None:
    return None if text is None else float(whole(key, text, 0, MAX_EQUIPMENT_W, where))


def _load(path: str, left: dict[str, str], start_second: int, open_file: OpenFile, where: str) -> Source:
    """A recording of means as the load of a grid."""
    refuse(left, "what the grid has, and options of the recording after a ?", where)
    recording = open_recording(path, start_second, open_file)
    if not isinstance(recording, Recording):
        raise ConfigurationError("holds waveforms: play them without a grid", path)
    return recording
