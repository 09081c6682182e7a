"""The report of a type test: a page to read and an object for machines."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

from softmeter.apps.accuracy.curves import drawn
from softmeter.metrology.type_test import Result

NOTICE = (
    "Limits are those generally known of EN 50470-3 and IEC 62053-23; they were not verified in the standards. Tested "
    "is the metrology of this program behind the front end named here, not a meter."
)
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 } td, th { padding: .2rem .6rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
.fail { color: #b00020; font-weight: bold } svg { width: 100%; font: 11px system-ui, sans-serif }
.frame { fill: none; stroke: #888 } .grid { stroke: #ddd }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 1rem }
"""


def verdict(passed: bool | None) -> str:
    """How a result is told."""
    return {True: "pass", False: "FAIL", None: "no limit known"}[passed]


def as_object(results: Sequence[Result], about: Mapping[str, str]) -> dict[str, Any]:
    """Everything, as plain values."""
    rows = [
        {
            **result._asdict(),
            "judged": str(result.judged),
            "error": result.error if math.isfinite(result.error) else None,
        }
        for result in results
    ]
    return {"about": dict(about), "notice": NOTICE, "passed": passed(results), "results": rows}


def passed(results: Sequence[Result]) -> bool:
    """Whether nothing failed."""
    return all(result.passed is not False for result in results)


def as_page(results: Sequence[Result], about: Mapping[str, str]) -> str:
    """A page that needs nothing else."""
    told = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in about.items())
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>softmeter: accuracy</title>',
        f"<style>{_STYLE}</style><h1>Accuracy</h1><p>{escape(NOTICE)}</p><dl>{told}</dl>",
        f"<p><b>{'All passed.' if passed(results) else 'Not all passed.'}</b></p>",
    ]
    for clause, group in groupby(results, key=lambda result: result.clause):
        members = list(group)
        parts.append(f"<h2>{escape(clause)}</h2>")
        if clause.endswith("accuracy"):
            parts.append(drawn(members, clause))
        parts.append("<table><tr><th>condition<th>measured<th>limit<th>result</tr>")
        parts.extend(_row(result) for result in members)
        parts.append("</table>")
    return "\n".join([*parts, "</html>", ""])


def _row(result: Result) -> str:
    limit = "" if result.limit is None else f"{'±' if result.unit == '%' else ''}{result.limit:g} {result.unit}"
    style = ' class="fail"' if result.passed is False else ""
    cells = (escape(result.condition), f"{result.error:.6g} {result.unit}", limit, verdict(result.passed))
    return f"<tr{style}>{''.join(f'<td>{cell}' for cell in cells)}</tr>"
