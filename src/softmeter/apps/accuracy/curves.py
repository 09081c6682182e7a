"""Error curves over current as SVG: one line for each power factor."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from softmeter.metrology.type_test import Result

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 80, 150, 20, 40
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#d35400", "#16a085", "#7f8c8d", "#b8860b")
LEAST_SPAN = 1e-4
"""%: what is smaller is drawn as nothing."""


def families(results: Sequence[Result]) -> Mapping[str, list[tuple[float, float]]]:
    """Points (A, %) by condition without its current: `5 A, PF 1, import` is of the family `PF 1, import`."""
    found: dict[str, list[tuple[float, float]]] = {}
    for result in results:
        found.setdefault(result.condition.partition(" A, ")[2], []).append((result.current_a, result.error))
    return found


def drawn(results: Sequence[Result], title: str) -> str:
    """The curves of all families in one picture."""
    curves = families(results)
    currents = [current for points in curves.values() for current, _ in points]
    low, high = floor(log10(min(currents)) * 10) / 10, ceil(log10(max(currents)) * 10) / 10
    span = max(LEAST_SPAN, *(abs(error) for points in curves.values() for _, error in points)) * 1.1

    def x(current: float) -> float:
        return LEFT + (log10(current) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(error: float) -> float:
        return TOP + (span - error) / (2 * span) * (HEIGHT - TOP - BOTTOM)

    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<rect x="{LEFT}" y="{TOP}" width="{right - LEFT}" height="{bottom - TOP}" class="frame"/>',
    ]
    for current in sorted(set(currents)):
        parts.append(f'<line x1="{x(current):.1f}" x2="{x(current):.1f}" y1="{TOP}" y2="{bottom}" class="grid"/>')
        parts.append(f'<text x="{x(current):.1f}" y="{bottom + 16}" text-anchor="middle">{current:g}</text>')
    for error in (-span / 1.1, 0.0, span / 1.1):
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y(error):.1f}" y2="{y(error):.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y(error) + 4:.1f}" text-anchor="end">{error:.2g} %</text>')
    parts.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 6}" text-anchor="middle">current, A</text>')
    for number, (name, points) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        dash = ' stroke-dasharray="5 3"' if number >= len(COLOURS) else ""
        line = " ".join(f"{x(current):.1f},{y(error):.1f}" for current, error in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}"{dash}/>')
        parts.append(f'<text x="{right + 8}" y="{TOP + 12 + 16 * number}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"])
