"""Pyrra's files: `kind: ServiceLevelObjective`, one objective each, whose queries are plain selectors."""

from __future__ import annotations

from watchkeeper import promql_tree
from watchkeeper.emit.yaml import Value
from watchkeeper.importing.bucket_bounds import native_latency_sli
from watchkeeper.importing.changes import Changes, Refused
from watchkeeper.importing.draft import (
    Draft,
    Grouping,
    Read,
    described,
    drafts_of,
    percentage,
    required,
    rolling_window,
    slug,
)
from watchkeeper.importing.foreign_files import ForeignFormat, is_kind, text_at
from watchkeeper.importing.foreign_labels import entries, kept_labels
from watchkeeper.importing.foreign_queries import ForeignQuery, ForeignSli, events_sli
from watchkeeper.model.duration import Duration
from watchkeeper.naming import slo_alert
from watchkeeper.spec.document.nodes import Node

PYRRA = ForeignFormat(
    "pyrra", "Pyrra's `kind: ServiceLevelObjective`", is_kind("pyrra.dev/", "ServiceLevelObjective")
)
_SPEC = (
    "description",
    "target",
    "window",
    "indicator",
    "alerting",
    "partial_response_strategy",
    "performanceOverAccuracy",
    "ruleOutput",
)
_ALERTING = ("disabled", "burnrates", "absent", "name", "absentName", "severities")
_INDICATORS = ("ratio", "latency", "latencyNative", "bool_gauge")
_PROPAGATED = "pyrra.dev/"
_SEVERITIES = ("critical", "warning", "info")
# Ours by Pyrra's: both of the first two page, both of the others open a ticket.
_TIERS = {"page": ("critical", "fastBurn", "mediumBurn"), "ticket": ("warning", "slowBurn", "longTermBurn")}


def read_pyrra(document: Node, changes: Changes) -> Read:
    """Return the objective of one document."""
    made = drafts_of(
        [document],
        changes,
        lambda node: text_at(node, "metadata", "name"),
        lambda node: _draft(node, changes),
    )
    return Read(made, 1)


def _draft(document: Node, changes: Changes) -> Draft:
    spec = required(document, "spec")[0]
    metadata = required(document, "metadata")[0]
    changes.only(spec, _SPEC, "spec.")
    name = slug(*required(metadata, "name"), changes)
    target, period = required(spec, "target"), required(spec, "window")
    indicator = required(spec, "indicator")[0]
    sli, selector = _sli(indicator)
    for note in sli.notes:
        changes.changed(spec, "indicator", note)
    service = _service(metadata, selector, changes)
    _without_output(spec, changes)
    return Draft(
        node=document,
        service=service,
        name=name,
        description=described(spec.child("description"), changes),
        objective=percentage(target[0], "target", changes),
        window=rolling_window(*period),
        sli=sli,
        by=_grouping(indicator, selector, changes),
        labels=_labels(metadata, changes),
        alerting=_alerting(spec, service, name, changes),
    )


def _sli(indicator: Node) -> tuple[ForeignSli, str]:
    """Return the indicator, and the selector of what it counts."""
    found = [key for key in _INDICATORS if indicator.child(key) is not None]
    if len(found) != 1:
        raise Refused(indicator, "indicator", f"needs exactly one of {', '.join(_INDICATORS)}")
    kind = found[0]
    node = required(indicator, kind)[0]
    if kind == "bool_gauge":
        gauge = required(node, "metric")
        query = ForeignQuery(gauge[0], "metric")
        note = "counts moments instead of samples: each moment weighs the same"
        return ForeignSli({"boolean": query.tree().prettify(), "external": True}, notes=(note,)), gauge[2]
    total = _query(node, "total")
    text = text_at(node, "total", "metric")
    if kind == "latencyNative":
        return _native(node, total), text
    if kind == "ratio":
        return events_sli(total, bad=_query(node, "errors")), text
    return events_sli(total, good=_query(node, "success")), text


def _query(node: Node, key: str) -> ForeignQuery:
    metric = required(required(node, key)[0], "metric")[0]
    return ForeignQuery(metric, f"{key}.metric")


def _native(node: Node, total: ForeignQuery) -> ForeignSli:
    latency, key, text = required(node, "latency")
    try:
        threshold = str(Duration.parse(text))
    except ValueError as wrong:
        raise Refused(latency, key, str(wrong)) from None
    found = native_latency_sli(total.tree(), threshold)
    if found is None:
        raise total.refuse(
            "has matchers with patterns, and objectives on native histograms compare whole values"
        )
    return ForeignSli(*found)


def _grouping(indicator: Node, selector: str, changes: Changes) -> Grouping | None:
    """Return the label by which an objective is grouped. One that the selector fixes has a single value."""
    (kind,) = (key for key in _INDICATORS if indicator.child(key) is not None)
    node = required(indicator, kind)[0].child("grouping")
    names = [str(one.scalar) for one in node.items or []] if node is not None else []
    fixed = {label for label, operator, _ in _matchers(selector) if operator == "="}
    left = [name for name in dict.fromkeys(names) if name not in fixed]
    if node is None or not left:
        return None
    if len(left) == 1:
        return Grouping(left[0], node, "grouping")
    reason = f"has no place: a budget is by one label, and the objective has one over all values of {', '.join(left)}"
    changes.dropped(node, "grouping", reason)
    return None


def _matchers(selector: str) -> list[tuple[str, str, str]]:
    return [
        one
        for node in promql_tree.selectors(promql_tree.parse(selector))
        for one in promql_tree.matchers(node)
    ]


def _service(metadata: Node, selector: str, changes: Changes) -> str:
    """Return the service of an objective, which Pyrra does not know: the scrape job, else the namespace."""
    jobs = (value for label, operator, value in _matchers(selector) if (label, operator) == ("job", "="))
    job = next(filter(None, jobs), "")
    namespace = text_at(metadata, "namespace")
    found = job or namespace or "imported"
    origin = "the job that it selects" if job else "its namespace" if namespace else "a placeholder"
    changes.changed(metadata, "service", f"is {found!r}, {origin}; Pyrra has no services")
    return slug(metadata, "service", found, changes)


def _labels(metadata: Node, changes: Changes) -> dict[str, str]:
    kept = []
    for name, (key, value) in entries(metadata.child("labels")).items():
        if name.startswith(_PROPAGATED):
            kept.append((name.removeprefix(_PROPAGATED), key, value))
        else:
            changes.dropped(key, f"labels.{name}", "selects Pyrra's rule object, which is no longer there")
    return kept_labels(kept, changes)


def _without_output(spec: Node, changes: Changes) -> None:
    for key in ("partial_response_strategy", "performanceOverAccuracy", "ruleOutput"):
        if spec.child(key) is not None:
            place = spec.key_position(key)
            node = Node(place.file, place.line, place.column)
            changes.dropped(node, key, "says how Pyrra writes its rules, which are no longer there")


def _alerting(spec: Node, service: str, name: str, changes: Changes) -> dict[str, Value]:
    node = spec.child("alerting")
    if node is None or not _is(node, "absent", value=False):
        place = node.child("absentName") if node is not None else None
        changes.dropped(
            place or node or spec,
            "alerting.absent",
            "has no place: nothing initializes these series, so that missing ones are like idle ones; "
            "`alerting: {idle: 1h}` notifies of both",
        )
    if node is None:
        return {}
    fast, slow = (slo_alert(service, name, kind) for kind in ("FastBurn", "SlowBurn"))
    changes.only(node, _ALERTING, "alerting.")
    if (child := node.child("name")) is not None:
        changes.changed(child, "alerting.name", f"{child.scalar!r} is {fast} and {slow} here")
    if _is(node, "disabled", value=True) or _is(node, "burnrates", value=False):
        return {"enabled": False}
    return _severities(node.child("severities"), changes)


def _is(node: Node, key: str, *, value: bool) -> bool:
    child = node.child(key)
    return child is not None and child.scalar is value


def _severities(node: Node | None, changes: Changes) -> dict[str, Value]:
    if node is None:
        return {}
    policy: dict[str, Value] = {}
    for ours, (default, *tiers) in _TIERS.items():
        wanted = {text_at(node, tier) or default for tier in tiers}
        severity = wanted.pop() if len(wanted) == 1 else ""
        if severity in _SEVERITIES:
            policy |= {} if severity == default else {ours: severity}
        else:
            names = " and ".join(tiers)
            changes.changed(
                node,
                f"severities.{tiers[0]}",
                f"is {default} here: {names} are one alert, of critical, warning or info",
            )
    if (absent := node.child("absent")) is not None:
        changes.dropped(
            absent, "severities.absent", "has no place: a missing metric has the severity of `ticket`"
        )
    return policy
