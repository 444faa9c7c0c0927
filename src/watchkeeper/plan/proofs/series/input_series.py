"""The input series of an SLO's rules, and the decoys that must not influence them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import chain, islice

from backend_instrumentation import contract
from backend_instrumentation.contract import HTTP_DURATION, HTTP_REQUESTS
from watchkeeper import naming, promql_tree
from watchkeeper.emit.promql import selector
from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.series.native_series import native_series
from watchkeeper.plan.proofs.series.pattern import is_read_alike, matching
from watchkeeper.plan.proofs.series.samples import FIRST, SECOND, Series, on_two_targets
from watchkeeper.plan.service_matcher import family_of, foreign_names
from watchkeeper.plan.slo.indicator import histogram_of, is_selector
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recordings import BURN_WINDOWS, SloParameters

Labels = dict[str, str]
DECOY_SERVICE = "watchkeeper-neighbour"
_DECOY_VALUES = {
    **dict.fromkeys((naming.TOTAL_BASE, naming.BAD_BASE, naming.TOTAL_TILE, naming.BAD_TILE), "5000"),
    # More than any scenario counts.
    naming.bad_events_tile("").rstrip(":"): "1000000000000",
    naming.REMAINING: "1",
    **{naming.burn_rate(str(window)): "99" for window in BURN_WINDOWS},
}
_MOST_TRIED = 5_000
_ROUTE = {"handler": "/proof", "method": "GET"}


class Unprovable(Exception):
    """No series can be derived for an indicator; the message says why."""


def input_series(slo: PlannedSlo, service: Service) -> tuple[Series, ...]:
    """Return the input series of the SLO's rules; raise Unprovable where none can be derived."""
    up = Series(series_text("up", placed({}, service.name)), "up")
    return (up, *on_two_targets(_KINDS[slo.spec.sli.kind](slo, service)))


def decoys(slo: PlannedSlo, fed: tuple[Series, ...]) -> tuple[Series, ...]:
    """Return similar series of another service, all of them bad, and a target of the service itself that never answers:
    none may change a result."""
    firsts = () if slo.spec.sli.external else tuple(one for one in fed if SECOND not in one.text)
    raw = tuple(_of_decoy_service(one) for one in firsts if one.vanishes_with_metric)
    broken = Series(fed[0].text.replace(FIRST, SECOND), "constant", value="0")
    other = f'{{service="{DECOY_SERVICE}",slo="{slo.name}",slo_id="{naming.slo_id(DECOY_SERVICE, slo.name)}",team="others"}}'
    recorded = (*read_again(slo.parameters), naming.TOTAL_TILE, naming.BAD_TILE)
    ours = (Series(name + other, "constant", value=_decoy_value(name)) for name in recorded)
    theirs = Series(series_text("up", placed({}, DECOY_SERVICE)), "constant", value="1")
    return (broken, theirs, *(one for one in raw if one is not None), *ours)


def _decoy_value(name: str) -> str:
    """Return a decoy's value: an error ratio, and for counts a large number."""
    return _DECOY_VALUES.get(name, _DECOY_VALUES.get(name.rpartition(":")[0], "0.9"))


def read_again(parameters: SloParameters) -> tuple[str, ...]:
    """Return the recorded series, but for the tiles, that an SLO's rules read."""
    recorded = [naming.TOTAL_BASE, naming.BAD_BASE, naming.REMAINING]
    recorded += [naming.error_ratio(str(window)) for window in parameters.windows]
    recorded += [naming.burn_rate(str(window)) for window in BURN_WINDOWS]
    for window in map(str, parameters.rollup_windows):
        recorded += [naming.error_ratio_tile(window), naming.bad_events_tile(window)]
    return tuple(recorded)


def series_text(name: str, labels: Labels) -> str:
    """Return a series in promtool's notation."""
    return selector(
        name, [(label, "=", value) for label, value in sorted(labels.items()) if label != "__name__"]
    )


def _of_decoy_service(one: Series) -> Series | None:
    mark = 'service="'
    if mark not in one.text:
        return None
    text = re.sub(r'service="(?:[^"\\]|\\.)*"', f'service="{DECOY_SERVICE}"', one.text)
    return Series(text, "counter" if one.kind == "counter" else "constant", good=0, bad=0, value="0.5")


def placed(labels: Labels, service: str | None) -> Labels:
    """Return labels with those that a scrape adds; without a service for external metrics."""
    own = {"instance": FIRST, "job": service or "elsewhere"}
    return {**own, **({"service": service} if service else {}), **labels}


def request_series(service: str | None) -> Iterator[Series]:
    """Yield the request counters of one route: answered requests and failed ones."""
    where = placed(_ROUTE, service)
    yield Series(series_text(HTTP_REQUESTS, {**where, "status_code": "200"}), "counter", good=1)
    yield Series(series_text(HTTP_REQUESTS, {**where, "status_code": "503"}), "counter", bad=1)


def histogram_series(name: str, threshold: Decimal, service: Service, own: str | None) -> Iterator[Series]:
    """Yield a histogram's count and two buckets, one of which ends at the threshold; slower events are bad.

    Besides the answered requests there are failed ones: twice as many, and all of them fast.
    """
    metric = next((one for one in service.metrics if one.name == name), None)
    where = placed(_labels_of(name, metric.labels if metric else ()), own)
    answers = (
        [({"status_code": "200"}, 0, 1), ({"status_code": "503"}, 1, 2)]
        if name == HTTP_DURATION
        else [({}, 0, 1)]
    )
    for further, fast, times in answers:
        share = Decimal(times)
        labels = {**where, **further}
        yield Series(series_text(f"{name}_count", labels), "counter", good=1, bad=1, share=share)
        for bound, bad in ((threshold, fast), (threshold * 2, 1)):
            le = contract.le(float(bound))
            bucket = series_text(f"{name}_bucket", {**labels, "le": le})
            yield Series(bucket, "counter", good=1, bad=bad, share=share)


def _availability(slo: PlannedSlo, service: Service) -> Iterator[Series]:
    return request_series(None if slo.spec.sli.external else service.name)


def _latency(slo: PlannedSlo, service: Service) -> Iterator[Series]:
    name, threshold = histogram_of(slo.spec), slo.spec.sli.threshold
    assert threshold is not None
    metric = next((one for one in service.metrics if one.name == name), None)
    if metric is not None and metric.native:
        where = placed(_labels_of(name, metric.labels), None)
        return iter((native_series(series_text(name, where), threshold.seconds),))
    external = slo.spec.sli.external or (metric is not None and metric.external)
    return histogram_series(name, threshold.seconds, service, None if external else service.name)


def _labels_of(name: str, declared: tuple[str, ...]) -> Labels:
    if name == HTTP_DURATION:
        return dict(_ROUTE)
    family = contract.family(name)
    closed = dict(family.allowed) if family else {}
    return {label: closed.get(label, ("proof",))[0] for label in (family.labels if family else declared)}


def _events(slo: PlannedSlo, service: Service) -> Iterator[Series]:
    sli = slo.spec.sli
    part, whole = sli.bad or sli.good or "", sli.total or ""
    inside = _from_first(part, service, slo, avoid=None)
    outside = _from_first(whole, service, slo, avoid=part)
    good, bad = (0, 1) if sli.bad else (1, 0)
    counted = any(_matches(node, inside[0], inside[1]) for node in _nodes(whole))
    if counted:
        yield Series(_text(inside), "counter", good=good, bad=bad)
        yield Series(_text(outside), "counter", good=bad, bad=good)
        return
    yield Series(_text(inside), "counter", good=good, bad=bad)
    yield Series(_text(outside), "counter", good=1, bad=1)


def _nodes(query: str) -> list[object]:
    tree = promql_tree.parse(query)
    return sorted(promql_tree.selectors(tree), key=lambda node: query.find(promql_tree.metric_name(node)))


def _text(found: tuple[str, Labels]) -> str:
    return series_text(*found)


def _from_first(query: str, service: Service, slo: PlannedSlo, *, avoid: str | None) -> tuple[str, Labels]:
    """Return a series that the query's first selector matches, and none of `avoid`'s."""
    _refuse_arithmetic(query)
    node = _nodes(query)[0]
    name = promql_tree.metric_name(node)
    if not name:
        raise Unprovable("a selector without a metric name can select any metric")
    is_foreign = foreign_names(service, external=slo.spec.sli.external)(name)
    unwanted = _nodes(avoid) if avoid is not None else []
    base = placed({}, None if is_foreign else service.name)
    candidates = _candidates(name, service, promql_tree.matchers(node), unwanted)
    for candidate in islice(candidates, _MOST_TRIED):
        labels = {**base, **{k: v for k, v in candidate.items() if v}}
        if _matches(node, name, labels) and not any(_matches(other, name, labels) for other in unwanted):
            return name, labels
    raise Unprovable(
        f"no labels were found that {query} selects" + (f" and {avoid} does not" if avoid else "")
    )


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


def _candidates(
    name: str, service: Service, matchers: list[tuple[str, str, str]], unwanted: list[object]
) -> Iterator[Labels]:
    """Yield label sets to try: first the values that the contract or the spec declares, then invented ones."""
    family = contract.family(family_of(name)) or contract.family(name)
    metric = next((one for one in service.metrics if one.name in (name, family_of(name))), None)
    closed = dict(family.allowed) if family else dict(metric.values) if metric else {}
    names = list(family.labels if family else metric.labels if metric else ())
    others = [m for node in unwanted for m in promql_tree.matchers(node)]
    wanted = [label for label, _, _ in (*matchers, *others) if label not in ("__name__", "service")]
    labels = list(dict.fromkeys((*names, *wanted)))
    options = [_options(label, closed.get(label, ()), matchers, others) for label in labels]
    for row in family.rows if family else ():
        yield dict(zip(family.labels if family else (), row, strict=True))
    yield from _combinations(labels, options)


def _combinations(labels: list[str], options: list[list[str]]) -> Iterator[Labels]:
    if not labels:
        yield {}
        return
    for value in options[0]:
        for rest in _combinations(labels[1:], options[1:]):
            yield {labels[0]: value, **rest}


def _options(
    label: str, known: Iterable[str], matchers: list[tuple[str, str, str]], others: list[tuple[str, str, str]]
) -> list[str]:
    made = (
        matching(value) if op in ("=~", "!~") else value
        for name, op, value in chain(matchers, others)
        if name == label
    )
    tried = [value for value in (*known, *made, "proof", "") if value is not None]
    return list(dict.fromkeys(tried))[:8]


def _matches(node: object, name: str, labels: Labels) -> bool:
    if promql_tree.metric_name(node) != name:
        return False
    for label, op, value in promql_tree.matchers(node):
        if label == "__name__":
            continue
        if op.endswith("~") and not is_read_alike(value):
            raise Unprovable(f"only Prometheus knows what {label}{op}{value} selects")
        has = labels.get(label, "")
        is_equal = has == value if op in ("=", "!=") else re.fullmatch(value, has) is not None
        if is_equal == op.startswith("!"):
            return False
    return True


def _gauge(slo: PlannedSlo, service: Service) -> Iterator[Series]:
    query = slo.spec.sli.query or ""
    tree = promql_tree.parse(query)
    if not is_selector(query) and type(tree).__name__ != "AggregateExpr":
        raise Unprovable(f"what {query} computes from its series is unknown")
    found = _from_first(query, service, slo, avoid=None)
    good, bad = (1, 0) if slo.spec.sli.kind == "boolean" else (0, 1)
    yield Series(_text(found), "gauge", good=good, bad=bad)


_KINDS = {
    "availability": _availability,
    "latency": _latency,
    "events": _events,
    "boolean": _gauge,
    "ratio": _gauge,
}
