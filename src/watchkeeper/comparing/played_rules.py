"""What is played for one objective: rule groups, and what to read of them. Old rules are found in the files of their tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from watchkeeper import naming, promql_tree
from watchkeeper.importing.draft import plain_name
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.problem import Problem

Group = Mapping[str, Any]
_FIRING = 'ALERTS{{alertstate="firing",{}}}'


@dataclass(frozen=True, slots=True)
class PlayedRules:
    """Groups of one objective; the queries of its firing page and ticket, and of the budget that is left where there is one."""

    groups: tuple[Group, ...]
    page: str
    ticket: str
    left: str | None


def our_rules(text: str, slo: PlannedSlo) -> PlayedRules:
    """Return what a rendered rule file has of an objective."""
    kinds = {alert.slo_kind: alert.name for alert in slo.alerts}
    page, ticket = (
        _FIRING.format(f'alertname="{kinds.get(kind, "")}"') for kind in (naming.FAST_BURN, naming.SLOW_BURN)
    )
    groups = tuple(yaml.safe_load(text)["groups"])
    return PlayedRules(groups, page, ticket, f'{naming.REMAINING}{{slo_id="{slo.slo_id}"}}')


def groups_of(document: Node) -> tuple[list[Group], Problem | None]:
    """Return the rule groups of a rule file or of a PrometheusRule, and what is wrong with it."""
    root = document.child("spec") or document
    listed = root.child("groups")
    plain = listed.plain() if listed is not None else None
    if isinstance(plain, list) and plain and all(map(_is_group, plain)):
        return plain, None  # type: ignore[return-value]
    where = root.key_position("groups")
    remedy = "name a rule file that the other tool generated, or a PrometheusRule"
    return [], Problem(where, "WK104", "`groups:` with rules is missing", remedy)


def _is_group(plain: object) -> bool:
    return (
        isinstance(plain, dict)
        and isinstance(plain.get("rules"), list)
        and all(isinstance(rule, dict) and isinstance(rule.get("expr"), str | int) for rule in plain["rules"])
    )


def old_rules(tool: str, groups: Sequence[Group], slo: PlannedSlo) -> PlayedRules | None:
    """Return the rules that a tool generated for the objective from which ours was imported; None where there are none."""
    return _FOUND[tool](groups, slo)


def _sloth(groups: Sequence[Group], slo: PlannedSlo) -> PlayedRules | None:
    for labels in _labels(groups):
        names = (labels.get("sloth_service", ""), labels.get("sloth_slo", ""))
        if tuple(map(plain_name, names)) == (slo.service, slo.name):
            break
    else:
        return None
    id_ = labels["sloth_id"]
    own = tuple(group for group in groups if str(group.get("name", "")).endswith(f"s-{id_}"))
    page, ticket = (_FIRING.format(f'sloth_severity="{one}"') for one in ("page", "ticket"))
    return PlayedRules(own, page, ticket, f'slo:period_error_budget_remaining:ratio{{sloth_id="{id_}"}}')


def _pyrra(groups: Sequence[Group], slo: PlannedSlo) -> PlayedRules | None:
    own = tuple(
        group
        for group in groups
        if any(plain_name(labels.get("slo", "")) == slo.name for labels in _labels([group]))
    )
    if not own:
        return None
    page, ticket = (_FIRING.format(f'long!="",severity="{one}"') for one in ("critical", "warning"))
    return PlayedRules(own, page, ticket, _pyrras_left(own, slo))


def _pyrras_left(groups: Iterable[Group], slo: PlannedSlo) -> str | None:
    """Return what Pyrra's own page divides: there is no rule for it. None where its counters have different names."""
    sli = slo.spec.sli
    recorded = [rule["record"] for group in groups for rule in group["rules"] if "record" in rule]
    increase = next((name for name in recorded if ":increase" in name), None)
    if increase is None or sli.bad is None or sli.total is None:
        return None
    bad, total = (
        next(iter(promql_tree.selectors(promql_tree.parse(query)))) for query in (sli.bad, sli.total)
    )
    if promql_tree.metric_name(bad) != promql_tree.metric_name(total):
        return None
    failed = [one for one in promql_tree.matchers(bad) if one not in promql_tree.matchers(total)]
    inside = ",".join(f'{label}{op}"{value}"' for label, op, value in failed if label != "__name__")
    # Between two evaluations promtool marks the series as gone.
    parts = [f"sum(last_over_time({increase}{{{one}}}[10m]))" for one in (inside, "")]
    return f"1 - {parts[0]} / {parts[1]} / {slo.budget}"


def _labels(groups: Iterable[Group]) -> Iterator[Mapping[str, str]]:
    for group in groups:
        for rule in group["rules"]:
            yield {name: str(value) for name, value in (rule.get("labels") or {}).items()}


_FOUND: Mapping[str, Callable[[Sequence[Group], PlannedSlo], PlayedRules | None]] = {
    "sloth": _sloth,
    "pyrra": _pyrra,
}
TOOLS = tuple(_FOUND)
