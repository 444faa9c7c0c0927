"""Compare the metrics and labels that the spec refers to with those that the service can emit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.alert import Alert
from watchkeeper.model.position import Position
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.spec.formats import RESERVED_LABELS, Malformed
from watchkeeper.spec.histogram_units import unit_in_name
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.by_label_checks import by_label_problems
from watchkeeper.spec.promql.filter_checks import filter_problems
from watchkeeper.spec.promql.indicator_checks import indicator_problems
from watchkeeper.spec.promql.located_promql import Query, find_word, position_at
from watchkeeper.spec.promql.matcher_checks import matcher_problems, proof_series_problems
from watchkeeper.spec.promql.matcher_places import unclosed_quote
from watchkeeper.spec.promql.vocabulary import KnownFamily, Vocabulary, exposures, series_names

# Expression -> (line, column, message), for those with a syntax error; empty when promtool is not installed.
SyntaxErrors = Mapping[str, tuple[int, int, str]]
PromqlChecker = Callable[[Sequence[str]], SyntaxErrors]
# The key of an input series in an alert's own proof.
PROOF_SERIES = "series"


def name_problems(spec: Spec) -> Iterator[Problem]:
    """Yield the problems of metrics that presets and indicators name."""
    for service in spec.services:
        vocabulary = Vocabulary(service)
        yield from _shadowing(service, vocabulary)
        exposed = exposures(service) if service.metrics else Counter()
        for metric in service.metrics:
            if any(exposed[name] > 1 for name in series_names(metric)):
                yield from _collision(metric, service)
        for alert in service.alerts:
            if alert.preset is not None:
                yield from _preset(alert, service, vocabulary)
        for slo in service.slos:
            yield from _slo_family(slo, service, vocabulary)
            yield from filter_problems(slo, service, vocabulary)
            yield from by_label_problems(slo, service, spec, vocabulary)


def _shadowing(service: Service, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield a problem for each target label that would replace a metric's own label, which rules then miss."""
    if not service.labels:
        return
    emitted = [family for family in vocabulary.families.values() if vocabulary.is_enabled(family)]
    for name, _ in service.labels:
        family = next((one for one in emitted if name in one.labels and name not in RESERVED_LABELS), None)
        if family is not None:
            message = f"the service's label {name} would hide a label of {family.name}"
            yield Problem(service.where, "WK217", message, "choose another name")


def _collision(metric: Metric, service: Service) -> Iterator[Problem]:
    """Yield a problem when the metric exposes a series that something else exposes too."""
    family = service.family(metric.name)
    if family is not None:
        is_otel = metric.name == service.http.duration and not service.http.is_ours
        remedy = "leave it out; `http_buckets` has its bounds" if is_otel else "rename it"
        yield Problem(metric.where, "WK203", f"{metric.name} is a metric of the {family.pack} pack", remedy)
        return
    others = Vocabulary(replace(service, metrics=tuple(one for one in service.metrics if one is not metric)))
    own = Vocabulary(replace(service, metrics=(metric,)))
    taken = [
        name for name, known in own.series.items() if known.name == metric.name and name in others.series
    ]
    if taken:
        owner = others.series[taken[0]].name
        yield Problem(
            metric.where, "WK203", f"{metric.name} exposes {taken[0]}, which belongs to {owner}", "rename it"
        )


def _preset(alert: Alert, service: Service, vocabulary: Vocabulary) -> Iterator[Problem]:
    assert alert.preset is not None
    shape = PRESET_SHAPES[alert.preset]
    pack = shape.pack
    if pack is not None and pack not in service.signals:
        yield Problem(
            alert.where, "WK207", f"{alert.preset} reads the {pack} pack", f"add {pack} to `signals`"
        )
    wanted = shape.metric_type
    declared = any(metric.name == alert.metric for metric in service.metrics)
    if alert.metric is None or wanted is None or (alert.external and not declared):
        yield from _undeclared_unit(alert, wanted)
        return
    family = vocabulary.families.get(alert.metric)
    if family is None:
        remedy = vocabulary.closest(alert.metric, type_=wanted)
        yield Problem(alert.where, "WK206", f"{alert.name} reads {alert.metric}, which nothing emits", remedy)
    elif family.type != wanted:
        message = f"{alert.preset} needs a {wanted}, and {family.name} is a {family.type}"
        remedy = "write an `expr` with its rate()" if family.type == "counter" else f"name a {wanted}"
        yield Problem(alert.where, "WK209", message, remedy)
    elif not vocabulary.is_enabled(family):
        yield _not_enabled(alert.where, family)
    elif alert.preset == "latency_quantile" and family.external:
        yield from _bucket(alert.threshold, alert.threshold_where, family, service)


def _undeclared_unit(alert: Alert, wanted: str | None) -> Iterator[Problem]:
    """Yield a problem for a histogram whose name states another unit than seconds: its bounds are unknown."""
    unit = unit_in_name(alert.metric or "") if wanted == "histogram" else None
    if unit is not None:
        message = f"{alert.name} reads {alert.metric}, whose name does not say seconds"
        remedy = f"declare it under `metrics:`, with `external: true`, `unit: {unit}` and its `buckets`"
        yield Problem(alert.where, "WK206", message, remedy)


def _not_enabled(where: Position, family: KnownFamily) -> Problem:
    return Problem(
        where, "WK207", f"{family.name} belongs to the {family.pack} pack", f"add {family.pack} to `signals`"
    )


def _bucket(
    threshold: Decimal | None, where: Position, family: KnownFamily, service: Service
) -> Iterator[Problem]:
    bounds = family.buckets
    if not bounds:
        message = f"the buckets of {family.name} are unknown"
        yield Problem(where, "WK213", message, "list its finite bounds as `buckets` where it is declared")
        return
    if threshold is None:
        return
    metric = next(one for one in service.metrics if one.name == family.name)
    wanted, unit = service.in_unit_of(family.name, threshold), "" if metric.unit == "s" else f" {metric.unit}"
    if wanted not in bounds:
        close = min(bounds, key=lambda bound: abs(bound - wanted))
        message = f"{family.name} has no bucket that ends at {wanted.normalize():f}{unit}"
        remedy = f"its nearest bound is {close:f}{unit}"
        if metric.unit == "s" and threshold * 1000 in bounds:
            remedy = "if its bounds are milliseconds, add `unit: ms` where it is declared"
        yield Problem(where, "WK213", message, remedy)


def _slo_family(slo: Slo, service: Service, vocabulary: Vocabulary) -> Iterator[Problem]:
    sli = slo.sli
    if sli.family == "http":
        if "http" not in service.signals and not sli.external:
            yield Problem(sli.where, "WK207", f"{slo.name} reads the http pack", "add http to `signals`")
        return
    if sli.kind != "latency" or sli.family is None:
        return
    family = vocabulary.families.get(sli.family)
    if family is None:
        remedy = vocabulary.closest(sli.family, type_="histogram")
        yield Problem(sli.where, "WK206", f"{slo.name} reads {sli.family}, which nothing emits", remedy)
    elif family.type != "histogram":
        message = f"a latency objective needs a histogram, and {family.name} is a {family.type}"
        yield Problem(sli.where, "WK209", message, "name a histogram, or `http`")
    elif not vocabulary.is_enabled(family):
        yield _not_enabled(sli.where, family)
    elif family.external and not _is_native(family.name, service) and sli.threshold is not None:
        yield from _bucket(sli.threshold.seconds, sli.where, family, service)


def _is_native(name: str, service: Service) -> bool:
    return any(metric.native for metric in service.metrics if metric.name == name)


def query_problems(
    query: Query, role: str, vocabulary: Vocabulary, *, external: bool, syntax_errors: SyntaxErrors
) -> Iterator[Problem]:
    """Yield the problems of one PromQL text: syntax, indicator rules, and selectors of what the service does not emit.

    `role` is the key of the text.
    """
    if role == PROOF_SERIES:
        yield from proof_series_problems(query, vocabulary, external=external)
        return
    try:
        tree = user_promql.parse(query.text)
    except Malformed as wrong:
        yield _malformed(wrong, query, syntax_errors)
        return
    if query.text in syntax_errors:
        line, column, message = syntax_errors[query.text]
        yield Problem(query.locate(query.node, line, column), "WK205", _as_not_promql(message))
        return
    yield from indicator_problems(query, role, tree, vocabulary, external=external)
    for selector in user_promql.selectors(tree):
        if not external:
            yield from _selector(selector, query, vocabulary)
        if selector.metric is not None:
            yield from matcher_problems(
                selector.metric, selector.matchers, query, vocabulary, external=external
            )


def _malformed(wrong: Malformed, query: Query, syntax_errors: SyntaxErrors) -> Problem:
    offset = unclosed_quote(query.text)
    where = position_at(offset, query) if offset is not None else query.locate(query.node, 1, 1)
    if query.text not in syntax_errors:
        return Problem(where, wrong.code, _as_not_promql(wrong.message), wrong.remedy)
    line, column, message = syntax_errors[query.text]
    return Problem(query.locate(query.node, line, column), wrong.code, _as_not_promql(message), wrong.remedy)


def _as_not_promql(message: str) -> str:
    return message if message.startswith(("not PromQL", "the PromQL")) else f"not PromQL: {message}"


def _selector(selector: user_promql.Selector, query: Query, vocabulary: Vocabulary) -> Iterator[Problem]:
    if selector.metric is None:
        remedy = "name the metric, or write `external: true`"
        yield Problem(query.owner, "WK206", "a selector without a metric name can match anything", remedy)
        return
    where = find_word(selector.metric, query)
    family = vocabulary.series.get(selector.metric)
    if family is None:
        message = f"nothing emits {selector.metric}"
        if selector.metric in vocabulary.families:
            message += " itself: it is a histogram, with _bucket, _sum and _count"
        yield Problem(where, "WK206", message, vocabulary.closest(selector.metric))
        return
    if not vocabulary.is_enabled(family):
        yield _not_enabled(where, family)
    if family.external:
        return
    for label in selector.labels:
        if not vocabulary.allows(family, selector.metric, label):
            names = vocabulary.labels_of(family)
            remedy = did_you_mean(label, names, "it has: " + ", ".join(names))
            yield Problem(find_word(label, query), "WK208", f"{selector.metric} has no label {label}", remedy)
