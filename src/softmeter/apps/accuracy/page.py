"""The frame of a report: a page that needs nothing else, on light, on dark and on paper."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

from softmeter.errors import ConfigurationError
from softmeter.runtime.whole_file import check_kind, check_writable, write_whole

_BEGIN = "<!doctype html>"
_STYLE = """
:root { color-scheme: light dark }
:root { --ink: #222; --paper: #fff; --line: #ddd; --dim: #666; --bad: #b00020; --good: #1a7f37 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ddd; --paper: #161616; --line: #383838; --dim: #999; --bad: #ff6b7d; --good: #5dca7f }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem;
       color: var(--ink); background: var(--paper) }
h1 { margin-bottom: .3rem } h2 { margin-top: 2.2rem; font-size: 1.15rem }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
.table { overflow-x: auto } th { border-bottom: 2px solid var(--line) }
td, th { padding: .2rem .6rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td:first-child, th:first-child, .clauses td:nth-child(2), .clauses th:nth-child(2) { text-align: left }
tr { border-bottom: 1px solid var(--line); break-inside: avoid }
.fail { color: var(--bad); font-weight: bold } .pass { color: var(--good) } .dim { color: var(--dim) }
a { color: inherit } svg { width: 100%; break-inside: avoid }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0 1rem } dt { color: var(--dim) } dd { margin: 0 }
@media print {
  :root { --ink: #000; --paper: #fff; --line: #ccc; --dim: #555; --bad: #b00020; --good: #1a7f37 }
  body { max-width: none; margin: 0; font-size: 9pt } td { white-space: normal }
  h2 { break-after: avoid } thead { display: table-header-group }
}
"""


def page(title: str, about: Mapping[str, str], notes: Sequence[str], body: Iterable[str]) -> str:
    """Everything about the report, then its body."""
    told = "".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in about.items())
    head = [
        f'{_BEGIN}<html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>softmeter: {escape(title.lower())}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><dl>{told}</dl>",
        *(f'<p class="dim">{escape(note)}</p>' for note in notes),
    ]
    return "\n".join([*head, *body, "</html>", ""])


def table(header: Sequence[str], rows: Iterable[str], kind: str = "") -> str:
    """A table of rows that are HTML already; `kind`: a class of its own."""
    named = "".join(f"<th>{escape(cell)}" for cell in header)
    begin = f'<div class="table {kind}"><table><thead><tr>{named}</tr></thead><tbody>'
    return "\n".join([begin, *rows, "</tbody></table></div>"])


def row(cells: Iterable[str], verdict: str = "", style: str = "") -> str:
    """A row of texts, and behind them a verdict in that style."""
    told = "".join(f"<td>{escape(cell)}" for cell in cells)
    judged = f'<td class="{style}">{escape(verdict)}' if verdict else ""
    return f"<tr>{told}{judged}</tr>"


def style(passed: bool | None) -> str:
    """How a verdict looks."""
    return {True: "pass", False: "fail", None: "dim"}[passed]


def check_place(path: Path, option: str) -> None:
    """Find out whether a report can be written, before there is one.

    Raises:
        ConfigurationError: it cannot, or there is something else.
    """
    check_writable(path, option)
    check_kind(path, "report", (_BEGIN.encode(),))


def write(path: Path, text: str) -> None:
    """Write a report.

    Raises:
        ConfigurationError: it cannot be written.
    """
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise ConfigurationError(f"cannot be written: {error.strerror or error}", str(path)) from None
