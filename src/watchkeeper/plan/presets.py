"""The expressions of the threshold presets, each with guards against idleness, NaN, absence and thin traffic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper import contract
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Matcher, Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.bucket_matcher import bucket_matcher
from watchkeeper.plan.human_format import percentage

Matchers = list[Matcher]

_HALF = Decimal("0.5")
PRESET_MIN_EVENTS = 3
_LONGEST_WINDOW = Duration.parse("5m")
RESOURCES = {
    "memory": ("process_resident_memory_bytes", "process_memory_limit_bytes", "memory"),
    "cpu": ("process_cpu_seconds_total", "process_cpu_limit_cores", "CPU"),
    "file_descriptors": ("process_open_fds", "process_max_fds", "file descriptors"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A preset made concrete: what Prometheus evaluates, and what people read and run next.

    `description_template` contains our own Prometheus template actions; everything else is plain text. `impact` and
    `mitigation` are empty where those of every runbook fit.
    """

    expr: str
    window: Duration | None
    comment: str
    summary: str
    description_template: str
    next_query: str
    impact: str = ""
    mitigation: str = ""


def condition(alert: Alert, service: Service, stack: Stack, *, per_second: int = 1) -> Condition:
    """Return the preset's condition for one service; `per_second` units of the alert's histogram make a second."""
    match alert.preset:
        case "service_down":
            return _service_down(service)
        case "error_ratio":
            return _error_ratio(alert, service, stack)
        case "latency_quantile":
            return _latency_quantile(alert, service, stack, per_second)
        case "saturation":
            return _saturation(alert, service, stack)
        case "gauge_below" | "gauge_above":
            return _gauge(alert, service)
        case "health_failing":
            return _health_failing(service)
        case "replicas_below":
            return _replicas_below(alert, service)
        case "metric_conflict":
            return _metric_conflict(service)
        case None:
            raise AssertionError(f"{alert.name} is no preset")


def window_of(alert: Alert, stack: Stack) -> Duration:
    """Return the window of a preset: at most its `for` and 5m, at least four scrapes."""
    return max(min(alert.hold, _LONGEST_WINDOW), stack.least_window)


def _of(service: Service, *further: Matcher) -> Matchers:
    return [*service.own, *further]


def _service_down(service: Service) -> Condition:
    up = selector("up", _of(service))
    return Condition(
        expr=f"absent({up} == 1)",
        window=None,
        comment="No target of the service answers its scrapes; targets missing from discovery count as down.",
        summary=f"{service.name} is down",
        description_template=f"No target of {service.name} answers.",
        next_query=up,
    )


def _min_events(alert: Alert) -> Decimal:
    return Decimal(alert.min_events or PRESET_MIN_EVENTS)


def _guard_limit(alert: Alert) -> str:
    # Half an event less, because increase() extrapolates and three events may read 2.9.
    return number(_min_events(alert) - _HALF)


def _error_ratio(alert: Alert, service: Service, stack: Stack) -> Condition:
    window, limit = window_of(alert, stack), alert.threshold or Decimal(0)
    http = service.http
    failed = selector(http.requests, _of(service, *http.failed), range=str(window))
    every = selector(http.requests, _of(service, *http.every), range=str(window))
    return Condition(
        expr=f"(\n    sum(rate({failed}))\n  /\n    (sum(rate({every})) > 0)\n) > {number(limit)}\n"
        f"and\n  sum(increase({failed})) > {_guard_limit(alert)}",
        window=window,
        comment=f"More than {percentage(limit)} of the requests in {window} were answered with 5xx, "
        f"and at least {_min_events(alert)} were.",
        summary=f"{service.name}: more than {percentage(limit)} of requests fail",
        description_template="{{ $value | humanizePercentage }} of requests failed "
        f"in the last {window} (limit {percentage(limit)}).",
        next_query=f"topk(5, sum by ({http.route}, {http.status}) (rate({failed})))",
    )


def _latency_quantile(alert: Alert, service: Service, stack: Stack, per_second: int) -> Condition:
    window, bound = window_of(alert, stack), alert.threshold or Decimal(0)
    metric, quantile = alert.metric or "", alert.quantile or Decimal("0.95")
    http = service.http
    own = () if metric != http.duration else http.answered
    scope: Matchers = [*([] if alert.external else _of(service)), *own]
    all_of = selector(f"{metric}_count", scope, range=str(window))
    within = selector(
        f"{metric}_bucket",
        [
            *scope,
            bucket_matcher(bound * per_second, external=alert.external or (bool(own) and not http.is_ours)),
        ],
        range=str(window),
    )
    buckets = selector(f"{metric}_bucket", scope, range=str(window))
    named, shown = f"p{number(quantile * 100)}", _seconds(bound)
    now = _current(quantile, buckets, per_second)
    shown_now = f"{{{{ with query `{now}` }}}}{{{{ . | first | value | humanizeDuration }}}}{{{{ end }}}}"
    what = "responses" if own else "observations"
    return Condition(
        expr=f"(\n    1\n  -\n    sum(rate({within}))\n  /\n    (sum(rate({all_of})) > 0)\n) > {number(1 - quantile)}\n"
        f"and\n    sum(increase({all_of}))\n  -\n    sum(increase({within})) > {_guard_limit(alert)}",
        window=window,
        comment=f"{named} of {metric} is over {shown}: more than {percentage(1 - quantile)} "
        f"of the {what} in {window} took longer.",
        summary=f"{service.name}: {named} of {metric} is over {shown}",
        description_template=f"{{{{ $value | humanizePercentage }}}} of {what} took longer than {shown}; {named} is {shown_now}.",
        next_query=now if not own else now.replace("by (le)", f"by (le, {http.route})"),
    )


def _current(quantile: Decimal, buckets: str, per_second: int) -> str:
    """Return the quantile now, in seconds, whatever the histogram measures in."""
    now = f"histogram_quantile({number(quantile)}, sum by (le) (rate({buckets})))"
    return now if per_second == 1 else f"{now} / {per_second}"


def _seconds(bound: Decimal) -> str:
    return str(Duration(int(bound * 1000))) if bound * 1000 == int(bound * 1000) else f"{number(bound)}s"


def _saturation(alert: Alert, service: Service, stack: Stack) -> Condition:
    used_name, limit_name, what = RESOURCES[alert.resource or "memory"]
    limit, is_cpu = alert.threshold or Decimal(0), alert.resource == "cpu"
    window = window_of(alert, stack) if is_cpu else None
    used = (
        f"rate({selector(used_name, _of(service), range=str(window))})"
        if is_cpu
        else selector(used_name, _of(service))
    )
    share = f"max by (instance) (\n    {used}\n  /\n    ({selector(limit_name, _of(service))} > 0)\n)"
    return Condition(
        expr=f"{share} > {number(limit)}",
        window=window,
        comment=f"An instance uses more than {percentage(limit)} of its limit of {what}.",
        summary=f"{service.name}: more than {percentage(limit)} of {what} in use",
        description_template="{{ $labels.instance }} uses {{ $value | humanizePercentage }} "
        f"of its {what} (limit {percentage(limit)}).",
        next_query=" ".join(share.split()),
    )


def _gauge(alert: Alert, service: Service) -> Condition:
    below = alert.preset == "gauge_below"
    aggregate = alert.aggregate or ("min" if below else "max")
    gauge = selector(alert.metric or "", [] if alert.external else _of(service))
    limit, sign = number(alert.threshold or Decimal(0)), "<" if below else ">"
    side = "below" if below else "above"
    return Condition(
        expr=f"{aggregate}({gauge}) {sign} {limit}",
        window=None,
        comment=f"The {aggregate} of {alert.metric} over all instances is {side} {limit}.",
        summary=f"{service.name}: {alert.metric} is {side} {limit}",
        description_template=f"{alert.metric} is {{{{ $value | humanize }}}} (limit {limit}).",
        next_query=gauge,
    )


def _health_failing(service: Service) -> Condition:
    states = selector("health_state", _of(service))
    failing = selector("health_state", _of(service, ("state", "=", "error")))
    return Condition(
        expr=f"max by (check) ({failing}) > 0",
        window=None,
        comment="A health check is in the state error on at least one instance.",
        summary=f"{service.name}: a health check fails",
        description_template="The health check {{ $labels.check }} fails.",
        next_query=f"{states} > 0",
    )


def _replicas_below(alert: Alert, service: Service) -> Condition:
    up, limit = selector("up", _of(service)), number(alert.threshold or Decimal(0))
    return Condition(
        expr=f"count({up} == 1) < {limit}",
        window=None,
        comment=f"Some targets of the service answer, but fewer than {limit}; service_down reports that none does.",
        summary=f"{service.name}: fewer than {limit} replicas answer",
        description_template=f"{{{{ $value }}}} targets of {service.name} answer, {limit} are needed.",
        next_query=up,
    )


def _metric_conflict(service: Service) -> Condition:
    conflicts = selector(contract.METRIC_CONFLICTS, _of(service))
    return Condition(
        expr=f"max by (metric) ({conflicts}) > 0",
        window=None,
        comment="The middleware does not expose a metric, because something else in the process registered its name: "
        "objectives and alerts read the other one.",
        summary=f"{service.name}: the name of a metric is taken",
        description_template="The middleware does not expose {{ $labels.metric }}: the service registered that name itself. "
        "Objectives and alerts on it cannot be trusted until the other metric is renamed.",
        next_query=conflicts,
        impact="The service still answers, but objectives and alerts on the metric show something else: they may stay silent "
        "while requests fail.",
        mitigation="Rename the other metric: search the service's code, and the libraries that it uses, for the name in the "
        "label metric. If the service counts requests itself, remove that code. The service must be started again.",
    )
