"""The panels of single metric packs, each pack's under its own heading.

A section is a function and a row in SECTIONS; docs/extending.md says which panel ids are free.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.panels import Panel, Query, row
from watchkeeper.backends.grafana.queries import SERVICE, quantile, rate, ratio_in_range, series
from watchkeeper.plan.plan import Plan

_EXECUTIONS = "sandbox_executions_total"
_EXECUTION_TIME = "sandbox_execution_duration_seconds"
_POOL_FREE = "sandbox_pool_available"
_AI_REQUESTS = "ai_requests_total"
_AI_TIME = "ai_response_duration_seconds"
_SUCCESS = (("status", "=", "success"),)
_INSTANCE = f"{SERVICE}, instance"


def _sandbox(plan: Plan) -> tuple[Panel, ...]:
    """Return success, free containers, outcomes and duration of code executions."""
    success = _success(21, _EXECUTIONS, "code executions", plan=plan)
    time = _p95(24, _EXECUTION_TIME, "Execution time p95", "code executions", SERVICE, plan=plan)
    return (row(20, "Code sandbox"), success, _free_containers(plan), _executions(), time)


def _ai(plan: Plan) -> tuple[Panel, ...]:
    """Return success, response time and tokens of the AI assistant."""
    success = _success(31, _AI_REQUESTS, "requests to the AI assistant", plan=plan)
    time = _p95(32, _AI_TIME, "Response time p95", "the AI assistant's responses", "model", plan=plan)
    return (row(30, "AI assistant"), success, time, _tokens())


def _system(plan: Plan) -> tuple[Panel, ...]:
    """Return memory and CPU of each process, as a share of its limits."""
    memory = _by_instance("process_resident_memory_bytes"), _by_instance("process_memory_limit_bytes")
    cpu = rate("process_cpu_seconds_total", by=_INSTANCE), _by_instance("process_cpu_limit_cores")
    return (
        row(40, "Process"),
        _used(41, "Memory", "memory", " / ".join(memory), plan=plan),
        _used(42, "CPU", "cpu", " / ".join(cpu), plan=plan),
    )


def _success(identifier: int, counter: str, events: str, *, plan: Plan) -> Panel:
    return Panel(
        id=identifier,
        kind="stat",
        title="Success",
        description=f"Share of {events} in the selected time range that succeeded. "
        "Green at or above the objective.",
        unit="percentunit",
        queries=(Query(ratio_in_range(counter, _SUCCESS)),),
        width=4,
        steps=threshold_steps.success(plan, counter),
        decimals=2,
        if_empty="none yet",
    )


def _p95(identifier: int, histogram: str, title: str, events: str, by: str, *, plan: Plan) -> Panel:
    return Panel(
        id=identifier,
        kind="timeseries",
        title=title,
        description=f"95% of {events} took at most this long. Dashed lines: where alerts fire.",
        unit="s",
        queries=(Query(quantile(histogram, "0.95", by=by), f"{{{{{by}}}}}", exemplars=True),),
        width=10,
        steps=threshold_steps.latency(plan, histogram),
    )


def _free_containers(plan: Plan) -> Panel:
    return Panel(
        id=22,
        kind="stat",
        title="Free containers",
        description="Free sandbox containers of the instance that has the fewest.",
        queries=(Query(f"min({series(_POOL_FREE)})"),),
        width=4,
        steps=threshold_steps.gauge_below(plan, _POOL_FREE),
        if_empty="no data",
    )


def _executions() -> Panel:
    return Panel(
        id=23,
        kind="timeseries",
        title="Executions",
        description="Code executions per second, by kind of error; none means success.",
        unit="ops",
        queries=(Query(rate(_EXECUTIONS, by="error_type"), "{{error_type}}"),),
        width=6,
        stacked=True,
    )


def _tokens() -> Panel:
    return Panel(
        id=33,
        kind="timeseries",
        title="Tokens",
        description="Tokens per second, by model and kind.",
        unit="cps",
        queries=(Query(rate("ai_tokens_total", by="model, kind"), "{{model}} {{kind}}"),),
        width=10,
        stacked=True,
    )


def _used(identifier: int, title: str, resource: str, expr: str, *, plan: Plan) -> Panel:
    return Panel(
        id=identifier,
        kind="timeseries",
        title=title,
        description=f"{title} that each process uses, as a share of its limit. Dashed lines: where alerts fire.",
        unit="percentunit",
        queries=(Query(expr, "{{service}} {{instance}}"),),
        width=12,
        steps=threshold_steps.saturation(plan, resource),
    )


def _by_instance(gauge: str) -> str:
    return f"sum by ({_INSTANCE}) ({series(gauge)})"


SECTIONS: Final[Mapping[str, Callable[[Plan], tuple[Panel, ...]]]] = {
    "sandbox": _sandbox,
    "ai": _ai,
    "system": _system,
}
"""The section of each pack that has one, in the order of the page."""
