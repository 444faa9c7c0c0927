"""Nobl9's files: `apiVersion: n9/…` and `kind: SLO`, with a name and queries for each objective."""

from __future__ import annotations

from watchkeeper.importing.changes import Changes, Refused
from watchkeeper.importing.draft import Draft, Read, described, drafts_of, percentage, required, slug
from watchkeeper.importing.foreign_files import ForeignFormat, is_kind, text_at
from watchkeeper.importing.foreign_labels import kept_labels, triples
from watchkeeper.importing.foreign_queries import ForeignQuery, ForeignSli, events_sli, threshold_sli
from watchkeeper.importing.openslo_files import bound, time_window
from watchkeeper.spec.document.nodes import Node

NOBL9 = ForeignFormat(
    "nobl9", "Nobl9's `apiVersion: n9/v1alpha` with `kind: SLO`", is_kind("n9/", "SLO"), is_kind("n9/")
)
_SPEC = (
    "description",
    "service",
    "indicator",
    "timeWindows",
    "budgetingMethod",
    "objectives",
    "alertPolicies",
    "attachments",
    "anomalyConfig",
    "tier",
    "createdAt",
    "createdBy",
)
# The managed ones have the same query language and the same series.
_PROMETHEUS = ("prometheus", "amazonPrometheus", "azurePrometheus")
_WITHOUT_PLACE = ("alertPolicies", "attachments", "anomalyConfig", "tier")


def read_nobl9(document: Node, changes: Changes) -> Read:
    """Return the objectives of one document."""
    name = text_at(document, "metadata", "name")
    changes.objective = name
    spec = document.child("spec")
    objectives = spec.child("objectives") if spec is not None else None
    nodes = objectives.items or [] if objectives is not None else []
    if spec is None or not nodes:
        changes.refused(Refused(document, "objectives", "is empty; write one"))
        return Read((), 0)
    changes.only(spec, _SPEC, "spec.")
    for key in _WITHOUT_PLACE:
        if (child := spec.child(key)) is not None and (
            child.items or child.entries or child.scalar is not None
        ):
            changes.dropped(child, key, "has no place: the burn-rate alerts follow from the objective")

    def name_of(node: Node) -> str:
        return name if len(nodes) == 1 else f"{name}-{text_at(node, 'name') or text_at(node, 'displayName')}"

    made = drafts_of(
        nodes, changes, name_of, lambda node: _draft(document, spec, node, name_of(node), changes)
    )
    return Read(made, len(nodes))


def _draft(document: Node, spec: Node, node: Node, name: str, changes: Changes) -> Draft:
    sli = _sli(spec, node)
    for note in sli.notes:
        changes.changed(node, "indicator", note)
    metadata = required(document, "metadata")[0]
    window, zone = time_window(spec, changes)
    labels = [one for one in triples(metadata.child("labels")) if one[2].items is None]
    for label, key, value in triples(metadata.child("labels")):
        if value.items is not None:
            changes.dropped(key, f"labels.{label}", "is a list, and a label has one value")
    return Draft(
        node=node,
        service=slug(*required(spec, "service"), changes),
        name=slug(metadata, "name", name, changes),
        description=described(spec.child("description"), changes),
        objective=percentage(required(node, "target")[0], "target", changes, is_ratio=True),
        window=window,
        time_zone=zone,
        sli=sli,
        labels=kept_labels(labels, changes),
    )


def _sli(spec: Node, objective: Node) -> ForeignSli:
    if (counts := objective.child("countMetrics")) is not None:
        method = text_at(spec, "budgetingMethod") or "Occurrences"
        if method != "Occurrences":
            reason = f"is {method}, and an objective counts events, not time slices"
            raise Refused(spec.child("budgetingMethod") or spec, "budgetingMethod", reason)
        part = next((key for key in ("good", "bad") if counts.child(key) is not None), None)
        if part is None:
            raise Refused(counts, "countMetrics", "has neither good nor bad; write one")
        is_counter = text_at(counts, "incremental") != "False"
        counted, total = _query(counts, part), _query(counts, "total")
        bad, good = (counted, None) if part == "bad" else (None, counted)
        return events_sli(total, bad=bad, good=good, counters=is_counter)
    if (raw := objective.child("rawMetric")) is not None:
        return threshold_sli(_query(raw, "query"), *bound(objective))
    if objective.child("composite") is not None:
        raise Refused(objective, "composite", "combines objectives, and an objective here counts events")
    raise Refused(objective, "objectives", "has neither countMetrics nor rawMetric; write one")


def _query(node: Node, key: str) -> ForeignQuery:
    source = required(node, key)[0]
    prometheus = next((found for key in _PROMETHEUS if (found := source.child(key)) is not None), None)
    if prometheus is None:
        other = next(iter(source.entries or {}), "nothing")
        raise Refused(source, key, f"reads {other}, and rules read Prometheus only")
    return ForeignQuery(required(prometheus, "promql")[0], key)
