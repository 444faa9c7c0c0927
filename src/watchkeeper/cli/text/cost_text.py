"""The cost of rules as a table, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.cost.rule_cost import RuleCost
from watchkeeper.overview.numbers_text import count


def lines(
    costs: Mapping[str, RuleCost], objectives: int, series: int, interval: float, paint: Painter
) -> Iterator[str]:
    """Yield the table: a row a figure, a column for ours and one for Sloth's shape; the interval is in seconds."""
    ours, sloth = costs["ours"], costs["sloth"]
    rows = [
        ("recorded series", count(ours.series), count(sloth.series)),
        ("samples a second", _one_digit(ours.samples_a_second), _one_digit(sloth.samples_a_second)),
        ("rules a cycle", _one_digit(ours.rules), _one_digit(sloth.rules)),
        ("samples read a cycle", count(round(ours.samples_read)), count(round(sloth.samples_read))),
        ("time of a cycle, about", _time(ours, interval), _time(sloth, interval)),
        ("disk of 30 days", f"{count(round(ours.bytes_a_month))}B", f"{count(round(sloth.bytes_a_month))}B"),
    ]
    yield from columns(("WHAT", "OURS", "SLOTH'S SHAPE"), rows, paint, [""] * len(rows))
    yield ""
    yield f"{objectives} objectives, {series} series a selector; a cycle is the evaluation interval, a sample 2 bytes on disk"


def _time(cost: RuleCost, interval: float) -> str:
    seconds = cost.seconds
    shown = f"{seconds:,.1f}s" if seconds >= 1 else f"{1000 * seconds:,.0f}ms"
    return f"{shown} of {interval:g}s"


def _one_digit(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def document(costs: Mapping[str, RuleCost], objectives: int, series: int) -> dict[str, Any]:
    """Return the figures for programs; rules and samples read are those of one evaluation interval."""
    found = {
        name: {**asdict(one), "seconds": one.seconds, "bytes_a_month": one.bytes_a_month}
        for name, one in costs.items()
    }
    return {"objectives": objectives, "series_per_service": series, **found}
