"""OpenSLO's files, v1 and v1alpha: objectives, the indicators that they name, and whose queries they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.importing.changes import Changes, Refused
from watchkeeper.importing.draft import (
    Draft,
    Read,
    described,
    drafts_of,
    percentage,
    required,
    rolling_window,
    slug,
)
from watchkeeper.importing.foreign_files import ForeignFormat, is_kind, text_at
from watchkeeper.importing.foreign_labels import kept_labels, triples
from watchkeeper.importing.foreign_queries import (
    ForeignQuery,
    ForeignSli,
    events_sli,
    raw_sli,
    threshold_sli,
)
from watchkeeper.spec.document.nodes import Node

OPENSLO = ForeignFormat(
    "openslo",
    "OpenSLO's `kind: SLO`",
    is_kind("openslo/", "SLO"),
    is_kind(
        "openslo/", "SLI", "DataSource", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"
    ),
)
_SPEC = (
    "description",
    "service",
    "indicator",
    "indicatorRef",
    "timeWindow",
    "timeWindows",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
)
_UNITS = {"minute": "m", "hour": "h", "day": "d", "week": "w"}
_LONG = {"M": ("month", "30d"), "Q": ("quarter", "90d"), "Y": ("year", "365d")}
_ONE = {"1M": "M", "1Q": "Q", "1Y": "Y"}
# The first day of a month at midnight, which Python's reader of YAML may have changed into a date.
_FIRST = re.compile(r"\d{4}-\d{2}-01(?:[T ]00:00(?::00)?(?:\.0+)?(?:Z|[+-]\d{2}:?\d{2})?)?\Z")
OPERATORS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_QUERIES = ("query", "promql", "expr")


@dataclass(frozen=True, slots=True)
class Others:
    """The documents that objectives refer to, by kind and name."""

    nodes: dict[tuple[str, str], Node]

    @classmethod
    def of(cls, documents: Sequence[Node]) -> Others:
        """Return those of all files."""
        return cls({(text_at(one, "kind"), text_at(one, "metadata", "name")): one for one in documents})


def read_openslo(document: Node, others: Others, changes: Changes) -> Read:
    """Return the objectives of one document."""
    name = text_at(document, "metadata", "name")
    changes.objective = name
    spec, objectives = document.child("spec"), document.child("spec")
    objectives = objectives.child("objectives") if objectives is not None else None
    nodes = objectives.items or [] if objectives is not None else []
    if spec is None or not nodes:
        changes.refused(Refused(document, "objectives", "is empty; write one"))
        return Read((), 0)
    names = list(_names(name, nodes))
    numbers = {id(node): index for index, node in enumerate(nodes)}
    _once(document, spec, changes)
    made = drafts_of(
        nodes,
        changes,
        lambda node: names[numbers[id(node)]],
        lambda node: _draft(document, spec, node, names[numbers[id(node)]], others, changes),
    )
    return Read(made, len(nodes))


def _once(document: Node, spec: Node, changes: Changes) -> None:
    changes.only(spec, _SPEC, "spec.")
    policies = spec.child("alertPolicies")
    if policies is not None and policies.items:
        changes.dropped(
            policies, "alertPolicies", "has no place: the burn-rate alerts follow from the objective"
        )
    annotations = document.child("metadata")
    annotations = annotations.child("annotations") if annotations is not None else None
    if annotations is not None:
        changes.dropped(annotations, "metadata.annotations", "has no place")


def _names(name: str, nodes: Sequence[Node]) -> Iterator[str]:
    for number, node in enumerate(nodes, 1):
        yield name if len(nodes) == 1 else f"{name}-{text_at(node, 'displayName') or number}"


def _draft(document: Node, spec: Node, node: Node, name: str, others: Others, changes: Changes) -> Draft:
    sli = _sli(spec, node, others)
    for note in sli.notes:
        changes.changed(node, "indicator", note)
    metadata = required(document, "metadata")[0]
    description = spec.child("description") or metadata.child("displayName")
    labels = [one for one in triples(metadata.child("labels")) if one[2].items is None]
    window, zone = time_window(spec, changes)
    return Draft(
        node=node,
        service=slug(*required(spec, "service"), changes),
        name=slug(metadata, "name", name, changes),
        description=described(description, changes),
        objective=_target(node, changes),
        window=window,
        time_zone=zone,
        sli=sli,
        labels=kept_labels(labels, changes),
    )


def _target(node: Node, changes: Changes) -> str:
    if (percent := node.child("targetPercent")) is not None:
        return percentage(percent, "targetPercent", changes)
    return percentage(required(node, "target")[0], "target", changes, is_ratio=True)


def time_window(spec: Node, changes: Changes) -> tuple[str, str]:
    """Return the window of an objective, and the time zone of one that follows the calendar; raise Refused."""
    key = "timeWindow" if spec.child("timeWindow") is not None else "timeWindows"
    node = required(spec, key)[0]
    items = node.items or []
    if len(items) != 1:
        raise Refused(node, key, "needs exactly one window")
    window, text = items[0], _length(items[0])
    calendar, (unit, rolling) = window.child("calendar"), _LONG.get(_ONE.get(text, text), ("", text))
    if unit == "year" or (not unit and text[-1:] in _LONG):
        raise Refused(
            window, key, "is several months or years; write month, quarter, or a rolling window of 1d to 90d"
        )
    if calendar is not None and unit:
        return unit, _zone(calendar, key, unit, changes)
    if calendar is not None or unit:
        what = "follows the calendar" if calendar is not None else f"is a {unit} that moves"
        changes.changed(window, key, f"{what}, and is a rolling window of {rolling} here")
    return rolling_window(window, key, rolling), ""


def _zone(calendar: Node, key: str, unit: str, changes: Changes) -> str:
    start = text_at(calendar, "startTime")
    if not _FIRST.match(start):
        changes.changed(
            calendar, key, f"begins at {start or 'no time'}, and on the first of each {unit} here"
        )
    return text_at(calendar, "timeZone") or "UTC"


def _length(window: Node) -> str:
    if (duration := text_at(window, "duration")) != "":
        return duration
    unit = text_at(window, "unit").lower().removesuffix("s")
    calendar = {"month": "M", "quarter": "Q", "year": "Y"}
    return text_at(window, "count") + (_UNITS.get(unit) or calendar.get(unit, unit))


def _sli(spec: Node, objective: Node, others: Others) -> ForeignSli:
    method = text_at(spec, "budgetingMethod") or "Occurrences"
    indicator = _indicator(spec, objective, others)
    if (threshold := indicator.child("thresholdMetric")) is not None:
        return threshold_sli(_query(threshold, "thresholdMetric", others), *bound(objective))
    if method != "Occurrences":
        reason = f"is {method}, and an objective counts events, not time slices"
        raise Refused(spec.child("budgetingMethod") or spec, "budgetingMethod", reason)
    ratio = next((one for key in ("ratioMetric", "ratioMetrics") if (one := indicator.child(key))), None)
    if ratio is None:
        raise Refused(indicator, "indicator", "has neither ratioMetric nor thresholdMetric; write one")
    if (raw := ratio.child("raw")) is not None:
        return raw_sli(_query(raw, "raw", others), is_bad=text_at(ratio, "rawType") == "failure")
    part = next((key for key in ("good", "bad") if ratio.child(key) is not None), None)
    if part is None:
        raise Refused(ratio, "ratioMetric", "has neither good nor bad; write one")
    counted = _query(required(ratio, part)[0], part, others)
    total = _query(required(ratio, "total")[0], "total", others)
    is_counter = text_at(ratio, "counter") != "False"
    bad, good = (counted, None) if part == "bad" else (None, counted)
    return events_sli(total, bad=bad, good=good, counters=is_counter)


def bound(objective: Node) -> tuple[str, str]:
    """Return the comparison of a threshold in PromQL, and its value; raise Refused."""
    operator = OPERATORS.get(text_at(objective, "op"))
    if operator is None:
        raise Refused(objective, "op", f"needs one of {', '.join(OPERATORS)}")
    return operator, required(objective, "value")[2]


def _indicator(spec: Node, objective: Node, others: Others) -> Node:
    for place in (objective, spec):
        if (ratio := place.child("ratioMetrics")) is not None and ratio.entries is not None:
            return place
        if (inline := place.child("indicator")) is not None:
            # v1alpha has the metric in `indicator` itself.
            return inline.child("spec") or inline
        if (ref := place.child("indicatorRef")) is not None:
            found = others.nodes.get(("SLI", str(ref.scalar)))
            if found is None:
                raise Refused(ref, "indicatorRef", f"no file has the SLI {ref.scalar!r}; name its file too")
            return required(found, "spec")[0]
    raise Refused(spec, "indicator", "is missing")


def _query(node: Node, field: str, others: Others) -> ForeignQuery:
    source = node.child("metricSource") or node
    kind = _source_type(source, others)
    if kind and kind.lower() != "prometheus":
        raise Refused(source, f"{field}.metricSource", f"is {kind}, and rules read Prometheus only")
    inner = source.child("spec") or source
    query = next((one for key in _QUERIES if (one := inner.child(key)) is not None), None)
    if query is None:
        raise Refused(inner, f"{field}.query", f"is missing; write one of {', '.join(_QUERIES)}")
    return ForeignQuery(query, field)


def _source_type(source: Node, others: Others) -> str:
    said = text_at(source, "type") or text_at(source, "source")
    ref = text_at(source, "metricSourceRef")
    other = others.nodes.get(("DataSource", ref))
    return said or (text_at(other, "spec", "type") if other is not None else "")
