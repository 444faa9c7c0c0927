"""The panels of the http pack: rate, errors and duration, as numbers and over time."""

from __future__ import annotations

from dataclasses import replace

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.label_table import Column, Label, table
from watchkeeper.backends.grafana.panels import Link, Panel, Query, Step, colored
from watchkeeper.backends.grafana.queries import (
    largest,
    quantile,
    rate,
    ratio,
    ratio_in_range,
    series,
    total,
)
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.work_panels import Place, heat_map, legend, quantiles
from watchkeeper.contract import INSTRUMENTATION_ERRORS, METRIC_CONFLICTS, WEBSOCKET_ERRORS

_IDLE = "no traffic"
# The usual ones; others get the colors that are left.
_STATUS_COLORS = {
    "500": "red",
    "502": "dark-red",
    "503": "orange",
    "504": "purple",
    "404": "blue",
    "422": "yellow",
}
_MONTH = "30d"


def numbers(scope: Scope, *, width: int = 4) -> tuple[Panel, ...]:
    """Return rate, errors, duration and availability of all requests together."""
    panels = (_errors_now(scope), _p95_now(scope), _rate_now(scope), _availability(scope))
    return tuple(replace(panel, width=width) for panel in panels)


def trends(scope: Scope, at: Addresses) -> tuple[Panel, ...]:
    """Return errors, duration and rate over time, with links to the traces."""
    traces = (at.slow_traces(scope.services[2]),)
    return (_errors(scope, traces), _latency(scope, traces), _rate(scope, traces))


def endpoints(scope: Scope, at: Addresses) -> tuple[Panel, ...]:
    """Return what each endpoint and status contributes, and the distribution of latencies."""
    heat = heat_map(
        Place(204, 12), scope, scope.http.duration, "Latency heat map", "requests, excluding 5xx, since the last point",
        scope.http.answered,
    )  # fmt: skip
    return (
        _table(scope, at),
        heat,
        _by_status(scope),
        _rate_by_endpoint(scope),
        _p95_by_endpoint(scope),
        _in_progress(scope),
        *((_websocket(scope), _instrumentation(scope)) if scope.http.is_ours else ()),
    )


def _requests(scope: Scope, *, by: str = "") -> str:
    return rate(scope, scope.http.requests, scope.http.every, by=by)


def _failed(scope: Scope, *, by: str = "") -> str:
    http = scope.http
    return ratio(scope, http.requests, http.failed, of=http.every, by=by)


def failed_in_range(scope: Scope) -> str:
    """Return the share of failed requests over the time range of the panel."""
    return ratio_in_range(scope, scope.http.requests, scope.http.failed, of=scope.http.every)


def _rate_now(scope: Scope) -> Panel:
    return Panel(
        id=10,
        kind="stat",
        title="Request rate",
        description="Answered HTTP requests per second.",
        unit="reqps",
        queries=(Query(_requests(scope)),),
        width=4,
        height=5,
        if_empty="no data",
    )


def _errors_now(scope: Scope) -> Panel:
    return Panel(
        id=11,
        kind="stat",
        title="Error ratio",
        description="Share of HTTP requests that were answered with 5xx. "
        "Colors change at the limits of objectives and alerts.",
        unit="percentunit",
        queries=(Query(_failed(scope)),),
        width=4,
        height=5,
        steps=threshold_steps.error_ratio(scope),
        decimals=2,
        if_empty=_IDLE,
    )


def _p95_now(scope: Scope) -> Panel:
    return Panel(
        id=12,
        kind="stat",
        title="p95 latency",
        description="95% of the HTTP requests, excluding 5xx, took at most this long. "
        "Colors change at the limits of objectives and alerts.",
        unit="s",
        queries=(Query(quantile(scope, scope.http.duration, "0.95", scope.http.answered)),),
        width=4,
        height=5,
        steps=threshold_steps.latency(scope, scope.http.duration),
        if_empty=_IDLE,
    )


def _availability(scope: Scope) -> Panel:
    return Panel(
        id=13,
        kind="stat",
        title="Availability, 30 days",
        description="Share of HTTP requests of the last 30 days that were not answered with 5xx. "
        "Outages without any answer are not included. Green at or above the objective.",
        unit="percentunit",
        queries=(Query(f"1 - {failed_in_range(scope)}"),),
        width=4,
        height=5,
        steps=threshold_steps.availability(scope),
        decimals=3,
        if_empty=_IDLE,
        time_from=_MONTH,
    )


def _errors(scope: Scope, traces: tuple[Link, ...]) -> Panel:
    return Panel(
        id=14,
        kind="timeseries",
        title="Error ratio",
        description="Share of HTTP requests that were answered with 5xx. "
        "Dashed lines: what objectives allow, and where alerts fire.",
        unit="percentunit",
        queries=(Query(_failed(scope), "5xx"),),
        width=8,
        steps=threshold_steps.error_ratio(scope),
        links=traces,
    )


def _latency(scope: Scope, traces: tuple[Link, ...]) -> Panel:
    what = "the response time of HTTP requests, excluding 5xx"
    panel = quantiles(Place(15), scope, scope.http.duration, "Latency", what, scope.http.answered)
    return replace(panel, links=traces)


def _rate(scope: Scope, traces: tuple[Link, ...]) -> Panel:
    return Panel(
        id=16,
        kind="timeseries",
        title="Request rate",
        description="Answered HTTP requests per second.",
        unit="reqps",
        queries=(Query(_requests(scope), "requests"),),
        width=8,
        links=traces,
    )


def _table(scope: Scope, at: Addresses) -> Panel:
    p95 = quantile(scope, scope.http.duration, "0.95", scope.http.answered, by=scope.http.route)
    errors = _failed(scope, by=scope.http.route)
    judged = [
        _faults_only(steps)
        for steps in (threshold_steps.error_ratio(scope), threshold_steps.latency(scope, scope.http.duration))
    ]
    return table(
        Panel(
            id=200,
            kind="table",
            title="Endpoints",
            description="Each endpoint now, the one with the most errors first.",
            width=24,
            sort=(("Errors", True), ("p95", True)),
            if_empty=_IDLE,
        ),
        (Label(scope.http.route, "Endpoint", (at.slow_traces(scope.services[2]),)),),
        (
            Column("Requests", f"{_requests(scope, by=scope.http.route)} > 0", "reqps", 130, 2),
            Column("Errors", errors, "percentunit", 110, 2, judged[0]),
            Column("p95", p95, "s", 110, 1, judged[1]),
        ),
        first="Endpoint",
    )


def _faults_only(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps of alerts: only where one would fire has a cell a background."""
    alerts = [step for step in steps if step.color in ("blue", "orange", "red")]
    return (Step(None, "transparent"), *alerts) if alerts else ()


def _by_status(scope: Scope) -> Panel:
    http = scope.http
    return Panel(
        id=201,
        kind="timeseries",
        title="Errors by status",
        description="Answers with 4xx and 5xx per second, by status code.",
        unit="reqps",
        queries=(
            Query(rate(scope, http.requests, ((http.status, "=~", "[45].."), *http.every), by=http.status), legend(http.status)),
        ),
        width=12,
        stacked=True,
        if_empty="no error",
        overrides=colored(_STATUS_COLORS),
    )  # fmt: skip


def _rate_by_endpoint(scope: Scope) -> Panel:
    return Panel(
        id=202,
        kind="timeseries",
        title="Requests by endpoint",
        description="Answered HTTP requests per second of the ten busiest endpoints.",
        unit="reqps",
        queries=(Query(largest(_requests(scope, by=scope.http.route)), legend(scope.http.route)),),
        width=12,
        stacked=True,
    )


def _p95_by_endpoint(scope: Scope) -> Panel:
    p95 = quantile(scope, scope.http.duration, "0.95", scope.http.answered, by=scope.http.route)
    return Panel(
        id=203,
        kind="timeseries",
        title="p95 by endpoint",
        description="95% of an endpoint's requests, excluding 5xx, took at most this long; the ten slowest.",
        unit="s",
        queries=(Query(largest(p95), legend(scope.http.route)),),
        width=12,
        steps=threshold_steps.latency(scope, scope.http.duration),
    )


def _in_progress(scope: Scope) -> Panel:
    return Panel(
        id=205,
        kind="timeseries",
        title="Requests in progress",
        description="HTTP requests that are being answered, by instance.",
        unit="short",
        queries=(Query(total(scope, scope.http.in_progress, by="instance"), "{{instance}}"),),
        width=12,
    )


def _websocket(scope: Scope) -> Panel:
    return Panel(
        id=206,
        kind="timeseries",
        title="WebSocket errors",
        description="WebSocket connections per second that an exception ended, by endpoint.",
        unit="cps",
        queries=(Query(rate(scope, WEBSOCKET_ERRORS, by="handler"), "{{handler}}"),),
        width=12,
        if_empty="none",
    )


def _instrumentation(scope: Scope) -> Panel:
    errors = f"sum(increase({series(scope, INSTRUMENTATION_ERRORS)}[$__range]))"
    conflicts = f"sum({series(scope, METRIC_CONFLICTS)}) or vector(0)"
    return Panel(
        id=207,
        kind="stat",
        title="Instrumentation",
        description="Failures of the instrumentation itself in the time range, and metrics that it cannot expose "
        "because something else took their names. Neither harms the service.",
        queries=(Query(errors, "failures"), Query(conflicts, "conflicts")),
        width=12,
        if_empty="no data",
        decimals=0,
    )
