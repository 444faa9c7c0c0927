"""Checks of services whose requests OpenTelemetry measures: what only our middleware emits, and fixed buckets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import OF_MIDDLEWARE
from watchkeeper.model.position import Position
from watchkeeper.model.service import Service
from watchkeeper.model.spec import Spec
from watchkeeper.spec.problem import Problem

_DIALECT = "`dialect: otel`"


def check_dialects(spec: Spec) -> Iterator[Problem]:
    """Yield each pack and preset that OpenTelemetry has no metric for, and each threshold that is no bound."""
    for service in spec.services:
        if not service.http.is_ours:
            yield from _packs(service)
            yield from _conflicts(service)
            yield from _thresholds(service)
            yield from _demo(service, spec)


def _packs(service: Service) -> Iterator[Problem]:
    for pack in service.signals:
        if pack in OF_MIDDLEWARE and pack != "http":
            message = f"the pack {pack} does not fit {_DIALECT}: only our middleware measures it"
            yield Problem(service.where, "WK111", message, "remove it from `signals`")


def _conflicts(service: Service) -> Iterator[Problem]:
    for alert in service.alerts:
        if alert.preset == "metric_conflict":
            message = f"{alert.preset} does not fit {_DIALECT}: only our middleware reports taken names"
            yield Problem(alert.where, "WK111", message, "remove the alert")


def _thresholds(service: Service) -> Iterator[Problem]:
    for slo in service.slos:
        if slo.sli.kind == "latency" and slo.sli.family == "http" and slo.sli.threshold is not None:
            yield from _bound(slo.sli.threshold.seconds, slo.sli.where, service)
    for alert in service.alerts:
        if alert.preset == "latency_quantile" and alert.metric == service.http.duration and alert.threshold:
            yield from _bound(alert.threshold, alert.threshold_where, service)


def _bound(threshold: Decimal, where: Position, service: Service) -> Iterator[Problem]:
    bounds = service.http.buckets
    if threshold not in bounds:
        close = min(bounds, key=lambda bound: abs(bound - threshold))
        message = f"{service.http.duration} has no bucket that ends at {_written(threshold)}"
        remedy = f"its nearest bound is {_written(close)}; if a view of the SDK sets others, list them as `http_buckets`"
        yield Problem(where, "WK213", message, remedy)


def _written(seconds: Decimal) -> str:
    """Return a bound as a threshold is written; one between two milliseconds in seconds."""
    milliseconds = seconds * 1000
    return (
        str(Duration(int(milliseconds))) if milliseconds == int(milliseconds) else f"{seconds.normalize():f}s"
    )


def _demo(service: Service, spec: Spec) -> Iterator[Problem]:
    if service.name == spec.stack.demo:
        message = f"the demo plays {service.name}, and has the metrics of our middleware"
        remedy = f"name a service without {_DIALECT}, or leave out `demo`"
        yield Problem(spec.stack.demo_where or service.where, "WK111", message, remedy)
