"""Error curves in a file of their own: SVG by this program, PNG by matplotlib (the extra `pictures`)."""

from collections.abc import Sequence
from pathlib import Path

from softmeter.apps.accuracy.curves import COLOURS, Panel, drawn, is_dashed, percent, ticks
from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import write_whole

DOTS_PER_INCH = 150
_PNG = ".png"


def write_pictures(path: Path, panels: Sequence[Panel], front_end: str) -> list[Path]:
    """Write the pictures and return their names: a PNG holds all of them, of SVG there is a numbered file for each.

    Raises:
        ConfigurationError: another ending, no matplotlib, or a file that cannot be written.
    """
    caption = f"front end: {', '.join(part.strip() for part in front_end.split(','))}"
    check_ending(path)
    try:
        if path.suffix.lower() == _PNG:
            _png(path, panels, caption)
            return [path]
        written = [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, len(panels) + 1)]
        for place, panel in zip(written, panels, strict=True):
            write_whole(place, drawn(panel, caption).encode())
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror or error}", str(path)) from None
    return written


def check_ending(path: Path) -> None:
    """Refuse a file that is no picture by its name.

    Raises:
        ConfigurationError: it is none.
    """
    if path.suffix.lower() not in {_PNG, ".svg"}:
        raise ConfigurationError(f"{path.name!r}: error curves are written as .png or .svg", "--curves")


def _png(path: Path, panels: Sequence[Panel], caption: str) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        reason = "PNG needs matplotlib: pip install 'softmeter[pictures]'; or write .svg"
        raise ConfigurationError(reason, "--curves") from None
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
