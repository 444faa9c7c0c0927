"""Sloth's files: `prometheus/v1`, and the same as a Kubernetes object, whose keys are written in camel case."""

from __future__ import annotations

import re

from watchkeeper.emit.yaml import Value
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
from watchkeeper.importing.foreign_labels import kept_labels, runbook_of, triples
from watchkeeper.importing.foreign_queries import ForeignQuery, ForeignSli, events_sli, raw_sli
from watchkeeper.naming import slo_alert
from watchkeeper.spec.document.nodes import Node

SLOTH = ForeignFormat(
    "sloth",
    "Sloth's `version: prometheus/v1` or `kind: PrometheusServiceLevel`",
    lambda node: (
        text_at(node, "version") == "prometheus/v1"
        or is_kind("sloth.slok.dev/", "PrometheusServiceLevel")(node)
    ),
)
_SPEC = ("version", "service", "labels", "slos", "slo_plugins")
_SLO = ("name", "description", "objective", "labels", "sli", "alerting", "plugins")
_ALERTING = ("name", "labels", "annotations", "page_alert", "ticket_alert")
_ALERT = ("disable", "labels", "annotations")
_SEVERITIES = ("critical", "warning", "info")


def read_sloth(document: Node, changes: Changes, *, window: str) -> Read:
    """Return the objectives of one document; `window` is the period, which Sloth takes from its command line."""
    spec = document.child("spec") if document.child("apiVersion") is not None else document
    spec = _in_snake_case(spec if spec is not None else document)
    changes.objective = ""
    changes.only(spec, _SPEC)
    if (metadata := document.child("metadata")) is not None:
        changes.dropped(
            metadata, "metadata", "belongs to Sloth's Kubernetes object, which is no longer there"
        )
    _no_plugins(spec.child("slo_plugins"), "slo_plugins", changes)
    slos = spec.child("slos")
    nodes = slos.items or [] if slos is not None else []
    try:
        service = slug(*required(spec, "service"), changes)
    except Refused as why:
        changes.refused(why)
        return Read((), len(nodes))
    labels = kept_labels(triples(spec.child("labels")), changes)
    made = drafts_of(
        nodes,
        changes,
        lambda node: text_at(node, "name"),
        lambda node: _draft(node, service, labels, window, changes),
    )
    return Read(made, len(nodes))


def _draft(node: Node, service: str, labels: dict[str, str], window: str, changes: Changes) -> Draft:
    changes.only(node, _SLO)
    name = slug(*required(node, "name"), changes)
    target = required(node, "objective")
    sli = _sli(node, changes)
    for note in sli.notes:
        changes.changed(node, "sli", note)
    _no_plugins(node.child("plugins"), "plugins", changes)
    own = triples(node.child("labels"))
    alerting = node.child("alerting")
    if alerting is not None:
        changes.only(alerting, _ALERTING, "alerting.")
        _renamed(alerting, service, name, changes)
    policy, of_alerts = _alerting(alerting, changes)
    return Draft(
        node=node,
        service=service,
        name=name,
        description=described(node.child("description"), changes),
        objective=percentage(target[0], target[1], changes),
        window=rolling_window(node, "window", window),
        sli=sli,
        labels=kept_labels([*own, *of_alerts], changes),
        service_labels=labels,
        runbook=runbook_of(_annotations(alerting), changes, "annotations"),
        alerting=policy,
    )


def _sli(node: Node, changes: Changes) -> ForeignSli:
    sli = required(node, "sli")[0]
    changes.only(sli, ("events", "raw", "plugin"), "sli.")
    if (events := sli.child("events")) is not None:
        changes.only(events, ("error_query", "total_query"), "sli.events.")
        bad, total = (_query(events, key) for key in ("error_query", "total_query"))
        return events_sli(total, bad=bad, counters=False)
    if (raw := sli.child("raw")) is not None:
        changes.only(raw, ("error_ratio_query",), "sli.raw.")
        return raw_sli(_query(raw, "error_ratio_query"), is_bad=True)
    if (plugin := sli.child("plugin")) is not None:
        reason = f"{text_at(plugin, 'id') or 'without id'!r} is a program that writes the query"
        raise Refused(plugin, "sli.plugin", f"{reason}; import its output, or write `events`")
    raise Refused(sli, "sli", "has none of events, raw and plugin; write one")


def _query(node: Node, key: str) -> ForeignQuery:
    child = node.child(key)
    if child is None:
        raise Refused(node, key, "is missing; write the query")
    return ForeignQuery(child, key)


def _no_plugins(node: Node | None, field: str, changes: Changes) -> None:
    chain = node.child("chain") if node is not None else None
    for plugin in chain.items or [] if chain is not None else []:
        changes.dropped(plugin, field, f"{text_at(plugin, 'id')!r} is a program that changes Sloth's rules")


def _renamed(alerting: Node, service: str, name: str, changes: Changes) -> None:
    if (node := alerting.child("name")) is not None:
        fast, slow = (slo_alert(service, name, kind) for kind in ("FastBurn", "SlowBurn"))
        changes.changed(
            node,
            "alerting.name",
            f"{text_at(alerting, 'name')!r} pages as {fast} and opens tickets as {slow} here",
        )


def _alerting(
    alerting: Node | None, changes: Changes
) -> tuple[dict[str, Value], list[tuple[str, Node, Node]]]:
    """Return our `alerting`, and the labels that both alerts have."""
    if alerting is None:
        return {}, []
    policy: dict[str, Value] = {}
    labels: dict[str, list[tuple[str, Node, Node]]] = {}
    for ours, theirs in (("page", "page_alert"), ("ticket", "ticket_alert")):
        node = alerting.child(theirs)
        if node is None:
            continue
        changes.only(node, _ALERT, f"alerting.{theirs}.")
        if _is_true(node.child("disable")):
            policy[ours] = "off"
        else:
            labels[theirs] = triples(node.child("labels"))
            policy |= _severity(ours, theirs, labels[theirs], changes)
    if policy == {"page": "off", "ticket": "off"}:
        policy = {"enabled": False}
    return policy, [*triples(alerting.child("labels")), *_of_both(labels, changes)]


def _severity(
    ours: str, theirs: str, labels: list[tuple[str, Node, Node]], changes: Changes
) -> dict[str, Value]:
    default = {"page": "critical", "ticket": "warning"}[ours]
    for name, key, value in labels:
        if name != "severity":
            continue
        if str(value.scalar) in _SEVERITIES:
            return {} if value.scalar == default else {ours: str(value.scalar)}
        changes.changed(
            key,
            f"alerting.{theirs}.labels.severity",
            f"{value.scalar!r} is {default} here; route that severity",
        )
    return {}


def _of_both(
    labels: dict[str, list[tuple[str, Node, Node]]], changes: Changes
) -> list[tuple[str, Node, Node]]:
    """Return the labels that all alerts of the objective have alike; the others are dropped."""
    shared = []
    for theirs, own in labels.items():
        others = [pairs for other, pairs in labels.items() if other != theirs]
        for name, key, value in own:
            if name == "severity":
                continue
            if all(any((n, v.scalar) == (name, value.scalar) for n, _, v in pairs) for pairs in others):
                if theirs == next(iter(labels)):
                    shared.append((name, key, value))
            else:
                reason = (
                    "is on one alert only, and an objective's labels are on all; route by severity instead"
                )
                changes.dropped(key, f"alerting.{theirs}.labels.{name}", reason)
    return shared


def _annotations(alerting: Node | None) -> list[Node | None]:
    if alerting is None:
        return []
    places = [alerting, alerting.child("page_alert"), alerting.child("ticket_alert")]
    return [one.child("annotations") for one in places if one is not None]


def _is_true(node: Node | None) -> bool:
    return node is not None and node.scalar is True


def _in_snake_case(node: Node) -> Node:
    """Return the tree with Sloth's own keys as in its plain files; labels and other free keys stay."""
    if node.items is not None:
        return Node(node.file, node.line, node.column, items=[_in_snake_case(one) for one in node.items])
    if node.entries is None:
        return node
    found = {}
    for name, (key, value) in node.entries.items():
        is_free = name in ("labels", "annotations", "config", "options")
        found[re.sub(r"(?<=[a-z])([A-Z])", lambda m: f"_{m[1].lower()}", name)] = (
            key,
            value if is_free else _in_snake_case(value),
        )
    return Node(node.file, node.line, node.column, entries=found)
