"""The panels of the sandbox pack: a summary for the page of a service, and the details of their own page."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.panels import Panel, Query, colored, row
from watchkeeper.backends.grafana.queries import Matchers, rate, ratio, ratio_in_range, series, total
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.work_panels import Place, events, heat_map, p95, quantiles

EXECUTIONS = "sandbox_executions_total"
EXECUTION_TIME = "sandbox_execution_duration_seconds"
POOL_FREE = "sandbox_pool_available"
SUCCESS: Matchers = (("status", "=", "success"),)
# What succeeded is green, and nothing else is.
_STATUS_COLORS = {"success": "green", "error": "red"}
_ERROR_COLORS = {
    "none": "green",
    "syntax_error": "yellow",
    "runtime_error": "red",
    "timeout": "orange",
    "out_of_memory": "purple",
    "pool_exhausted": "dark-red",
    "internal": "blue",
}


def sandbox(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return success, free containers, outcomes and duration of code executions."""
    return (
        row(20, "Code sandbox"),
        success(Place(21, 4), scope, EXECUTIONS, "code executions"),
        _free_containers(scope),
        _executions(scope),
        p95(Place(24), scope, EXECUTION_TIME, "Execution time p95", "code executions", by="service"),
    )


def details(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return success over time, the distribution of durations, kinds of error and the pool."""
    what = "the duration of code executions"
    return (
        success(Place(21, 6), scope, EXECUTIONS, "code executions", height=5),
        _free_containers(scope, width=6, height=5),
        _rate_now(scope),
        _used_now(scope),
        _success_trend(scope),
        _errors_by_type(scope),
        heat_map(Place(222, 12), scope, EXECUTION_TIME, "Duration heat map", "executions since the last point"),
        quantiles(Place(223, 12), scope, EXECUTION_TIME, "Duration", what),
        _pool(scope),
        replace(
            events(Place(225, 12), scope, EXECUTIONS, "Executions", "Code executions", by="status"),
            overrides=colored(_STATUS_COLORS),
        ),
    )  # fmt: skip


def success(place: Place, scope: Scope, counter: str, what: str, *, height: int = 8) -> Panel:
    """Return the share of a counter's events in the time range that succeeded."""
    return Panel(
        id=place.id,
        kind="stat",
        title="Success",
        description=f"Share of {what} in the selected time range that succeeded. "
        "Green at or above the objective.",
        unit="percentunit",
        queries=(Query(ratio_in_range(scope, counter, SUCCESS)),),
        width=place.width,
        height=height,
        steps=threshold_steps.success(scope, counter),
        decimals=2,
        if_empty="none yet",
    )


def _free_containers(scope: Scope, *, width: int = 4, height: int = 8) -> Panel:
    return Panel(
        id=22,
        kind="stat",
        title="Free containers",
        description="Free sandbox containers of the instance that has the fewest.",
        queries=(Query(f"min({series(scope, POOL_FREE)})"),),
        width=width,
        height=height,
        steps=threshold_steps.gauge_below(scope, POOL_FREE),
        if_empty="no data",
    )


def _executions(scope: Scope) -> Panel:
    return Panel(
        id=23,
        kind="timeseries",
        title="Executions",
        description="Code executions per second, by kind of error; none means success.",
        unit="ops",
        queries=(Query(rate(scope, EXECUTIONS, by="error_type"), "{{error_type}}"),),
        width=8,
        stacked=True,
        overrides=colored(_ERROR_COLORS),
    )


def _rate_now(scope: Scope) -> Panel:
    return Panel(
        id=25,
        kind="stat",
        title="Executions",
        description="Code executions per second.",
        unit="ops",
        queries=(Query(rate(scope, EXECUTIONS)),),
        width=6,
        height=5,
        if_empty="no data",
    )


def _used_now(scope: Scope) -> Panel:
    used, size = total(scope, "sandbox_pool_in_use"), total(scope, "sandbox_pool_size")
    return Panel(
        id=26,
        kind="stat",
        title="Pool in use",
        description="Share of the sandbox containers of all instances that execute code.",
        unit="percentunit",
        queries=(Query(f"{used} / ({size} > 0)"),),
        width=6,
        height=5,
        if_empty="no data",
    )


def _success_trend(scope: Scope) -> Panel:
    return Panel(
        id=220,
        kind="timeseries",
        title="Success",
        description="Share of code executions that succeeded. Dashed line: the objective.",
        unit="percentunit",
        queries=(Query(ratio(scope, EXECUTIONS, SUCCESS), "success"),),
        width=12,
        steps=threshold_steps.success(scope, EXECUTIONS),
    )


def _errors_by_type(scope: Scope) -> Panel:
    failed = rate(scope, EXECUTIONS, (("error_type", "!=", "none"),), by="error_type")
    return Panel(
        id=221,
        kind="timeseries",
        title="Errors by type",
        description="Failed code executions per second, by kind of error.",
        unit="ops",
        queries=(Query(failed, "{{error_type}}"),),
        width=12,
        stacked=True,
        overrides=colored({name: color for name, color in _ERROR_COLORS.items() if name != "none"}),
    )


def _pool(scope: Scope) -> Panel:
    gauges = (("size", "sandbox_pool_size"), ("in use", "sandbox_pool_in_use"), ("available", POOL_FREE))
    return Panel(
        id=224,
        kind="timeseries",
        title="Pool",
        description="Sandbox containers of all instances: the pool's size, in use, and free.",
        unit="short",
        queries=tuple(Query(total(scope, gauge), name) for name, gauge in gauges),
        width=12,
    )
