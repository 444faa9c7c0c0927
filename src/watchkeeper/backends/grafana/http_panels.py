"""The panels of the http pack: rate, errors and duration, as numbers and over time."""

from __future__ import annotations

from watchkeeper.backends.grafana import threshold_steps
from watchkeeper.backends.grafana.addresses import jaeger_search
from watchkeeper.backends.grafana.panels import Link, Panel, Query
from watchkeeper.backends.grafana.queries import SERVICE, quantile, rate, ratio, ratio_in_range
from watchkeeper.contract import HTTP_DURATION, HTTP_REQUESTS
from watchkeeper.plan.plan import Plan

_SERVER_ERRORS = (("status_code", "=~", "5.."),)
_WITHOUT_SERVER_ERRORS = (("status_code", "!~", "5.."),)
_BY_SERVICE = "{{service}}"
_IDLE = "no traffic"
_QUANTILES = (("0.5", "p50"), ("0.95", "p95"), ("0.99", "p99"))


def numbers(plan: Plan) -> tuple[Panel, ...]:
    """Return rate, errors, duration and availability of all selected services together."""
    return (_rate_now(), _errors_now(plan), _p95_now(plan), _availability(plan))


def trends(plan: Plan) -> tuple[Panel, ...]:
    """Return errors, duration and rate over time, service by service, with links to the traces."""
    traces = (Link("Traces of this service", f"{jaeger_search(plan)}?service=${{__field.labels.service}}"),)
    return (_errors(plan, traces), _latency(plan, traces), _rate(traces))


def _rate_now() -> Panel:
    return Panel(
        id=10,
        kind="stat",
        title="Request rate",
        description="Answered HTTP requests per second.",
        unit="reqps",
        queries=(Query(rate(HTTP_REQUESTS)),),
        width=4,
        height=5,
        if_empty="no data",
    )


def _errors_now(plan: Plan) -> Panel:
    return Panel(
        id=11,
        kind="stat",
        title="Error ratio",
        description="Share of HTTP requests that were answered with 5xx. "
        "Colors change at the limits of objectives and alerts.",
        unit="percentunit",
        queries=(Query(ratio(HTTP_REQUESTS, _SERVER_ERRORS)),),
        width=4,
        height=5,
        steps=threshold_steps.error_ratio(plan),
        decimals=2,
        if_empty=_IDLE,
    )


def _p95_now(plan: Plan) -> Panel:
    return Panel(
        id=12,
        kind="stat",
        title="p95 latency",
        description="95% of the HTTP requests, excluding 5xx, took at most this long. "
        "Colors change at the limits of objectives and alerts.",
        unit="s",
        queries=(Query(quantile(HTTP_DURATION, "0.95", _WITHOUT_SERVER_ERRORS)),),
        width=4,
        height=5,
        steps=threshold_steps.latency(plan, HTTP_DURATION),
        if_empty=_IDLE,
    )


def _availability(plan: Plan) -> Panel:
    return Panel(
        id=13,
        kind="stat",
        title="Availability",
        description="Share of HTTP requests in the selected time range that were not answered with 5xx. "
        "Outages without any answer are not included. Green at or above the objective.",
        unit="percentunit",
        queries=(Query(f"1 - {ratio_in_range(HTTP_REQUESTS, _SERVER_ERRORS)}"),),
        width=4,
        height=5,
        steps=threshold_steps.availability(plan),
        decimals=3,
        if_empty=_IDLE,
    )


def _errors(plan: Plan, traces: tuple[Link, ...]) -> Panel:
    return Panel(
        id=14,
        kind="timeseries",
        title="Error ratio",
        description="Share of HTTP requests that were answered with 5xx. "
        "Dashed lines: what objectives allow, and where alerts fire.",
        unit="percentunit",
        queries=(Query(ratio(HTTP_REQUESTS, _SERVER_ERRORS, by=SERVICE), _BY_SERVICE),),
        width=12,
        steps=threshold_steps.error_ratio(plan),
        links=traces,
    )


def _latency(plan: Plan, traces: tuple[Link, ...]) -> Panel:
    return Panel(
        id=15,
        kind="timeseries",
        title="Latency",
        description="Quantiles of the response time of HTTP requests, excluding 5xx. "
        "Dashed lines: objectives and alerts on the p95. A point is one request and links to its trace.",
        unit="s",
        queries=tuple(
            Query(
                quantile(HTTP_DURATION, q, _WITHOUT_SERVER_ERRORS, by=SERVICE),
                f"{_BY_SERVICE} {name}",
                exemplars=name == "p95",
            )
            for q, name in _QUANTILES
        ),
        width=12,
        steps=threshold_steps.latency(plan, HTTP_DURATION),
        links=traces,
    )


def _rate(traces: tuple[Link, ...]) -> Panel:
    return Panel(
        id=16,
        kind="timeseries",
        title="Request rate",
        description="Answered HTTP requests per second.",
        unit="reqps",
        queries=(Query(rate(HTTP_REQUESTS, by=SERVICE), _BY_SERVICE),),
        width=12,
        links=traces,
    )
