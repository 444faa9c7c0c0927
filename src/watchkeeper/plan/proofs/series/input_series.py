"""The input series of an SLO's rules."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper import contract, promql_tree
from watchkeeper.emit.promql import matcher, selector
from watchkeeper.exposed.histogram_bounds import bounds_of, histogram_of
from watchkeeper.exposed.series_labels import series_labels
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.series.chosen_labels import (
    ChosenSeries,
    Labels,
    Unprovable,
    choose_series,
    selects,
)
from watchkeeper.plan.proofs.series.native_series import native_series
from watchkeeper.plan.proofs.series.samples import FIRST, Series, on_two_targets
from watchkeeper.plan.service_matcher import external_names
from watchkeeper.plan.slo.indicator import is_selector
from watchkeeper.plan.slo.planned_slo import PlannedSlo

# Series, and what they assume.
Fed = tuple[tuple[Series, ...], tuple[str, ...]]
_HALF = Decimal("0.5")


def fed_series(slo: PlannedSlo, service: Service) -> Fed:
    """Return the input series of the SLO's rules, and what they assume: labels whose values nobody declares.

    Raise Unprovable where no series can be derived.
    """
    up = Series(series_text("up", placed({}, service)), "up")
    found, assumed = _KINDS[slo.spec.sli.kind](slo, service)
    return (up, *on_two_targets(found)), tuple(dict.fromkeys(assumed))


def series_text(name: str, labels: Labels) -> str:
    """Return a series in promtool's notation."""
    return selector(
        name, [(label, "=", value) for label, value in sorted(labels.items()) if label != "__name__"]
    )


def placed(labels: Labels, service: Service | None) -> Labels:
    """Return labels with those that a scrape adds; without a service for external metrics."""
    if service is None:
        return {"instance": FIRST, "job": "elsewhere", **labels}
    return {"instance": FIRST, "job": service.name, **dict(service.own_labels), **labels}


def request_series(service: Service, own: Service | None) -> Iterator[Series]:
    """Yield the request counters of one route: answered requests and failed ones, half of these without a status
    where the dialect has such series.
    """
    http = service.http
    where = placed(_route(http), own)
    yield Series(series_text(http.requests, {**where, http.status: "200"}), "counter", good=1)
    failed = ("503",) if http.is_ours else ("503", "")
    for code in failed:
        text = series_text(http.requests, {**where, **({http.status: code} if code else {})})
        yield Series(text, "counter", bad=1, share=Decimal(1) if len(failed) == 1 else _HALF)


def _route(http: HttpNames) -> Labels:
    return {http.route: "/proof", http.method: "GET"}


def histogram_series(
    name: str, threshold: Decimal, service: Service, own: Service | None
) -> Iterator[Series]:
    """Yield a histogram's count and two buckets, one of which ends at the threshold; slower events are bad.

    Besides the answered requests there are failed ones: twice as many, and all of them fast.
    """
    where = placed(first_labels(name, service, external=own is None), own)
    http = service.http
    is_http = name == http.duration
    answers: list[tuple[Labels, int, int]] = [({http.status: "200"} if is_http else {}, 0, 1)]
    if is_http:
        answers.append(({http.status: "503"}, 1, 2))
    if is_http and not http.is_ours:
        answers.append(({}, 1, 2))
    bound = service.in_unit_of(name, threshold)
    above = next((one for one in bounds_of(name, service) or () if one > bound), Decimal("Infinity"))
    for further, fast, times in answers:
        share = Decimal(times)
        labels = {**where, **further}
        yield Series(series_text(f"{name}_count", labels), "counter", good=1, bad=1, share=share)
        for end, bad in ((bound, fast), (above, 1)):
            le = contract.le(float(end))
            bucket = series_text(f"{name}_bucket", {**labels, "le": le})
            yield Series(bucket, "counter", good=1, bad=bad, share=share)


def first_labels(name: str, service: Service, *, external: bool) -> Labels:
    """Return labels that a series of the family can have."""
    if name == service.http.duration:
        return _route(service.http)
    known = series_labels(name, service, external=external)
    given = {label: known.closed.get(label, ("proof",))[0] for label in known.names}
    return {**given, **known.rows[0]} if known.rows else given


def _availability(slo: PlannedSlo, service: Service) -> Fed:
    external = slo.spec.sli.external
    http = service.http
    assumed = (f"{http.requests} with {matcher(*http.failed[0])}",) if external else ()
    return tuple(request_series(service, None if external else service)), assumed


def _latency(slo: PlannedSlo, service: Service) -> Fed:
    name, threshold = histogram_of(slo.spec, service), slo.spec.sli.threshold
    assert threshold is not None
    metric = next((one for one in service.metrics if one.name == name), None)
    if metric is not None and metric.native:
        where = placed(first_labels(name, service, external=True), None)
        return (native_series(series_text(name, where), service.in_unit_of(name, threshold.seconds)),), ()
    external = slo.spec.sli.external or (metric is not None and metric.external)
    return tuple(histogram_series(name, threshold.seconds, service, None if external else service)), ()


def _events(slo: PlannedSlo, service: Service) -> Fed:
    sli = slo.spec.sli
    part, whole = sli.bad or sli.good or "", sli.total or ""
    inside = _from_first(part, service, slo, avoid=None)
    outside = _from_first(whole, service, slo, avoid=part)
    good, bad = (0, 1) if sli.bad else (1, 0)
    counted = any(selects(node, inside.name, inside.labels) for node in _nodes(whole))
    # Where the total counts the part too, the other series is the rest of it.
    rest = (bad, good) if counted else (1, 1)
    found = (
        Series(_text(inside), "counter", good=good, bad=bad),
        Series(_text(outside), "counter", good=rest[0], bad=rest[1]),
    )
    return found, (*inside.assumed, *outside.assumed)


def _nodes(query: str) -> list[object]:
    tree = promql_tree.parse(query)
    return sorted(promql_tree.selectors(tree), key=lambda node: query.find(promql_tree.metric_name(node)))


def _text(found: ChosenSeries) -> str:
    return series_text(found.name, found.labels)


def _from_first(query: str, service: Service, slo: PlannedSlo, *, avoid: str | None) -> ChosenSeries:
    """Return a series that the query's first selector matches, and none of `avoid`'s."""
    _refuse_arithmetic(query)
    node = _nodes(query)[0]
    name = promql_tree.metric_name(node)
    if not name:
        raise Unprovable("a selector without a metric name can select any metric")
    is_external = external_names(service, external=slo.spec.sli.external)(name)
    base = placed({}, None if is_external else service)
    unwanted = _nodes(avoid) if avoid is not None else []
    found = choose_series(node, unwanted, service, base, external=is_external)
    if found is None:
        further = f" and {avoid} does not" if avoid else ""
        raise Unprovable(f"{service.name} can expose no series that {query} selects{further}")
    return found


def _refuse_arithmetic(query: str) -> None:
    tree = promql_tree.parse(query)
    pending = [tree]
    while pending:
        node = pending.pop()
        kind = type(node).__name__
        if kind == "BinaryExpr" and str(node.op) not in ("+", "or"):
            raise Unprovable(f"how the parts of {query} change together is unknown")
        if kind in ("Call", "MatrixSelector", "SubqueryExpr", "UnaryExpr"):
            raise Unprovable(f"what {query} computes from its series is unknown")
        pending.extend(
            one for field in ("expr", "lhs", "rhs") if (one := getattr(node, field, None)) is not None
        )


def _gauge(slo: PlannedSlo, service: Service) -> Fed:
    query = slo.spec.sli.query or ""
    tree = promql_tree.parse(query)
    if not is_selector(query) and type(tree).__name__ != "AggregateExpr":
        raise Unprovable(f"what {query} computes from its series is unknown")
    found = _from_first(query, service, slo, avoid=None)
    good, bad = (1, 0) if slo.spec.sli.kind == "boolean" else (0, 1)
    return (Series(_text(found), "gauge", good=good, bad=bad),), found.assumed


_KINDS = {
    "availability": _availability,
    "latency": _latency,
    "events": _events,
    "boolean": _gauge,
    "ratio": _gauge,
}
