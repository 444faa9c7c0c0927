"""An SLO's indicator as PromQL: bad and total events a second over the base window, each one value without labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from watchkeeper import contract, naming, promql_tree
from watchkeeper.emit.promql import number, selector
from watchkeeper.exposed.histogram_bounds import histogram_of
from watchkeeper.exposed.series_labels import family_of
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.slo import Slo
from watchkeeper.plan.bucket_matcher import bucket_matcher
from watchkeeper.plan.filter_matchers import filter_matchers
from watchkeeper.plan.service_matcher import external_names, with_service
from watchkeeper.plan.slo.base_window import BaseWindow
from watchkeeper.plan.slo.counters import increases
from watchkeeper.plan.slo.split import Split, split_of

Matchers = tuple[tuple[str, str, str], ...]
_NO_ROUTE = {contract.UNMATCHED, contract.OVERFLOW}


@dataclass(frozen=True, slots=True)
class Indicator:
    """The two numbers of an SLI. `total` and `bad` are PromQL in events a second; `bad` may read the recorded total.

    `counted` selects the series of the total. `is_preinitialized` says whether they exist before the first event, so
    that their absence means something. `unit` names the events, in the plural; `seconds` for indicators that measure
    time, whose total is 1 a second. Of an objective by a label all of these are by its values, and `found` are the
    events before any values are added up.
    """

    total: str
    bad: str
    counted: str
    is_preinitialized: bool
    unit: str
    found: str = ""

    @property
    def is_time(self) -> bool:
        """Return whether bad seconds are counted, and not events."""
        return self.unit == "seconds"

    def bad_of_counters(self, recorded: str) -> str:
        """Return `bad` as PromQL that reads counters only; `recorded` is how it reads the recorded total.

        Where 0 stands for a missing series, the total decides afterwards whether there is any value.
        """
        return self.bad.replace(f"0 * {recorded}", "vector(0)").replace(recorded, f"({self.total})")


def indicator_of(
    slo: Slo, service: Service, base: BaseWindow, *, total: str = naming.TOTAL_BASE
) -> Indicator:
    """Return the numbers of one SLO's indicator; `total` is the name of the series that the total is recorded as."""
    split, make = split_of(slo.by), _KINDS[slo.sli.kind]
    slo_id = naming.slo_id(service.name, slo.name)
    grouped = "" if split is None else split.grouped
    total_now = f"max{grouped}({selector(total, (('slo_id', '=', slo_id),))})"
    context = _Context(slo, service, base, total_now, slo_id, split)
    if split is None:
        return make(context)
    # Whether there are events, and where most are, is the same of counts and of rates.
    found = make(replace(context, is_bounded=False)).total.removesuffix(f" / {context.read_seconds}")
    return replace(make(context), found=found)


@dataclass(frozen=True, slots=True)
class _Context:
    """What every kind of indicator needs; `total_now` reads the total that the previous rule has just recorded."""

    slo: Slo
    service: Service
    base: BaseWindow
    total_now: str
    slo_id: str
    split: Split | None
    is_bounded: bool = True

    @property
    def read_window(self) -> str:
        return str(self.base.read_window)

    @property
    def read_seconds(self) -> str:
        return number(self.base.read_window.seconds)

    def scope(self, *further: tuple[str, str, str], metric: Metric | None = None) -> Matchers:
        external = self.slo.sli.external or (metric is not None and metric.external)
        own = () if external else self.service.own
        return (*own, *filter_matchers(self.slo.sli), *further)

    def summed(self, name: str, matchers: Matchers) -> str:
        return self.total_of(f"increase({selector(name, matchers, range=self.read_window)})")

    def total_of(self, series: str) -> str:
        """Return the sum of series: one value, or one for each value of the objective's label."""
        if self.split is None:
            return f"sum({series})"
        summed = f"sum{self.split.grouped}({series})"
        return self.split.bounded(summed, self.slo_id) if self.is_bounded else summed

    def none_if_absent(self, value: str) -> str:
        """Return the value, or 0 where it has no series while the total has."""
        return f"({value} or 0 * {self.total_now})"


def _availability(context: _Context) -> Indicator:
    http = context.service.http_of(context.slo.sli)
    every = context.scope(*http.every)
    failed = context.none_if_absent(context.summed(http.requests, context.scope(*http.failed)))
    return Indicator(
        total=f"{context.summed(http.requests, every)} / {context.read_seconds}",
        bad=f"{failed} / {context.read_seconds}",
        counted=selector(http.requests, every),
        is_preinitialized=not context.slo.sli.external and http.is_ours and _counts_routes(context.slo),
        unit="requests",
    )


def _latency(context: _Context) -> Indicator:
    http = context.service.http_of(context.slo.sli)
    histogram, threshold = histogram_of(context.slo, context.service), context.slo.sli.threshold
    assert threshold is not None
    bound = context.service.in_unit_of(histogram, threshold.seconds)
    metric = next((one for one in context.service.metrics if one.name == histogram), None)
    external = context.slo.sli.external or (metric is not None and metric.external)
    is_http = histogram == http.duration
    scope = context.scope(*(http.answered if is_http else ()), metric=metric)
    if metric is not None and metric.native:
        return _native(context, histogram, scope, bound)
    good = context.summed(
        f"{histogram}_bucket",
        (*scope, bucket_matcher(bound, external=external or (is_http and not http.is_ours))),
    )
    return Indicator(
        total=f"{context.summed(f'{histogram}_count', scope)} / {context.read_seconds}",
        # Never negative: good and total are extrapolated separately. A missing good is not replaced by 0: after a
        # restart of Prometheus the recorded total may be an old one, and all of it would be bad.
        bad=f"clamp_min({context.total_now} - {good} / {context.read_seconds}, 0)",
        counted=selector(f"{histogram}_count", scope),
        is_preinitialized=not external
        and _counts_routes(context.slo)
        and _all_preinitialized(f"{histogram}_count", context.service),
        unit="requests" if is_http else "observations",
    )


def _counts_routes(slo: Slo) -> bool:
    """Return whether the filters select a route: only routes have series before their first request."""
    wanted = [one.values for one in slo.sli.filters if one.label == "handler" and not one.is_excluded]
    return all(not set(values) <= _NO_ROUTE for values in wanted)


def _native(context: _Context, histogram: str, scope: Matchers, bound: Decimal) -> Indicator:
    window = context.summed(histogram, scope)
    slow = f"(1 - histogram_fraction(0, {number(bound)}, {window})) * {context.total_now}"
    return Indicator(
        total=f"histogram_count({window}) / {context.read_seconds}",
        # An empty histogram has no fractions: the comparison drops its NaN, and nothing was slow.
        bad=f"({slow} >= 0 or 0 * {context.total_now})",
        counted=selector(histogram, scope),
        is_preinitialized=False,
        unit="observations",
    )


def _events(context: _Context) -> Indicator:
    sli = context.slo.sli
    assert sli.total is not None
    is_external = external_names(context.service, external=sli.external)

    def counted(query: str, absent: str | None) -> str:
        return increases(
            without_sum(query) if context.split is not None else query,
            context.service.own,
            context.read_window,
            is_external=is_external,
            absent=absent,
            total_of=context.total_of,
        )

    total = counted(sli.total, None)
    if sli.bad:
        bad = f"{counted(sli.bad, f'0 * {context.total_now}')} / {context.read_seconds}"
    else:
        # 0 times the counters themselves where nothing was good: after a restart the recorded total may be an old one.
        good = counted(sli.good or "", f"0 * {total}")
        bad = f"clamp_min({context.total_now} - {good} / {context.read_seconds}, 0)"
    return Indicator(
        total=f"{total} / {context.read_seconds}",
        bad=bad,
        counted=with_service(sli.total, context.service.own, is_external=is_external),
        is_preinitialized=not sli.external and _all_preinitialized(sli.total, context.service),
        unit="events",
    )


def without_sum(query: str) -> str:
    """Return what a query adds up, the query itself where it is no plain sum."""
    node = promql_tree.parse(query)
    while type(node).__name__ == "ParenExpr" or _is_sum(node):
        node = node.expr
    return str(node.prettify())


def _is_sum(node: Any) -> bool:
    return type(node).__name__ == "AggregateExpr" and str(node.op) == "sum" and node.modifier is None


def _gauge(context: _Context) -> Indicator:
    """Return the indicator of a gauge that is 1 while healthy, or that is the error ratio itself: it counts seconds."""
    query = context.slo.sli.query or ""
    is_external = external_names(context.service, external=context.slo.sli.external)
    placed = with_service(query, context.service.own, is_external=is_external)
    mean = f"avg(avg_over_time({placed}[{context.base.window}]))" if is_selector(query) else f"avg({placed})"
    # A comparison drops NaN, which would spoil every window that contains it.
    bad = f"1 - ({mean} >= 0)" if context.slo.sli.kind == "boolean" else f"{mean} >= 0"
    return Indicator(
        total=f"0 * ({mean} >= 0) + 1",
        bad=f"clamp({bad}, 0, 1)",
        counted=placed,
        is_preinitialized=not context.slo.sli.external and _all_preinitialized(query, context.service),
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
    """Return whether a query is only a series selector without an offset."""
    node = promql_tree.parse(query)
    return type(node).__name__ == "VectorSelector" and node.offset is None and node.at is None


def _all_preinitialized(query: str, service: Service) -> bool:
    """Return whether everything that a query selects exists from the start."""
    declared = {metric.name: metric for metric in service.metrics}
    for name in promql_tree.metric_names(promql_tree.parse(query)):
        family = service.family(family_of(name)) or service.family(name)
        metric = declared.get(family_of(name)) or declared.get(name)
        if metric is not None and _is_preinitialized(metric):
            continue
        is_of_routes = family is not None and family.pack == "http" and service.http.is_ours
        if family is None or not (is_of_routes or contract.initial_rows(family)):
            return False
    return True


def _is_preinitialized(metric: Metric) -> bool:
    closed = {label for label, _ in metric.values}
    return metric.type != "gauge" and not metric.external and all(label in closed for label in metric.labels)
