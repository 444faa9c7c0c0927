"""A spec of imported objectives, as text; what the reader of specs refuses is taken out with its reason."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

from watchkeeper.emit.yaml import Value, dump
from watchkeeper.importing.changes import Changes, Refused
from watchkeeper.importing.draft import Draft
from watchkeeper.model.by_label import MOST_VALUES
from watchkeeper.spec.document.load import load
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.problem import Problem

_VERSION = "watchkeeper/v1"
# Returns all problems of a spec, whatever their level.
Checker = Callable[[Path], Sequence[Problem]]


def compose(drafts: Sequence[Draft], header: str, check: Checker, changes: Changes) -> tuple[str, int]:
    """Return the text of a spec that renders, and how many objectives it has; an empty text when none is left.

    An objective that the reader of specs refuses is refused here, and its warnings are noted as changes.
    """
    left = _by_service(drafts)
    while left:
        text = dump(_spec(left), header=header)
        blamed = _blamed(text, left, check)
        errors = [(draft, problem) for draft, problem in blamed if problem.level == "error"]
        if not errors:
            _note_warnings(blamed, changes)
            _note_groupings(left, changes)
            return text, len(left)
        if _without_groupings(errors, changes):
            continue
        for draft, problem in errors:
            changes.objective = draft.name
            changes.refused(Refused(draft.node, "sli", f"{_lowered(problem)} [{problem.code}]"))
        left = [one for one in left if all(one is not draft for draft, _ in errors)]
    return "", 0


def _without_groupings(errors: Sequence[tuple[Draft, Problem]], changes: Changes) -> bool:
    """Take the grouping out of the objectives that are refused with it; return whether any had one."""
    found = False
    for draft, problem in errors:
        if draft.by is not None:
            changes.objective, found = draft.name, True
            reason = f"has no place, the objective has one budget: {problem.message}"
            changes.dropped(draft.by.node, draft.by.field, reason)
            draft.by = None
    return found


def _note_groupings(drafts: Sequence[Draft], changes: Changes) -> None:
    for draft in drafts:
        if draft.by is not None:
            changes.objective = draft.name
            words = f"is `by: [{draft.by.label}]`: at most {MOST_VALUES} values have a budget, all others share one"
            changes.changed(draft.by.node, draft.by.field, words)


def _note_warnings(blamed: Sequence[tuple[Draft, Problem]], changes: Changes) -> None:
    for draft, problem in blamed:
        if problem.level == "warning" and problem.code != "WK303":
            changes.objective = draft.name
            changes.changed(draft.node, "sli", f"{_lowered(problem)} [{problem.code}]")


def _lowered(problem: Problem) -> str:
    remedy = f"; {problem.remedy}" if problem.remedy else ""
    return f"has a {'problem' if problem.level == 'error' else 'warning'}: {problem.message}{remedy}"


def _by_service(drafts: Sequence[Draft]) -> list[Draft]:
    names = dict.fromkeys(draft.service for draft in drafts)
    return [draft for name in names for draft in drafts if draft.service == name]


def _spec(drafts: Sequence[Draft]) -> dict[str, Value]:
    names = list(dict.fromkeys(draft.service for draft in drafts))
    services = [_service(name, [one for one in drafts if one.service == name]) for name in names]
    if len(services) == 1:
        return {"version": _VERSION, **services[0]}
    return {"version": _VERSION, "services": services}


def _service(name: str, drafts: Sequence[Draft]) -> dict[str, Value]:
    labels = [one.service_labels for one in drafts]
    shared = labels[0] if all(one == labels[0] for one in labels) else {}
    metrics = _metrics([one for draft in drafts for one in draft.sli.metrics])
    # Somebody scrapes it already.
    found: dict[str, Value] = {"service": name, "scrape": False}
    found |= {"labels": shared} if shared else {}
    found |= {"metrics": metrics} if metrics else {}
    own = ((one, one.labels if shared else {**one.service_labels, **one.labels}) for one in drafts)
    return {**found, "slos": [one.value(labels=labels) for one, labels in own]}


def _metrics(declared: Sequence[dict[str, Value]]) -> list[Value]:
    """Return each metric once, with the bounds that any objective reads."""
    found: dict[Value, dict[str, Value]] = {}
    for one in declared:
        known = found.setdefault(one["name"], dict(one))
        bounds = {bound for each in (known, one) for bound in cast("list[Decimal]", each.get("buckets", []))}
        known |= {"buckets": sorted(bounds)} if bounds else {}
    return list(found.values())


def _blamed(text: str, drafts: Sequence[Draft], check: Checker) -> list[tuple[Draft, Problem]]:
    """Return the objective whose lines contain each problem of a spec; the next one for what precedes all."""
    with tempfile.TemporaryDirectory(prefix="watchkeeper-") as folder:
        path = Path(folder) / "imported.yml"
        path.write_text(text, encoding="utf-8")
        root = load(path, shown_as="imported.yml")[0].root
        problems = check(path)
    services = root.child("services")
    places = services.items or [] if services is not None else [root]
    slos = [(place, slo) for place in places for slo in _slos(place)]
    return [(drafts[_index(slos, problem.where.line)], problem) for problem in problems]


def _index(slos: Sequence[tuple[Node, Node]], line: int) -> int:
    """Return which objective a line belongs to; the first one of its service for lines above all of them."""
    above = [index for index, (_, slo) in enumerate(slos) if slo.line <= line]
    below = [index for index, (place, slo) in enumerate(slos) if place.line <= line < slo.line]
    if below and (not above or slos[above[-1]][0] is not slos[below[0]][0]):
        return below[0]
    return above[-1] if above else 0


def _slos(place: Node) -> list[Node]:
    node = place.child("slos")
    return node.items or [] if node is not None else []
