"""The report of `verify` for people: checks, a table of alerts, and every failing scenario."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from watchkeeper.cli.text.console import paint, say
from watchkeeper.verify.proof_failure import FailedScenario
from watchkeeper.verify.report import ASPECTS, Report, Row

_COLOURS = {"ok": "green", "failed": "red", "skipped": "yellow"}
_MOST_SERIES, _WIDEST = 4, 160


def show(report: Report) -> None:
    """Print the report on standard output."""
    for outcome in report.outcomes:
        verdict = paint(f"{outcome.verdict:<8}", _COLOURS[outcome.verdict], sys.stdout)
        say(f"{verdict}{outcome.check:<28}{outcome.detail}")
    for failure in report.proofs.failures:
        say("")
        for line in _failure(failure):
            say(line)
    if report.routing:
        say("")
    for fault in report.routing:
        say(f"{paint('failed', 'red', sys.stdout)}  {fault}")
    if report.rows:
        say("")
        for line in (*_table(report.rows), *_assumptions(report.rows)):
            say(line)


def _table(rows: tuple[Row, ...]) -> Iterator[str]:
    names = _names(rows)
    width = max(map(len, names)) + 2
    yield f"{'alert':<{width}}{'severity':<10}{'fires':<7}{'silent':<8}{'resolves':<10}reaches"
    for name, row in zip(names, rows, strict=True):
        severity = row.reach.severity if row.reach is not None else ""
        cells = "".join(
            _cell(getattr(row.proven, aspect), size) for aspect, size in zip(ASPECTS, (7, 8, 10), strict=True)
        )
        if row.unproven is not None:
            cells = paint(f"{'UNPROVEN':<25}", "yellow", sys.stdout)
        yield f"{name:<{width}}{severity:<10}{cells}{_reaches(row)}"


def _names(rows: tuple[Row, ...]) -> list[str]:
    """Return what the table calls each alert: its name, with the service where several have one of that name."""
    count = Counter(row.proven.alert for row in rows)
    return [
        row.proven.alert if count[row.proven.alert] == 1 else f"{row.proven.service}/{row.proven.alert}"
        for row in rows
    ]


def _assumptions(rows: tuple[Row, ...]) -> Iterator[str]:
    """Yield what the proofs take for granted, each once with the first alert that it is about."""
    first: dict[str, tuple[str, int]] = {}
    for row in rows:
        for text in row.assumed:
            alert, count = first.get(text, (row.proven.alert, 0))
            first[text] = (alert, count + 1)
    if first:
        yield ""
        yield "the proofs assume that these series exist, because no `values:` declares them:"
    for text, (alert, count) in first.items():
        further = f" and {count - 1} more" if count > 1 else ""
        yield f"  {text}   ({alert}{further})"


def _cell(value: bool | None, size: int) -> str:
    if value is None:
        return f"{'-':<{size}}"
    return f"{'yes':<{size}}" if value else paint(f"{'NO':<{size}}", "red", sys.stdout)


def _reaches(row: Row) -> str:
    if row.reach is None:
        return "?"
    receivers = ", ".join(row.reach.reached) or "nobody"
    if row.reach.is_right:
        return receivers
    return receivers + paint(f"   expected: {', '.join(row.reach.wanted) or 'a receiver'}", "red", sys.stdout)


def _failure(failure: FailedScenario) -> Iterator[str]:
    yield f"{paint('failed', 'red', sys.stdout)}  {failure.title}"
    yield f"        proof: {failure.file}"
    for miss in failure.misses:
        minutes, seconds = divmod(miss.at, 60)
        time = f"{minutes // 60}h{minutes % 60:02}m" + (f"{seconds}s" if seconds else "")
        yield f"        {miss.where}: {miss.rule or 'expression'} at {time} of the scenario"
        yield f"          query:    {_cut(miss.expr)}"
        yield f"          expected: {_cut(miss.wanted)}"
        yield f"          got:      {_cut(miss.got)}"
    if failure.words:
        yield f"        {failure.words}"
    for text, samples in failure.series[:_MOST_SERIES]:
        yield f"        series: {_cut(f'{text} = {samples}')}"
    if len(failure.series) > _MOST_SERIES:
        yield f"        and {len(failure.series) - _MOST_SERIES} more series"


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
