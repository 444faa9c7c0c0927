"""How many samples one evaluation of an expression reads: what Prometheus counts as queryable samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser

from watchkeeper import promql_tree


@dataclass(frozen=True, slots=True)
class Density:
    """How many series a selector finds, and how many seconds are between two samples of one."""

    series: int
    seconds: float


# Without a step, a subquery has the server's evaluation interval: a minute where nobody sets it.
_STEP = timedelta(minutes=1)
Densities = Callable[[str], Density]


def samples_read(expr: str, of: Densities) -> float:
    """Return the samples that one evaluation reads; `of` returns the density of a metric by its name."""
    return _read(promql_tree.parse(expr), of)


def _read(node: Any, of: Densities) -> float:
    if node is None:
        return 0
    if isinstance(node, promql_parser.VectorSelector):
        return of(promql_tree.metric_name(node)).series
    if isinstance(node, promql_parser.MatrixSelector):
        density = of(promql_tree.metric_name(node.vector_selector))
        return density.series * node.range.total_seconds() / density.seconds
    if isinstance(node, promql_parser.SubqueryExpr):
        assert node.range is not None
        return _read(node.expr, of) * node.range.total_seconds() / (node.step or _STEP).total_seconds()
    if isinstance(node, promql_parser.Call):
        return sum(_read(one, of) for one in node.args)
    return sum(_read(getattr(node, part, None), of) for part in ("expr", "lhs", "rhs", "param"))
