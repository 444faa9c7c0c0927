"""Checks of an objective's `by`: a label that its metric has, that something bounds, and that decides nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from watchkeeper import contract, promql_tree
from watchkeeper.exposed.series_labels import series_labels
from watchkeeper.model.by_label import ByLabel
from watchkeeper.model.service import Service
from watchkeeper.model.slo import LabelFilter, Sli, Slo
from watchkeeper.model.spec import Spec
from watchkeeper.spec.formats import RESERVED_LABELS, Malformed
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.promql.filter_checks import against
from watchkeeper.spec.promql.vocabulary import KnownFamily, Vocabulary

_OF_EVENTS = ("availability", "latency", "events")


def by_label_problems(slo: Slo, service: Service, spec: Spec, vocabulary: Vocabulary) -> Iterator[Problem]:
    """Yield the problems of an objective's label, each at the label or a listed value."""
    by = slo.by
    if by is None:
        return
    if slo.sli.kind not in _OF_EVENTS:
        message = f"`by` is for objectives that count events, and `{slo.sli.kind}` measures time"
        yield Problem(by.where, "WK111", message, "write an objective for each, or count events")
        return
    if slo.calendar is not None:
        message = f"`by` is for rolling windows, and {slo.name} has one of the calendar"
        yield Problem(by.where, "WK111", message, "write `window: 30d`, or an objective for each")
    if taken := list(_taken(by, slo, service, spec)):
        yield from taken
        return
    yield from _decides(by, slo.sli, service)
    families = _families(slo.sli, vocabulary)
    wrong = [problem for family in families.values() for problem in against(_as_filter(by), family, service)]
    yield from wrong
    for value, where in zip(by.values, by.positions, strict=True):
        if value == contract.OTHER_VALUE:
            message = f"{value} is what the values that are not listed share"
            yield Problem(where, "WK226", message, "remove it")
    if not wrong and not by.is_bounded_here and not _is_bounded(by.label, families, service):
        message = f"nothing bounds the values of {by.label}, and each has a budget and alerts of its own"
        remedy = f"write `at_most: 50`, or list the values that matter: `by: {{{by.label}: [...]}}`"
        yield Problem(by.where, "WK228", message, remedy)


def _taken(by: ByLabel, slo: Slo, service: Service, spec: Spec) -> Iterator[Problem]:
    """Yield a problem for a label that rules or alerts set themselves: one of the two values would be lost."""
    set_by = {
        **dict.fromkeys((name for name, _ in spec.stack.external_labels), "`stack.environment`"),
        **dict.fromkeys((name for name, _ in service.labels), "the labels of the service"),
        **dict.fromkeys((name for name, _ in slo.labels), "the labels of the objective"),
        **dict.fromkeys(RESERVED_LABELS, "the rules"),
    }
    if by.label in set_by:
        message = f"{by.label} is set by {set_by[by.label]}, so it cannot tell values apart"
        yield Problem(by.where, "WK217", message, "choose a label that the service sets, such as handler")


def _decides(by: ByLabel, sli: Sli, service: Service) -> Iterator[Problem]:
    """Yield a problem for a label that decides what is counted, and for a query that is no plain counter."""
    if sli.family == "http" and by.label == service.http.status:
        message = f"`by` cannot be {by.label}, which decides what is bad"
        yield Problem(by.where, "WK111", message, f"choose another label, such as {service.http.route}")
    if any(one.label == by.label and not one.is_excluded for one in sli.filters):
        message = f"`where` already selects by {by.label}"
        remedy = f"list its values here, `by: {{{by.label}: [...]}}`, or write an objective for each"
        yield Problem(by.where, "WK111", message, remedy)
    for role, query in (("bad", sli.bad), ("good", sli.good), ("total", sli.total)):
        node = _counter(query) if query else None
        if query and node is None and _tree(query) is not None:
            message = f"`by` needs plain counters, and `{role}` is an expression"
            yield Problem(by.where, "WK111", message, "write one metric with its matchers, or none of `by`")
        elif node is not None and any(label == by.label for label, _, _ in promql_tree.matchers(node)):
            message = f"`{role}` already selects by {by.label}"
            yield Problem(by.where, "WK111", message, "remove the matcher, or choose another label")


def _counter(query: str) -> Any:
    """Return the selector of a query that is a counter or a plain sum of one, else None."""
    node = _tree(query)
    while node is not None and type(node).__name__ in ("ParenExpr", "AggregateExpr"):
        if type(node).__name__ == "AggregateExpr" and (str(node.op) != "sum" or node.modifier is not None):
            return None
        node = node.expr
    return node if type(node).__name__ == "VectorSelector" else None


def _tree(query: str) -> Any:
    try:
        return user_promql.parse(query)
    except Malformed:
        # It is reported where it is written.
        return None


def _families(sli: Sli, vocabulary: Vocabulary) -> dict[str, KnownFamily]:
    """Return the families that the indicator counts, as far as they are known."""
    if sli.external:
        return {}
    names = []
    for query in (sli.bad, sli.good, sli.total):
        node = _counter(query) if query else None
        names += [promql_tree.metric_name(node)] if node is not None else []
    known = [vocabulary.families.get(name) or vocabulary.series.get(name) for name in names]
    known.append(vocabulary.counted_by(sli))
    return {family.name: family for family in known if family is not None}


def _is_bounded(label: str, families: dict[str, KnownFamily], service: Service) -> bool:
    """Return whether the service itself bounds the label: a closed set, or the routes that its middleware knows."""
    return bool(families) and all(
        (label == service.http.route and family.pack == "http")
        or label in series_labels(name, service, external=False).closed
        for name, family in families.items()
    )


def _as_filter(by: ByLabel) -> LabelFilter:
    return LabelFilter(
        label=by.label, values=by.values, is_excluded=False, where=by.where, positions=by.positions
    )
