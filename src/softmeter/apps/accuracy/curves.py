"""Error curves over current: which there are, and how one picture of them looks as SVG."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import product
from math import floor, log10
from textwrap import wrap
from typing import NamedTuple

from softmeter.bench.type_test import Result
from softmeter.bench.type_test_points import ACTIVE_CLAUSE, REACTIVE_CLAUSE

WIDTH, HEIGHT = 580, 280
LEFT, RIGHT, TOP, BOTTOM = 84, 124, 34, 46
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9")
"""Told apart by people who see colours differently, on light and on dark (Okabe and Ito 2008)."""
DASHED_FROM = 3
CAPTION_WIDTH = 84
"""Characters."""
MARGIN = 0.07
"""Beside the least and the greatest current, in decades."""
LEAST_SPAN = 1e-5
"""%: what is smaller is drawn as nothing."""

_STYLE = """
svg.curves { --ink: #222; --faint: #d0d0d0; color: var(--ink); font: 12px system-ui, sans-serif }
.curves text { fill: var(--ink) } .curves .frame { fill: none; stroke: #888 } .curves .grid { stroke: var(--faint) }
.curves .zero { stroke: #888 } .curves .title { font-weight: 600 }
.curves polyline, .curves circle { fill: none; stroke-width: 1.8 }
@media (prefers-color-scheme: dark) { svg.curves { --ink: #ddd; --faint: #3a3a3a } }
@media print { svg.curves { --ink: #000; --faint: #ccc } }
"""


class Panel(NamedTuple):
    """One picture: errors (%) over current (A), a curve for each power factor."""

    title: str
    curves: Mapping[str, Sequence[tuple[float, float]]]

    @property
    def currents_a(self) -> list[float]:
        return sorted({current for points in self.curves.values() for current, _ in points})

    @property
    def greatest(self) -> float:
        """The greatest error, %."""
        return max(LEAST_SPAN, *(abs(error) for points in self.curves.values() for _, error in points))


DRAWN = tuple(product((ACTIVE_CLAUSE, REACTIVE_CLAUSE), ("import", "export")))
"""What there is a picture of."""


def panels(results: Sequence[Result]) -> Iterator[tuple[str, Panel]]:
    """Clauses whose tests run over all currents, and their pictures, one for each direction."""
    for clause, direction in DRAWN:
        curves: dict[str, list[tuple[float, float]]] = {}
        for result in results:
            _, _, kind = result.condition.partition(" A, ")
            factor, _, way = kind.rpartition(", ")
            if result.clause == clause and way == direction:
                curves.setdefault(factor, []).append((result.current_a, result.error))
        if curves:
            yield clause, Panel(f"{clause}, {direction}", curves)


def percent(error: float) -> str:
    """An error as an axis names it."""
    return f"{error:+.2g} %" if error else "0 %"


def is_dashed(number: int) -> bool:
    """Whether a curve is dashed, so that one that lies under it is seen."""
    return number >= DASHED_FROM


def ticks(greatest: float) -> list[float]:
    """Round errors that a vertical axis shows, zero in their middle."""
    magnitude = 10.0 ** floor(log10(greatest))
    top = next(step for step in (1, 2, 5, 10) if step * magnitude >= greatest * (1 - 1e-9)) * magnitude
    return [top * share for share in (-1, -0.5, 0, 0.5, 1)]


def drawn(panel: Panel, alone: str = "") -> str:
    """A picture as SVG; `alone`: what a picture in a file of its own says below."""
    below = wrap(alone, CAPTION_WIDTH)
    height, currents = HEIGHT + 15 * len(below), panel.currents_a
    low, high = log10(currents[0]) - MARGIN, log10(currents[-1]) + MARGIN
    right, bottom, span = WIDTH - RIGHT, HEIGHT - BOTTOM, ticks(panel.greatest)[-1] * 1.08

    def x(current: float) -> float:
        return LEFT + (log10(current) - low) / (high - low) * (right - LEFT)

    def y(error: float) -> float:
        return TOP + (span - error) / (2 * span) * (bottom - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="curves" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(panel.title)}</title><style>{_STYLE}</style>",
        f'<text x="{LEFT}" y="20" class="title">{escape(panel.title)}</text>',
        *_axes([(x(each), f"{each:g}") for each in currents], [(y(each), each) for each in ticks(panel.greatest)]),
    ]
    for number, (name, points) in enumerate(panel.curves.items()):
        places = [(x(current), y(error)) for current, error in points]
        parts += _curve(name, places, number)
    parts += (f'<text x="8" y="{HEIGHT + 8 + 15 * line}">{escape(text)}</text>' for line, text in enumerate(below))
    return "\n".join([*parts, "</svg>"])


def _axes(currents: Sequence[tuple[float, str]], errors: Sequence[tuple[float, float]]) -> Iterator[str]:
    """The frame, a line and a name for each current (where, A) and each error (where, %)."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    yield f'<rect x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}" class="frame"/>'
    for x, name in currents:
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}" class="grid"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{name}</text>'
    for y, error in errors:
        line = "grid" if error else "zero"
        yield f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="{line}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{percent(error)}</text>'
    yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">current, A</text>'


def _curve(name: str, places: Sequence[tuple[float, float]], number: int) -> Iterator[str]:
    """A line with its points, and its entry in the legend."""
    colour, dash = COLOURS[number % len(COLOURS)], ' stroke-dasharray="6 5"' if is_dashed(number) else ""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    legend, level = WIDTH - RIGHT + 14, TOP + 14 + 20 * number
    yield f'<polyline points="{line}" stroke="{colour}"{dash}/>'
    yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" stroke="{colour}"/>' for x, y in places)
    ends = f'x1="{legend}" x2="{legend + 24}" y1="{level}" y2="{level}"'
    yield f'<line {ends} stroke="{colour}" stroke-width="2.4"{dash}/>'
    yield f'<text x="{legend + 30}" y="{level + 4}">{escape(name)}</text>'
