"""Objectives with a budget for each value of a label: which rows are values of one, and one row for all of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from watchkeeper.contract import OTHER_VALUE
from watchkeeper.overview.objective_rows import FAULTS, Objective, name_of, worst_first


def with_labels(rows: Sequence[Objective]) -> list[Objective]:
    """Return the rows with the label that keeps values apart: one of its values is always the rest."""
    labels: dict[str, str] = {}
    for row in rows:
        for name, value in row.labels.items():
            if value == OTHER_VALUE:
                labels[row.slo_id] = name
    return [
        replace(row, by=labels[row.slo_id]) if labels.get(row.slo_id) in row.labels else row for row in rows
    ]


def summed_up(rows: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return one row for each objective, worst first: of several values the row of the worst one, with all of them.

    A value that is not counted any more, such as a renamed route, decides nothing while another one is.
    """
    found: list[Objective] = []
    groups: defaultdict[tuple[tuple[str, str], ...], list[Objective]] = defaultdict(list)
    for row in rows:
        if row.by:
            groups[tuple(sorted(_shared(row).items()))].append(row)
        else:
            found.append(row)
    same = defaultdict(list)
    for group in groups:
        same[dict(group)["slo_id"]].append(dict(group))
    for group, values in groups.items():
        labels = dict(group)
        found.append(_summed(name_of(labels, same[labels["slo_id"]]), values))
    return worst_first(found)


def _shared(row: Objective) -> dict[str, str]:
    return {name: value for name, value in row.labels.items() if name != row.by}


def _summed(name: str, values: Sequence[Objective]) -> Objective:
    if len(values) == 1:
        return replace(values[0], name=name)
    every = (*counted(values), *(one for one in values if not is_counted(one)))
    return replace(every[0], name=name, values=every)


def counted(values: Iterable[Objective]) -> tuple[Objective, ...]:
    """Return the values that are counted now, worst first."""
    return worst_first(one for one in values if is_counted(one))


def is_counted(row: Objective) -> bool:
    """Return whether the base of a row is recorded: the service has had such events of late."""
    return row.bad is not None


def value_of(row: Objective) -> str:
    """Return the value that a row is about, empty without a label."""
    return row.labels.get(row.by, "") if row.by else ""


def shown_name(row: Objective) -> str:
    """Return the name of a row, with its worst value and how many are spent or at risk."""
    if not row.values:
        return row.name
    states = Counter(one.state for one in row.values if is_counted(one))
    faults = ", ".join(f"{states[state]} {state}" for state in FAULTS if states[state])
    worst = f"worst of {len(row.values)}{': ' if faults else ''}{faults}"
    return f"{row.name} {row.by}={value_of(row)} ({worst})"
