"""VictoriaMetrics' vmalert: a rule file for each service, with a group for each level of rules that read each other.

vmalert writes what a group recorded while the next one is evaluated, so a rule reads what the rule before it recorded
only if both are seconds apart. Levels begin five seconds after each other, which is longer than a write takes to be
visible, and read what was there four seconds before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import groups_text
from watchkeeper.model.finding import Finding
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.placed_groups import PlacedGroup, of_ruler, placed_groups
from watchkeeper.targets.target_limits import DoesNotFit

APART_SECONDS = 5
"""Between two levels: vmalert sends after half a second (as its flags should say), and a write is visible two seconds later."""
_LAST = 5
"""The last level. A forecast's alert, which would be one more, reads what was forecast at the evaluation before."""
_READ_BACK = "4s"
# As Prometheus looks back for the newest sample of a series; vmalert's own default may be changed by a flag.
_LOOK_BACK = "5m"
_ORDER = (
    "A group whose name ends in a number reads what those with smaller numbers record, seconds before it."
)
_RECORD = "      - record: "
_LABELS = "        labels:"
_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
_OF_VMALERT = {
    "PrometheusRuleFailures": (
        "VmalertRuleFailures",
        'sum by (group) (increase({__name__=~"vmalert_(alerting|recording)_rules_errors_total"}[5m])) > 0',
    ),
    "PrometheusNotificationsFailing": (
        "VmalertNotificationsFailing",
        "sum by (addr) (increase(vmalert_alerts_send_errors_total[5m])) > 0",
    ),
}


def render(plan: Plan) -> dict[str, str]:
    """Return a file for each service; raise DoesNotFit where the levels do not fit into an evaluation interval."""
    header = f"{generated_from(plan.source)}\n{_ORDER}"
    further = tuple(of_ruler(plan, _OF_VMALERT))
    groups = list(_levels(placed_groups(plan, further=further), plan))
    services = groupby(groups, key=lambda one: one.service)
    return {f"{service}.yml": groups_text(header, (one.group for one in own)) for service, own in services}


def _levels(groups: Iterable[PlacedGroup], plan: Plan) -> Iterator[PlacedGroup]:
    every = int(plan.stack.evaluation_interval.seconds)
    found: list[Finding] = []
    known: dict[str, int] = {}
    for one in groups:
        if one.kind != "rollup":
            # Rollups read what the live rules before them record.
            known = {}
        levels = _by_level(one.group.rules, known)
        needed = APART_SECONDS * (max(levels) + 1)
        if needed > every:
            message = (
                f"{one.group.name} has {max(levels) + 1} levels of rules, for which vmalert needs {needed}s"
            )
            remedy = f"set stack.evaluation_interval to {needed}s or longer; it is {every}s"
            found.append(Finding(where=one.where, code="WK251", message=message, remedy=remedy))
        for level, rules in sorted(levels.items()):
            yield _of_level(one, level, rules)
    if found:
        raise DoesNotFit(found)


def _by_level(rules: Iterable[list[str]], known: dict[str, int]) -> dict[int, list[list[str]]]:
    """Return the rules by level: one more than that of what they read, up to the last. Add what they record to `known`."""
    levels: dict[int, list[list[str]]] = {}
    for rule in rules:
        level = min(_LAST, 1 + max((known[name] for name in _read(rule) if name in known), default=-1))
        levels.setdefault(level, []).append(rule)
        for name in (line.removeprefix(_RECORD) for line in rule if line.startswith(_RECORD)):
            known[name] = max(level, known.get(name, 0))
    return levels


def _read(rule: list[str]) -> set[str]:
    """Return the names in a rule's expression."""
    start = next(number for number, line in enumerate(rule) if line.startswith("        expr: "))
    end = next((number for number, line in enumerate(rule) if line == _LABELS), len(rule))
    return set(_NAME.findall("\n".join(rule[start:end])))


def _of_level(one: PlacedGroup, level: int, rules: list[list[str]]) -> PlacedGroup:
    settings = (
        ("eval_offset", f"{level * APART_SECONDS}s"),
        ("params", f'{{latency_offset: ["{_READ_BACK}"], step: ["{_LOOK_BACK}"]}}'),
    )
    name = f"{one.group.name}-{level}" if level else one.group.name
    return replace(one, group=replace(one.group, name=name, rules=rules, settings=settings))
