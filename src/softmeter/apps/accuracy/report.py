"""The report of a type test: a page to read and an object for machines."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from math import floor, isfinite, log10
from typing import Any, NamedTuple

from softmeter.apps.accuracy.curves import drawn, panels
from softmeter.apps.accuracy.page import page, row, style, table
from softmeter.bench.type_test import Result
from softmeter.bench.type_test_limits import Mark

NOTICE = (
    "Tested is the metrology of this program behind the front end named here, not a meter. Limits marked “unverified” "
    "are generally known of the standards, but were not verified in them; where none is known for the class, none is "
    "given and nothing is judged."
)

MOST_DECIMALS = 7
"""Of an error in %."""


class Summary(NamedTuple):
    """What became of a clause."""

    clause: str
    judged: int
    fine: int
    worst: Result

    @property
    def passed(self) -> bool | None:
        return self.fine == self.judged if self.judged else None


def summaries(results: Sequence[Result]) -> list[Summary]:
    """Clause by clause."""
    found = []
    for clause, group in groupby(results, key=lambda result: result.clause):
        members = list(group)
        judged = [result for result in members if result.passed is not None]
        worst = max(members, key=lambda result: abs(result.error) / (result.limit or 1))
        found.append(Summary(clause, len(judged), sum(result.passed is True for result in judged), worst))
    return found


def verdict(passed: bool | None) -> str:
    """How a result is told."""
    return {True: "pass", False: "FAIL", None: "no limit given"}[passed]


def limit(result: Result) -> str:
    """The limit of a result with its mark."""
    if result.limit is None:
        return "no limit given"
    mark = "" if result.mark == Mark.VERIFIED else f" ({result.mark})"
    return f"{'±' if result.unit == '%' else ''}{result.limit:g} {result.unit}{mark}"


def figure(result: Result) -> str:
    """What was measured: errors with three digits that count, as far as they are worth telling."""
    if result.unit != "%" or not result.error:
        return f"{result.error:.6g} {result.unit}"
    decimals = min(MOST_DECIMALS, max(0, 2 - floor(log10(abs(result.error)))))
    return f"{result.error:+.{decimals}f} %" if round(result.error, decimals) else "0 %"


def as_object(results: Sequence[Result], about: Mapping[str, str]) -> dict[str, Any]:
    """Everything, as plain values."""
    rows = [{**result._asdict(), "error": result.error if isfinite(result.error) else None} for result in results]
    clauses = [
        {"clause": each.clause, "judged": each.judged, "passed": each.passed, "fine": each.fine}
        for each in summaries(results)
    ]
    return {"about": dict(about), "notice": NOTICE, "passed": passed(results), "clauses": clauses, "results": rows}


def passed(results: Sequence[Result]) -> bool:
    """Whether nothing failed."""
    return all(result.passed is not False for result in results)


def as_page(results: Sequence[Result], about: Mapping[str, str]) -> str:
    """The page."""
    return page("Accuracy", about, [NOTICE], _body(results))


def _body(results: Sequence[Result]) -> Iterator[str]:
    fine, told = passed(results), {True: "Every limit is kept.", False: "Not every limit is kept."}
    yield f'<p class="{style(fine)}"><b>{told[fine]}</b></p>'
    found = summaries(results)
    yield table(
        ("clause", "worst at", "measured", "limit", "result"),
        (_summary(number, each) for number, each in enumerate(found)),
        "clauses",
    )
    pictures = list(panels(results))
    for number, (clause, group) in enumerate(groupby(results, key=lambda result: result.clause)):
        yield f'<h2 id="c{number}">{escape(clause)}</h2>'
        shown = [drawn(panel) for of, panel in pictures if of == clause]
        if shown:
            yield f'<div class="pictures">{"".join(shown)}</div>'
        yield table(
            ("condition", "measured", "limit", "result"),
            (
                row((each.condition, figure(each), limit(each)), verdict(each.passed), style(each.passed))
                for each in group
            ),
        )


def _summary(number: int, each: Summary) -> str:
    worst = each.worst
    cells = (worst.condition, figure(worst), limit(worst))
    told = "".join(f"<td>{escape(cell)}" for cell in cells)
    passed = "not judged" if each.passed is None else f"{each.fine}/{each.judged} {verdict(each.passed)}"
    judged = f'<td class="{style(each.passed)}">{passed}'
    return f'<tr><td><a href="#c{number}">{escape(each.clause)}</a>{told}{judged}</tr>'
