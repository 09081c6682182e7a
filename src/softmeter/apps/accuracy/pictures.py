"""Error curves in a file of their own: SVG by this program, PNG by matplotlib (the extra `pictures`)."""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from softmeter.apps.accuracy.curves import COLOURS, DRAWN, Panel, drawn, is_dashed, percent, ticks
from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_kind, check_writable, write_whole

DOTS_PER_INCH = 150
_PNG = ".png"
_BEGINS = {_PNG: b"\x89PNG", ".svg": b"<svg"}
_OPTION = "--curves"
_NO_MATPLOTLIB = "PNG needs matplotlib: pip install 'softmeter[pictures]'; or write .svg"


def write_pictures(path: Path, panels: Sequence[Panel], front_end: str) -> list[Path]:
    """Write the pictures and return their names: a PNG holds all of them, of SVG there is a numbered file for each.

    Raises:
        ConfigurationError: no matplotlib, or a file that cannot be written.
    """
    caption = f"front end: {', '.join(part.strip() for part in front_end.split(','))}"
    written = _places(path, len(panels))
    try:
        if path.suffix.lower() == _PNG:
            _png(path, panels, caption)
            return written
        for place, panel in zip(written, panels, strict=True):
            write_whole(place, drawn(panel, caption).encode())
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror or error}", str(path)) from None
    return written


def check_pictures(path: Path) -> None:
    """Find out whether pictures can be written, before there are any.

    Raises:
        ConfigurationError: no picture by its name, no matplotlib, a file that cannot be written or is something else.
    """
    check_writable(path, _OPTION)
    begins = _BEGINS.get(path.suffix.lower())
    if begins is None:
        raise ConfigurationError(f"{path.name!r}: error curves are written as .png or .svg", _OPTION)
    for place in _places(path, len(DRAWN)):
        check_writable(place, _OPTION)
        check_kind(place, "picture", (begins,))
    if path.suffix.lower() == _PNG and find_spec("matplotlib") is None:
        raise ConfigurationError(_NO_MATPLOTLIB, _OPTION)


def _places(path: Path, pictures: int) -> list[Path]:
    """The files: all pictures are in one PNG."""
    if path.suffix.lower() == _PNG:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, pictures + 1)]


def _png(path: Path, panels: Sequence[Panel], caption: str) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError(_NO_MATPLOTLIB, _OPTION) from None
    figure = Figure(figsize=(9, 3.4 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(caption, fontsize=10, wrap=True)
    for axes, panel in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels, strict=True):
        for number, (name, points) in enumerate(panel.curves.items()):
            style, colour = "--" if is_dashed(number) else "-", COLOURS[number % len(COLOURS)]
            currents_a, values = zip(*points, strict=True)
            axes.plot(currents_a, values, style, marker="o", markersize=4, color=colour, label=name)
        errors = ticks(panel.greatest)
        axes.set_xscale("log")
        axes.set_xticks(panel.currents_a, [f"{current:g}" for current in panel.currents_a])
        axes.set_xticks([], minor=True)
        axes.set_yticks(errors, [percent(error) for error in errors])
        axes.set_title(panel.title, fontsize=11, loc="left")
        axes.set_xlabel("current, A")
        axes.grid(color="#d0d0d0")
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Software": None})
