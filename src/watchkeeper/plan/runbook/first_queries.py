"""The queries of the first five minutes: where the bad events are, with the selectors of the alert itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.alert import Alert
from watchkeeper.plan.plan import PlannedAlert, PlannedService, PlannedSlo
from watchkeeper.plan.presets import RESOURCES
from watchkeeper.plan.runbook.counted import Counted, counted_by_alert, counted_by_slo
from watchkeeper.plan.runbook.user_series import series_of

_HIGHEST = 5
# Over so long the bad events of an alert are seen; those of a whole budget take longer.
_RECENT = {naming.FAST_BURN: "5m", naming.SLOW_BURN: "1h", naming.BUDGET_EXHAUSTED_SOON: "1h"}


class RunbookQuery(NamedTuple):
    """PromQL to paste, and what its result shows."""

    shows: str
    promql: str


def first_queries(
    alert: PlannedAlert, written: Alert | None, slo: PlannedSlo | None, service: PlannedService
) -> tuple[RunbookQuery, ...]:
    """Return the queries in the order in which to run them; `written` is the alert of the spec, if it is there."""
    if slo is not None:
        return tuple(_of_slo(alert, slo, service))
    if service.name == naming.OWN_SERVICE:
        return (RunbookQuery("What the stack measures about itself", alert.next_query),)
    return tuple(_PRESETS.get(alert.preset or "", _of_expression)(alert, written, service))


def _of_slo(alert: PlannedAlert, slo: PlannedSlo, service: PlannedService) -> Iterator[RunbookQuery]:
    own = slo.parameters.own
    match alert.slo_kind:
        case naming.METRIC_MISSING:
            yield RunbookQuery("Whether the metric exists now", slo.indicator.counted)
            yield from _of_targets(service)
            return
        case naming.IDLE:
            yield RunbookQuery("Events a second now", own(naming.TOTAL_BASE))
            yield RunbookQuery("The same a day ago", f"{own(naming.TOTAL_BASE)} offset 1d")
            yield from _of_targets(service)
            return
        case naming.BUDGET_EXHAUSTED:
            yield RunbookQuery(
                "Whether it still burns: the budget lasts at 1 or less", own(naming.burn_rate("1h"))
            )
    window = _RECENT.get(alert.slo_kind or "", "6h")
    counted = counted_by_slo(slo, service.spec)
    if alert.by is not None:
        yield from _of_values(slo, alert.by)
    yield from (
        _breakdown(counted, window, alert.by) if counted is not None else _of_indicator(slo, service, window)
    )
    if alert.slo_kind != naming.BUDGET_EXHAUSTED:
        yield RunbookQuery(
            "Minutes until the budget is spent at this burn rate", f"{own(naming.EXHAUSTION)} / 60"
        )


def _of_values(slo: PlannedSlo, by: str) -> Iterator[RunbookQuery]:
    """Yield which values of the objective's label are about to spend their budgets."""
    latest, name = slo.parameters.latest, by.replace("_", " ")
    rate = naming.burn_rate("1h")
    yield RunbookQuery(
        f"The burn rate of the last hour by {name}, highest first", f"topk({_HIGHEST}, {latest(rate)})"
    )
    yield RunbookQuery(
        f"Budget left by {name}, least first", f"bottomk({_HIGHEST}, {latest(naming.REMAINING)})"
    )


def _breakdown(counted: Counted, window: str, by: str | None = None) -> Iterator[RunbookQuery]:
    """Yield which handlers, which statuses and which instances: a fault has one of these three shapes.

    Where values of a label have budgets of their own, all of it is by this label too, the highest first.
    """
    for label in dict.fromkeys((by, *counted.labels) if by is not None else counted.labels):
        shows = f"{counted.what} by {label.replace('_', ' ')}, highest first"
        yield RunbookQuery(shows, f"topk({_HIGHEST}, {counted.share_by(label, window)})")
    if counted.status is not None and by is None:
        yield RunbookQuery("Requests a second by status code", counted.status.format(window=window))
    if by is None:
        yield RunbookQuery(f"{counted.what} by instance", counted.share_by("instance", window))
    else:
        yield from _by_value(counted, window, by)
    if counted.quantile is not None:
        yield RunbookQuery("How slow it is: p95 in seconds", counted.quantile.format(window=window))


def _by_value(counted: Counted, window: str, by: str) -> Iterator[RunbookQuery]:
    name = by.replace("_", " ")
    if counted.status is not None and by != "status_code":
        status = counted.status.format(window=window).replace("sum by (", f"sum by ({by}, ", 1)
        yield RunbookQuery(
            f"Requests a second by {name} and status code, highest first", f"topk({_HIGHEST}, {status})"
        )
    if by != "instance":
        shows = f"{counted.what} by {name} and instance, highest first"
        yield RunbookQuery(shows, f"topk({_HIGHEST}, {counted.share_by(f'{by}, instance', window)})")


def _of_indicator(slo: PlannedSlo, service: PlannedService, window: str) -> Iterator[RunbookQuery]:
    """Yield every series that the team's own indicator reads, by its labels."""
    sli = slo.spec.sli
    if sli.kind == "latency":  # a native histogram, which has no series for each bucket
        rates = f"rate({slo.indicator.counted}[{window}])"
        quantile = f"histogram_quantile(0.95, sum by (instance) ({rates}))"
        yield RunbookQuery("How slow it is by instance: p95 in the histogram's unit", quantile)
        yield RunbookQuery(
            "Observations a second by instance", f"histogram_count(sum by (instance) ({rates}))"
        )
    for text in (sli.bad, sli.good, sli.total if sli.good else None, sli.query):
        for series in series_of(text, service.spec, external=sli.external) if text else ():
            yield RunbookQuery(f"{series.name} by {series.shown_labels}", series.now(window))
            yield RunbookQuery(f"{series.name} by instance", series.by_instance(window))


def _of_targets(service: PlannedService) -> Iterator[RunbookQuery]:
    up = selector("up", _own(service))
    yield RunbookQuery("Which instances answer: 1 for yes, 0 for no", up)
    yield RunbookQuery("Series that each instance exposes", selector("scrape_samples_scraped", _own(service)))


def _of_events(alert: PlannedAlert, written: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    assert written is not None
    yield from _breakdown(counted_by_alert(written, service.spec), str(alert.window))


def _service_down(_: PlannedAlert, __: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    up = selector("up", _own(service))
    yield RunbookQuery("Which instances answer: 1 for yes, 0 for no", up)
    yield RunbookQuery("How often each went up or down in the last hour", f"changes({up}[1h])")
    if "system" in service.packs:
        memory = selector("process_resident_memory_bytes", _own(service))
        limit = selector("process_memory_limit_bytes", _own(service))
        share = f"max_over_time({memory}[1h]) / (max_over_time({limit}[1h]) > 0)"
        yield RunbookQuery("The share of its memory limit that each one reached in the last hour", share)


def _saturation(_: PlannedAlert, written: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    used, limit, what = RESOURCES[(written.resource if written else None) or "memory"]
    now = selector(used, _own(service))
    is_cpu = used.endswith("_total")
    rate, hour = (f"rate({now}[5m])", f"rate({now}[1h])") if is_cpu else (now, f"avg_over_time({now}[1h])")
    most = selector(limit, _own(service))
    yield RunbookQuery(f"Use of {what} by instance, as a share of the limit", f"{rate} / ({most} > 0)")
    yield RunbookQuery("The same, mean of the last hour", f"{hour} / ({most} > 0)")
    if "http" in service.packs:
        http = service.spec.http
        yield RunbookQuery("Requests in progress by instance", selector(http.in_progress, _own(service)))
        requests = selector(http.requests, (*_own(service), *http.every), range="5m")
        yield RunbookQuery("Requests a second by instance", f"sum by (instance) (rate({requests}))")


def _gauge(alert: PlannedAlert, written: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    gauge, below = alert.next_query, alert.preset == "gauge_below"
    yield RunbookQuery("Its value by instance", gauge)
    function, most = ("min_over_time", "lowest") if below else ("max_over_time", "highest")
    yield RunbookQuery(f"Its {most} value of the last hour", f"{function}({gauge}[1h])")
    if written is not None and written.metric == "sandbox_pool_available":
        in_use = selector("sandbox_pool_in_use", _own(service))
        yield RunbookQuery("Sandboxes in use by instance", in_use)
        executions = selector("sandbox_executions_total", _own(service), range="5m")
        yield RunbookQuery("Executions a second by status", f"sum by (status) (rate({executions}))")


def _health_failing(_: PlannedAlert, __: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    failing = selector("health_state", [*_own(service), ("state", "=", "error")])
    yield RunbookQuery("Which checks fail on which instances", f"{failing} > 0")
    failures = selector("health_consecutive_failures", _own(service))
    yield RunbookQuery("Failures in a row of each check", f"{failures} > 0")
    success = selector("health_last_success_timestamp_seconds", _own(service))
    yield RunbookQuery("Minutes since each check last succeeded", f"(time() - ({success} > 0)) / 60")


def _metric_conflict(alert: PlannedAlert, _: Alert | None, service: PlannedService) -> Iterator[RunbookQuery]:
    yield RunbookQuery("Which metric names are taken, by instance", f"{alert.next_query} > 0")
    yield from _of_targets(service)


def _of_expression(
    alert: PlannedAlert, written: Alert | None, service: PlannedService
) -> Iterator[RunbookQuery]:
    yield RunbookQuery("The series for which the alert's condition is true", alert.expr)
    external = written is not None and written.external
    for series in series_of(alert.expr, service.spec, external=external):
        yield RunbookQuery(f"{series.name} by {series.shown_labels}", series.now("5m"))


def deploy_queries(service: PlannedService) -> tuple[RunbookQuery, ...]:
    """Return the query that shows recent starts: a deploy starts each process again."""
    if service.name == naming.OWN_SERVICE:
        return ()
    if "system" not in service.packs:
        return (
            RunbookQuery(
                "Instances that stopped or started in the last hour",
                f"changes({selector('up', _own(service))}[1h]) > 0",
            ),
        )
    started = selector("process_start_time_seconds", _own(service))
    return (RunbookQuery("Minutes since each instance started", f"(time() - {started}) / 60"),)


def _own(service: PlannedService) -> list[tuple[str, str, str]]:
    return list(service.spec.own)


_PRESETS: dict[str, Callable[[PlannedAlert, Alert | None, PlannedService], Iterator[RunbookQuery]]] = {
    "service_down": _service_down,
    "replicas_below": _service_down,
    "error_ratio": _of_events,
    "latency_quantile": _of_events,
    "saturation": _saturation,
    "gauge_below": _gauge,
    "gauge_above": _gauge,
    "health_failing": _health_failing,
    "metric_conflict": _metric_conflict,
}
