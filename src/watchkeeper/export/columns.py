"""The columns of an export, and the queries that fill them; each name ends with its unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from watchkeeper import naming
from watchkeeper.contract import UNCOUNTED_PATHS
from watchkeeper.emit.promql import selector
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import WATCHKEEPER, HttpNames, otel_names

KEYS: Final = ("time_utc", "service", "slo", "labels")
# Columns of a row about an objective, by the series that it shows.
OBJECTIVE_COLUMNS: Final = {
    naming.OBJECTIVE: "objective_ratio",
    naming.REMAINING: "error_budget_remaining_ratio",
    naming.burn_rate("1h"): "burn_rate_1h_ratio",
    naming.burn_rate("6h"): "burn_rate_6h_ratio",
    naming.EXHAUSTION: "error_budget_exhaustion_seconds",
    naming.TOTAL_BASE: "events_per_second",
    naming.BAD_BASE: "bad_events_per_second",
}
_QUANTILES = {"latency_p50_seconds": "0.5", "latency_p95_seconds": "0.95", "latency_p99_seconds": "0.99"}
# Columns of a row about a service: its golden signals.
SERVICE_COLUMNS: Final = (
    "requests_per_second",
    "request_errors_ratio",
    *_QUANTILES,
    "requests_in_progress_count",
    "memory_used_ratio",
    "cpu_used_ratio",
)
COLUMNS: Final = (*OBJECTIVE_COLUMNS.values(), *SERVICE_COLUMNS)
# An export has no spec: the routes that no service counts are left out, those of an `exclude` are not.
_OTEL: Final = otel_names(tuple(sorted(UNCOUNTED_PATHS)), ())
_SHORTEST_RANGE = Duration.parse("5m")
Matchers = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ColumnQuery:
    """A query whose series are rows of one column; without a column, their names say which it is."""

    query: str
    column: str = ""


def queries(services: Sequence[str], step: Duration) -> tuple[ColumnQuery, ...]:
    """Return the queries of all columns, for some services or, if there are none, for all."""
    of: Matchers = (("service", "=~", "|".join(map(re.escape, services))),) if services else ()
    names = "|".join(OBJECTIVE_COLUMNS)
    over = str(max(step, _SHORTEST_RANGE))
    return (
        ColumnQuery(selector("", (("__name__", "=~", names), *of))),
        *(ColumnQuery(query, column) for column, query in _golden_signals(of, over).items()),
    )


def _golden_signals(of: Matchers, over: str) -> dict[str, str]:
    """Return a query for each column: of requests in every dialect, since a service has the metrics of one."""
    dialects = [_of_requests(http, of, over) for http in (WATCHKEEPER, _OTEL)]
    return {
        **{column: " or ".join(one[column] for one in dialects) for column in dialects[0]},
        **_of_processes(of, over),
    }


def _of_requests(http: HttpNames, of: Matchers, over: str) -> dict[str, str]:
    total = _rate(http.requests, (*of, *http.every), over)
    failed = _rate(http.requests, (*of, *http.failed), over)
    buckets = selector(f"{http.duration}_bucket", (*of, *http.every), range=over)
    return {
        "requests_per_second": total,
        "request_errors_ratio": f"({failed} or 0 * {total}) / ({total} > 0)",
        **{
            column: f"histogram_quantile({quantile}, sum by (service, le) (rate({buckets})))"
            for column, quantile in _QUANTILES.items()
        },
        "requests_in_progress_count": f"sum by (service) ({selector(http.in_progress, of)})",
    }


def _of_processes(of: Matchers, over: str) -> dict[str, str]:
    memory, memory_limit = (
        selector(f"process_{name}_bytes", of) for name in ("resident_memory", "memory_limit")
    )
    cpu, cpu_limit = (
        selector("process_cpu_seconds_total", of, range=over),
        selector("process_cpu_limit_cores", of),
    )
    return {
        "memory_used_ratio": f"max by (service) ({memory} / ({memory_limit} > 0))",
        "cpu_used_ratio": f"max by (service) (rate({cpu}) / ({cpu_limit} > 0))",
    }


def _rate(metric: str, of: Matchers, over: str) -> str:
    return f"sum by (service) (rate({selector(metric, of, range=over)}))"
