"""One objective in detail: its windows, and what each of its alerts needs to fire, from the rules that run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import promql_parser

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.calendar_window import window_length
from watchkeeper.overview.objective_rows import Objective
from watchkeeper.prometheus_api import Sample
from watchkeeper.promql_tree import metric_name, parse, selectors

_RATIO, _EVENTS = naming.error_ratio(""), naming.bad_events_tile("")
_MET = {
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
    "==": lambda value, limit: value == limit,
}
_INDEX = "condition"


@dataclass(frozen=True, slots=True)
class Window:
    """The error ratio of one window, and its burn rate."""

    name: str
    error_ratio: float
    burn: float | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an alert's rule. `what` is errors, events or budget; `window` is empty for the budget.

    `value` is None where the expression has no value now.
    """

    what: str
    window: str
    operator: str
    limit: float
    query: str
    value: float | None = None

    @property
    def is_met(self) -> bool:
        """Return whether the comparison is true now."""
        return self.value is not None and _MET[self.operator](self.value, self.limit)

    @property
    def least(self) -> float:
        """Return the limit as people read it: the guard `> 1.5` asks for 2 events."""
        return math.floor(self.limit) + 1 if self.what == "events" else self.limit


@dataclass(frozen=True, slots=True)
class AlertNeeds:
    """One alert of the objective. It fires while every condition of one of `ways` is met, for `hold` seconds."""

    name: str
    kind: str
    state: str
    severity: str
    hold: float
    ways: tuple[tuple[Condition, ...], ...]
    runbook: str
    dashboard: str


@dataclass(frozen=True, slots=True)
class Detail:
    """What is known of one objective beyond its row; `problem` says why it is not complete."""

    windows: tuple[Window, ...] = ()
    alerts: tuple[AlertNeeds, ...] = ()
    problem: str = ""


def ratios_query(objective: Objective) -> str:
    """Return PromQL for the objective's error ratios of all windows."""
    own = tuple((name, "=", value) for name, value in sorted(objective.labels.items()))
    return selector("", (("__name__", "=~", f"{_RATIO}.+"), *own))


def windows(objective: Objective, samples: Iterable[Sample]) -> tuple[Window, ...]:
    """Return the windows of the answer to `ratios_query`, shortest first."""
    budget = None if objective.target is None else 1 - objective.target
    found = []
    for sample in samples:
        if not math.isfinite(sample.value):
            continue
        name = sample.labels.get("__name__", "").removeprefix(_RATIO)
        burn = sample.value / budget if budget else None
        found.append((window_length(name), Window(name, sample.value, burn)))
    return tuple(window for _, window in sorted(found, key=lambda pair: pair[0]))


def alert_needs(objective: Objective, groups: Iterable[Mapping[str, Any]]) -> tuple[AlertNeeds, ...]:
    """Return the objective's alerts from Prometheus' `/api/v1/rules`, without the values of their conditions."""
    return tuple(
        _needs(rule)
        for group in groups
        for rule in group["rules"]
        if rule.get("type") == "alerting" and rule["labels"].get("slo_id") == objective.slo_id
    )


def _needs(rule: Mapping[str, Any]) -> AlertNeeds:
    labels, annotations = rule["labels"], rule.get("annotations", {})
    return AlertNeeds(
        name=rule["name"],
        kind=labels.get(naming.KIND_LABEL, ""),
        state=rule.get("state", ""),
        severity=labels.get("severity", ""),
        hold=float(rule.get("duration", 0)),
        ways=ways(rule["query"]),
        runbook=annotations.get("runbook_url", annotations.get("runbook_path", "")),
        dashboard=annotations.get("dashboard_url", ""),
    )


def ways(expression: str) -> tuple[tuple[Condition, ...], ...]:
    """Return the comparisons of each alternative of an alert's expression; none if it has another form."""
    try:
        return tuple(tuple(_conditions(way)) for way in _split(parse(expression), "or"))
    except ValueError:
        return ()


def _split(node: Any, operator: str) -> Iterator[Any]:
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) == operator:
        yield from _split(node.lhs, operator)
        yield from _split(node.rhs, operator)
    else:
        yield node


def _conditions(way: Any) -> Iterator[Condition]:
    for node in _split(way, "and"):
        is_comparison = isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _MET
        if not is_comparison or not isinstance(node.rhs, promql_parser.NumberLiteral):
            raise ValueError("no comparison with a number")
        yield _condition(node)


def _condition(node: Any) -> Condition:
    # Which month it is, is no subject of a comparison.
    (series,) = (one for one in selectors(node.lhs) if metric_name(one) != naming.CALENDAR_BEGINS)
    name, text = metric_name(series), str(node.lhs)
    what, window = _subject(name, text)
    return Condition(what, window, str(node.op), node.rhs.val, text)


def _subject(name: str, text: str) -> tuple[str, str]:
    if name.startswith(_RATIO):
        return "errors", name.removeprefix(_RATIO)
    if name.startswith(_EVENTS):
        return "events", name.removeprefix(_EVENTS)
    if name == naming.BAD_BASE and "[" in text:
        return "events", text.partition("[")[2].partition(":")[0]
    if name == naming.REMAINING:
        return "budget", ""
    raise ValueError(f"{name} is no series that our alerts compare")


def values_query(needs: Sequence[AlertNeeds]) -> str:
    """Return one query for the values of all conditions, empty if there is none."""
    texts = [condition.query for alert in needs for way in alert.ways for condition in way]
    return " or ".join(
        f'label_replace({text}, "{_INDEX}", "{index}", "", "")' for index, text in enumerate(texts)
    )


def of_row(objective: Objective, samples: Iterable[Sample]) -> list[Sample]:
    """Return the samples that are about an objective's own value of a label; one without the label is about all."""
    own = objective.labels
    return [
        one for one in samples if all(own.get(name, value) == value for name, value in one.labels.items())
    ]


def with_values(needs: Sequence[AlertNeeds], samples: Iterable[Sample]) -> tuple[AlertNeeds, ...]:
    """Return the alerts with the values that `values_query` answered."""
    values = {int(one.labels[_INDEX]): one.value for one in samples}
    index = iter(range(len(values) + sum(len(way) for alert in needs for way in alert.ways)))
    return tuple(
        replace(
            alert,
            ways=tuple(
                tuple(replace(condition, value=values.get(next(index))) for condition in way)
                for way in alert.ways
            ),
        )
        for alert in needs
    )
