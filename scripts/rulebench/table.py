"""Print what was measured: the table with its ratios, the bars, and our rules one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .figures import Cost, Row, Verdict
from .stage import RuleCost

NOTES = (
    "samples, ms: in a cycle of 30 s; a group with a longer interval counts by its share of a cycle.",
    "Samples are counted on one SLO of each kind, times the SLOs: all have the same rules and as many series.",
    "Raw history is 4 days for all. Pyrra's increase over 4 weeks reads just those, a seventh of what it would in life;",
    "its other windows, and all of Sloth's, read as much as in life. Recorded series have their whole window.",
    "Pyrra has its own window of 4 weeks, ours and Sloth's are 30d.",
    "Each service has 200 raw series, over two of which the SLOs are spread. 2,000 series: one SLO over ten services.",
    "Of 1000 SLOs, each ten read the same recorded series, and record their own.",
    "Sloth generated its own rules; Pyrra's are in its shape. Beyond 10 SLOs Pyrra does not run, and of Sloth's rules each",
    "ten read the same history. What does not end within a cycle on two cores is evaluated once, over minutes.",
    "Every group was evaluated more often than in life (the same work an evaluation); the kinds took turns.",
)
_HEAD = ("SLOs", "series", "window", "rules of", "rules", "samples", "x ours", "ms", "x ours")
_WIDTHS = (6, 8, 8, 10, 8, 14, 9, 10, 9)


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield _line(_HEAD)
    for row in rows:
        for kind, cost in row.costs.items():
            ratios = (
                ("", "") if kind == "ours" else (_times(row, kind, "samples"), _times(row, kind, "seconds"))
            )
            yield _line(_cells(row, kind, cost, ratios))


def _cells(row: Row, kind: str, cost: Cost, ratios: tuple[str, str]) -> tuple[str, ...]:
    head = (str(row.slos), f"{row.series:,}", row.window if kind != "pyrra" else "4w", kind, str(cost.rules))
    return (*head, f"{cost.samples:,.0f}", ratios[0], f"{1000 * cost.seconds:,.1f}", ratios[1])


def _times(row: Row, peer: str, what: str) -> str:
    return f"{row.ratio(peer, what):,.0f}"


def _line(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))


def bars(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield a line for each bar."""
    for one in verdicts:
        what = "fewer samples" if one.bar.what == "samples" else "less time"
        where = f"{one.bar.series:,} series, {one.slos} SLO{'s' if one.slos > 1 else ''}"
        answer = "met" if one.is_met else "MISSED"
        yield f"{where}: {one.reached:,.0f} times {what} than {one.bar.of}, at least {one.bar.least:g} wanted: {answer}"


def rules(costs: Sequence[RuleCost], readers: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each of our rules: its share of samples and time, and how many others read it."""
    samples, seconds = sum(one.samples for one in costs), sum(one.seconds for one in costs)
    yield f"{'our rule':<36}{'every s':>8}{'samples':>10}{'share':>7}{'us':>8}{'share':>7}{'read by':>9}"
    for one in costs:
        read = str(readers[one.name]) if one.name in readers else ""
        yield (
            f"{one.name:<36}{one.every:>8.0f}{one.samples:>10,.0f}{one.samples / samples:>7.1%}"
            f"{1e6 * one.seconds:>8.0f}{one.seconds / seconds:>7.1%}{read:>9}"
        )


def as_json(rows: Sequence[Row], verdicts: Sequence[Verdict], costs: Sequence[RuleCost]) -> dict[str, Any]:
    """Return the same for programs: samples and seconds in a cycle of 30 s."""
    return {
        "rows": [_row(row) for row in rows],
        "bars": [
            {
                "series": one.bar.series,
                "slos": one.slos,
                "peer": one.bar.of,
                "what": one.bar.what,
                "least": one.bar.least,
                "reached": one.reached,
                "met": one.is_met,
            }
            for one in verdicts
        ],
        "our_rules": [
            {"rule": one.name, "every": one.every, "samples": one.samples, "seconds": one.seconds}
            for one in costs
        ],
        "notes": list(NOTES),
    }


def _row(row: Row) -> dict[str, Any]:
    kinds = {
        kind: {"rules": cost.rules, "samples": cost.samples, "seconds": cost.seconds}
        for kind, cost in row.costs.items()
    }
    return {"slos": row.slos, "series": row.series, "window": row.window, "kinds": kinds}
