"""The expressions of the threshold presets, each with its guards against idle, NaN, absence and low traffic."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from backend_instrumentation import contract
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack

Matchers = list[tuple[str, str, str]]

_HALF = Decimal("0.5")
DEFAULT_MIN_EVENTS = 3
_LONGEST_WINDOW = Duration.parse("5m")
_FAILED = ("status_code", "=~", "5..")
_ANSWERED = ("status_code", "!~", "5..")
RESOURCES = {
    "memory": ("process_resident_memory_bytes", "process_memory_limit_bytes", "memory"),
    "cpu": ("process_cpu_seconds_total", "process_cpu_limit_cores", "CPU"),
    "file_descriptors": ("process_open_fds", "process_max_fds", "file descriptors"),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A preset made concrete: what Prometheus evaluates, and what people read and run next.

    `live` holds Prometheus template actions of ours; everything else is plain text.
    """

    expr: str
    window: Duration | None
    why: str
    summary: str
    live: str
    next_query: str


def condition(alert: Alert, service: str, stack: Stack) -> Condition:
    """Return the preset's condition for one service."""
    match alert.preset:
        case "service_down":
            return _service_down(service)
        case "error_ratio":
            return _error_ratio(alert, service, stack)
        case "latency_quantile":
            return _latency_quantile(alert, service, stack)
        case "saturation":
            return _saturation(alert, service, stack)
        case "gauge_below" | "gauge_above":
            return _gauge(alert, service)
    raise AssertionError(f"{alert.name} is no preset")


def window(alert: Alert, stack: Stack) -> Duration:
    """Return the range that a preset looks at: at most its `for` and 5m, at least four scrapes."""
    return max(min(alert.hold, _LONGEST_WINDOW), stack.least_window)


def percent(ratio: Decimal) -> str:
    """Return a ratio as people write percentages: 0.05 is 5%."""
    return f"{number(ratio * 100)}%"


def _of(service: str, *further: tuple[str, str, str]) -> Matchers:
    return [("service", "=", service), *further]


def _service_down(service: str) -> Condition:
    up = selector("up", _of(service))
    return Condition(
        expr=f"absent({up} == 1)",
        window=None,
        why="No target of the service answers its scrapes; targets that vanish from discovery count as down too.",
        summary=f"{service} is down",
        live=f"No target of {service} answers.",
        next_query=up,
    )


def _gate(alert: Alert) -> str:
    # Half an event under the limit, because increase() extrapolates and three events may read 2.9.
    return number(Decimal(alert.min_events or DEFAULT_MIN_EVENTS) - _HALF)


def _error_ratio(alert: Alert, service: str, stack: Stack) -> Condition:
    span, limit = window(alert, stack), alert.threshold or Decimal(0)
    failed = selector(contract.HTTP_REQUESTS, _of(service, _FAILED), range=str(span))
    every = selector(contract.HTTP_REQUESTS, _of(service), range=str(span))
    return Condition(
        expr=f"(\n    sum(rate({failed}))\n  /\n    (sum(rate({every})) > 0)\n) > {number(limit)}\n"
        f"and\n  sum(increase({failed})) > {_gate(alert)}",
        window=span,
        why=f"More than {percent(limit)} of the requests of {span} were answered 5xx, and not by one or two alone.",
        summary=f"{service}: more than {percent(limit)} of requests fail",
        live=f"{{{{ $value | humanizePercentage }}}} of requests failed in the last {span} (limit {percent(limit)}).",
        next_query=f"topk(5, sum by (handler, status_code) (rate({failed})))",
    )


def _latency_quantile(alert: Alert, service: str, stack: Stack) -> Condition:
    span, bound = window(alert, stack), alert.threshold or Decimal(0)
    metric, quantile = alert.metric or "", alert.quantile or Decimal("0.95")
    own = () if metric != contract.HTTP_DURATION else (_ANSWERED,)
    scope: Matchers = [*([] if alert.external else _of(service)), *own]
    all_of = selector(f"{metric}_count", scope, range=str(span))
    within = selector(f"{metric}_bucket", [*scope, _le(bound, alert)], range=str(span))
    buckets = selector(f"{metric}_bucket", scope, range=str(span))
    named, shown = f"p{number(quantile * 100)}", _seconds(bound)
    now = f"histogram_quantile({number(quantile)}, sum by (le) (rate({buckets})))"
    shown_now = f"{{{{ with query `{now}` }}}}{{{{ . | first | value | humanizeDuration }}}}{{{{ end }}}}"
    what = "responses" if own else "observations"
    return Condition(
        expr=f"(\n    1\n  -\n    sum(rate({within}))\n  /\n    (sum(rate({all_of})) > 0)\n) > {number(1 - quantile)}\n"
        f"and\n    sum(increase({all_of}))\n  -\n    sum(increase({within})) > {_gate(alert)}",
        window=span,
        why=f"{named} of {metric} is over {shown}: exactly, more than {percent(1 - quantile)} "
        f"of the {what} of {span} took longer.",
        summary=f"{service}: {named} of {metric} is over {shown}",
        live=f"{{{{ $value | humanizePercentage }}}} of {what} took longer than {shown}; {named} is {shown_now}.",
        next_query=now if not own else now.replace("by (le)", "by (le, handler)"),
    )


def _le(bound: Decimal, alert: Alert) -> tuple[str, str, str]:
    text = contract.le(float(bound))
    if not alert.external:
        return ("le", "=", text)
    # Prometheus 3 stores 1.0 where 2.x stored what the exporter wrote.
    bare = text.removesuffix(".0")
    return ("le", "=~", rf"{bare}|{bare}\.0" if bare != text else text.replace(".", r"\."))


def _seconds(bound: Decimal) -> str:
    return str(Duration(int(bound * 1000))) if bound * 1000 == int(bound * 1000) else f"{number(bound)}s"


def _saturation(alert: Alert, service: str, stack: Stack) -> Condition:
    used_name, limit_name, what = RESOURCES[alert.resource or "memory"]
    limit, is_cpu = alert.threshold or Decimal(0), alert.resource == "cpu"
    span = window(alert, stack) if is_cpu else None
    used = (
        f"rate({selector(used_name, _of(service), range=str(span))})"
        if is_cpu
        else selector(used_name, _of(service))
    )
    share = f"max by (instance) (\n    {used}\n  /\n    ({selector(limit_name, _of(service))} > 0)\n)"
    return Condition(
        expr=f"{share} > {number(limit)}",
        window=span,
        why=f"An instance uses more than {percent(limit)} of the {what} that it may use.",
        summary=f"{service}: {what} over {percent(limit)}",
        live=f"{{{{ $labels.instance }}}} uses {{{{ $value | humanizePercentage }}}} of its {what} (limit {percent(limit)}).",
        next_query=" ".join(share.split()),
    )


def _gauge(alert: Alert, service: str) -> Condition:
    below = alert.preset == "gauge_below"
    aggregate = alert.aggregate or ("min" if below else "max")
    gauge = selector(alert.metric or "", [] if alert.external else _of(service))
    limit, sign = number(alert.threshold or Decimal(0)), "<" if below else ">"
    side = "below" if below else "above"
    return Condition(
        expr=f"{aggregate}({gauge}) {sign} {limit}",
        window=None,
        why=f"The {aggregate} of {alert.metric} over all instances is {side} {limit}.",
        summary=f"{service}: {alert.metric} {side} {limit}",
        live=f"{alert.metric} is {{{{ $value | humanize }}}} (limit {limit}).",
        next_query=gauge,
    )
