"""What an SLO counts, as PromQL: bad and total events a second over the base window, each one value without labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from backend_instrumentation import contract
from backend_instrumentation.contract import HTTP_DURATION, HTTP_REQUESTS
from watchkeeper import naming, promql_tree
from watchkeeper.emit.promql import number, selector
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.slo import Slo
from watchkeeper.plan.service_matcher import family_of, foreign_names, with_service
from watchkeeper.plan.slo.base_window import Base
from watchkeeper.plan.slo.counters import increases

Matchers = tuple[tuple[str, str, str], ...]
FAILED = ("status_code", "=~", "5..")
ANSWERED = ("status_code", "!~", "5..")


@dataclass(frozen=True, slots=True)
class Indicator:
    """The two numbers of an SLI. `total` and `bad` are PromQL in events a second; `bad` may read the recorded total.

    `counted` selects what the total is made of. `is_preinitialized` says whether its series exist before the first event, so
    that their absence means something. `unit` is what an event is called, in the plural; `seconds` for indicators
    that measure time, whose total is 1 a second.
    """

    total: str
    bad: str
    counted: str
    is_preinitialized: bool
    unit: str

    @property
    def is_time(self) -> bool:
        """Return whether bad seconds are counted, and not events."""
        return self.unit == "seconds"


def indicator_of(slo: Slo, service: Service, base: Base) -> Indicator:
    """Return the numbers of one SLO's indicator."""
    total_now = (
        f"max({selector(naming.TOTAL_BASE, (('slo_id', '=', naming.slo_id(service.name, slo.name)),))})"
    )
    return _KINDS[slo.sli.kind](_Context(slo, service, base, total_now))


@dataclass(frozen=True, slots=True)
class _Context:
    """What every kind needs; `total_now` reads the total that the rule before has just recorded."""

    slo: Slo
    service: Service
    base: Base
    total_now: str

    @property
    def reach(self) -> str:
        return str(self.base.reach)

    @property
    def span(self) -> str:
        return number(self.base.reach.seconds)

    def scope(self, *further: tuple[str, str, str], metric: Metric | None = None) -> Matchers:
        external = self.slo.sli.external or (metric is not None and metric.external)
        return further if external else (("service", "=", self.service.name), *further)

    def summed(self, name: str, matchers: Matchers) -> str:
        return f"sum(increase({selector(name, matchers, range=self.reach)}))"

    def none_if_absent(self, value: str) -> str:
        """Return the value, or 0 where it has no series while the total has."""
        return f"({value} or 0 * {self.total_now})"


def _availability(at: _Context) -> Indicator:
    failed = at.none_if_absent(at.summed(HTTP_REQUESTS, at.scope(FAILED)))
    return Indicator(
        total=f"{at.summed(HTTP_REQUESTS, at.scope())} / {at.span}",
        bad=f"{failed} / {at.span}",
        counted=selector(HTTP_REQUESTS, at.scope()),
        is_preinitialized=not at.slo.sli.external,
        unit="requests",
    )


def _latency(at: _Context) -> Indicator:
    histogram, threshold = histogram_of(at.slo), at.slo.sli.threshold
    assert threshold is not None
    metric = next((one for one in at.service.metrics if one.name == histogram), None)
    external = at.slo.sli.external or (metric is not None and metric.external)
    is_http = histogram == HTTP_DURATION
    scope = () if external else (("service", "=", at.service.name),)
    scope = (*scope, ANSWERED) if is_http else scope
    if metric is not None and metric.native:
        return _native(at, histogram, scope, threshold.seconds)
    within = selector_of_bucket(histogram, scope, threshold.seconds, external=external, range=at.reach)
    return Indicator(
        total=f"{at.summed(f'{histogram}_count', scope)} / {at.span}",
        # Never negative: good and total are extrapolated each on its own. Nothing stands in for a good that is not
        # there: after a restart of Prometheus the recorded total may be an old one, and all of it would be bad.
        bad=f"clamp_min({at.total_now} - sum(increase({within})) / {at.span}, 0)",
        counted=selector(f"{histogram}_count", scope),
        is_preinitialized=not external and _all_preinitialized(f"{histogram}_count", at.service),
        unit="requests" if is_http else "observations",
    )


def histogram_of(slo: Slo) -> str:
    """Return the histogram that a latency objective reads."""
    return HTTP_DURATION if slo.sli.family == "http" else slo.sli.family or ""


def _native(at: _Context, histogram: str, scope: Matchers, threshold: Decimal) -> Indicator:
    window = f"sum(increase({selector(histogram, scope, range=at.reach)}))"
    slow = f"(1 - histogram_fraction(0, {number(threshold)}, {window})) * {at.total_now}"
    return Indicator(
        total=f"histogram_count({window}) / {at.span}",
        # An empty histogram has no fractions: the comparison drops its NaN, and nothing was slow.
        bad=f"({slow} >= 0 or 0 * {at.total_now})",
        counted=selector(histogram, scope),
        is_preinitialized=False,
        unit="observations",
    )


def selector_of_bucket(
    name: str,
    scope: Matchers,
    bound: Decimal,
    *,
    external: bool,
    range: str | None = None,  # noqa: A002
) -> str:
    """Return the selector of the bucket that ends at a bound.

    Prometheus 3 stores 1.0 where 2.x stored what the exporter wrote, so buckets of others are matched in both ways.
    """
    text = contract.le(float(bound))
    bare = text.removesuffix(".0")
    own = ("le", "=~", rf"{bare}|{bare}\.0") if external and bare != text else ("le", "=", text)
    return selector(f"{name}_bucket", (*scope, own), range=range)


def _events(at: _Context) -> Indicator:
    sli = at.slo.sli
    assert sli.total is not None
    foreign = foreign_names(at.service, external=sli.external)

    def counted(query: str, absent: str | None) -> str:
        return increases(query, at.service.name, at.reach, is_foreign=foreign, absent=absent)

    total = counted(sli.total, None)
    if sli.bad:
        bad = f"{counted(sli.bad, f'0 * {at.total_now}')} / {at.span}"
    else:
        # 0 of the counters themselves where nothing was good: after a restart the recorded total may be an old one.
        good = counted(sli.good or "", f"0 * {total}")
        bad = f"clamp_min({at.total_now} - {good} / {at.span}, 0)"
    return Indicator(
        total=f"{total} / {at.span}",
        bad=bad,
        counted=with_service(sli.total, at.service.name, is_foreign=foreign),
        is_preinitialized=not sli.external and _all_preinitialized(sli.total, at.service),
        unit="events",
    )


def _gauge(at: _Context) -> Indicator:
    """A gauge that is 1 while healthy, or one that is the error ratio itself: seconds are counted."""
    query = at.slo.sli.query or ""
    foreign = foreign_names(at.service, external=at.slo.sli.external)
    placed = with_service(query, at.service.name, is_foreign=foreign)
    mean = f"avg(avg_over_time({placed}[{at.base.window}]))" if is_selector(query) else f"avg({placed})"
    # A comparison drops NaN, which would poison every window that holds it.
    bad = f"1 - ({mean} >= 0)" if at.slo.sli.kind == "boolean" else f"{mean} >= 0"
    return Indicator(
        total=f"0 * ({mean} >= 0) + 1",
        bad=f"clamp({bad}, 0, 1)",
        counted=placed,
        is_preinitialized=not at.slo.sli.external and _all_preinitialized(query, at.service),
        unit="seconds",
    )


_KINDS: dict[str, Callable[[_Context], Indicator]] = {
    "availability": _availability,
    "latency": _latency,
    "events": _events,
    "boolean": _gauge,
    "ratio": _gauge,
}


def is_selector(query: str) -> bool:
    """Return whether a query is nothing but a series selector without an offset."""
    node = promql_tree.parse(query)
    return type(node).__name__ == "VectorSelector" and node.offset is None and node.at is None


def _all_preinitialized(query: str, service: Service) -> bool:
    """Return whether everything that a query selects exists from the start."""
    declared = {metric.name: metric for metric in service.metrics}
    for name in promql_tree.metric_names(promql_tree.parse(query)):
        family = contract.family(family_of(name)) or contract.family(name)
        metric = declared.get(family_of(name)) or declared.get(name)
        if metric is not None and _is_preinitialized(metric):
            continue
        if family is None or not (family.pack == "http" or contract.initial_rows(family)):
            return False
    return True


def _is_preinitialized(metric: Metric) -> bool:
    closed = {label for label, _ in metric.values}
    return metric.type != "gauge" and not metric.external and all(label in closed for label in metric.labels)
