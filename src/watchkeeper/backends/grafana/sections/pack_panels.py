"""The sections of the other packs, and the order of all sections on the page of a service.

A section is a function and a row in SECTIONS; docs/extending.md says which panel ids are free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.panels import Panel, Query, row
from watchkeeper.backends.grafana.queries import quantile, rate, total
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.health_panels import health
from watchkeeper.backends.grafana.sections.http_size_panels import first_byte, sizes
from watchkeeper.backends.grafana.sections.resource_panels import system
from watchkeeper.backends.grafana.sections.sandbox_panels import sandbox, success
from watchkeeper.backends.grafana.sections.work_panels import Place, events, failures, p95, quantiles

_FAILED = (("status", "=", "error"),)
_QUERY_TIME = "database_query_duration_seconds"


def _operations(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    counter, by = "operations_total", "operation_type"
    failed = (("success", "=", "false"),)
    return (
        row(70, "Operations"),
        events(Place(71), scope, counter, "Operations", "Operations", by=by),
        failures(Place(72), scope, counter, failed, "Failed operations", "operations", by=by),
        p95(Place(73), scope, "operation_duration_seconds", "Operation time p95", "operations", by=by),
    )


def _web(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    loads = Query(rate(scope, "page_load_seconds_count"), "pages")
    return (
        row(110, "Web pages"),
        quantiles(Place(111, 12), scope, "page_load_seconds", "Page load", "the time that pages take to load"),
        Panel(id=112, kind="timeseries", title="Pages loaded", description="Pages loaded in browsers per second.",
              unit="cps", queries=(loads,), width=12),
        p95(Place(113), scope, "web_vital_seconds", "Web vitals p95", "pages", by="vital"),
        events(Place(114), scope, "web_beacons_total", "Reports of pages", "Reports", by="result"),
        events(Place(115), scope, "web_error_reports_total", "Error reports of browsers", "Reports", by="result"),
    )  # fmt: skip


def _business(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    users = Query(total(scope, "business_active_users"), "users")
    sessions = Query(total(scope, "business_active_sessions"), "sessions")
    return (
        row(100, "Business"),
        Panel(id=101, kind="timeseries", title="Active now", description="Users and sessions that are active now.",
              unit="short", queries=(users, sessions), width=12),
        events(Place(102, 12), scope, "business_feature_uses_total", "Feature use", "Uses", by="feature"),
    )  # fmt: skip


def _ai(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    counter, time = "ai_requests_total", "ai_response_duration_seconds"
    tokens = Panel(
        id=33, kind="timeseries", title="Tokens", description="Tokens per second, by model and kind.", unit="cps",
        queries=(Query(rate(scope, "ai_tokens_total", by="model, kind"), "{{model}} {{kind}}"),), width=7, stacked=True,
    )  # fmt: skip
    return (
        row(30, "AI assistant"),
        success(Place(31, 4), scope, counter, "requests to the AI assistant"),
        p95(Place(32, 7), scope, time, "Response time p95", "the AI assistant's responses", by="model"),
        tokens,
        failures(Place(34, 6), scope, counter, _FAILED, "Failed requests", "requests", by="model"),
    )


def _database(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    used, limit = total(scope, "database_connections_in_use"), total(scope, "database_connections_max")
    return (
        row(50, "Database"),
        p95(Place(51), scope, _QUERY_TIME, "Query time p95", "database queries", by="operation"),
        slow_queries(scope),
        Panel(id=53, kind="timeseries", title="Connections", unit="percentunit", width=8,
              description="Database connections in use, as a share of those that may be open.",
              queries=(Query(f"{used} / ({limit} > 0)", "in use"),)),
    )  # fmt: skip


def slow_queries(scope: Scope, *, width: int = 8) -> Panel:
    """Return how many database queries took longer than the service's own limit."""
    counter = "database_slow_queries_total"
    return events(Place(52, width), scope, counter, "Slow queries", "Slow database queries", by="operation")


def _tool(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    counter = "tool_calls_total"
    return (
        row(60, "Tools"),
        events(Place(61), scope, counter, "Tool calls", "Tool calls", by="tool"),
        failures(Place(62), scope, counter, _FAILED, "Failed tool calls", "tool calls", by="tool"),
        p95(Place(63), scope, "tool_call_duration_seconds", "Tool call time p95", "tool calls", by="tool"),
    )


def _checkpoint(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    counter, time = "checkpoint_operations_total", "checkpoint_duration_seconds"
    size = Query(quantile(scope, "checkpoint_size_bytes", "0.95", by="operation"), "{{operation}}")
    what = "checkpoints saved or loaded"
    return (
        row(80, "Checkpoints"),
        events(Place(81, 6), scope, counter, "Checkpoints", "Checkpoints", by="operation"),
        failures(Place(82, 6), scope, counter, _FAILED, "Failed checkpoints", what, by="operation"),
        p95(Place(83, 6), scope, time, "Checkpoint time p95", what, by="operation"),
        Panel(id=84, kind="timeseries", title="Checkpoint size p95", unit="bytes", queries=(size,), width=6,
              description=f"95% of {what} had at most this size."),
    )  # fmt: skip


Section = Callable[[Scope, Addresses], tuple[Panel, ...]]

SECTIONS: Final[Mapping[str, Section]] = {
    "operations": _operations,
    "web": _web,
    "business": _business,
    "http_sizes": sizes,
    "http_first_byte": first_byte,
    "system": system,
    "sandbox": sandbox,
    "ai": _ai,
    "database": _database,
    "tool": _tool,
    "checkpoint": _checkpoint,
    "health": health,
}
"""The section of each pack but http, in the order of the page: requests, then saturation, then dependencies."""
