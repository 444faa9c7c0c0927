"""Fewer, fuller rule groups, for a target that limits both the rules of a group and the groups of a tenant.

A group is evaluated in order and groups are not, so a rule stays behind those that it reads: whole groups are joined,
and only rules that read nothing recorded, or that nothing recorded reads, leave theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby

from watchkeeper import naming
from watchkeeper.emit.rules_yaml import RuleGroup
from watchkeeper.targets.placed_groups import PlacedGroup

_CONSTANT = f"      - record: {naming.OBJECTIVE}"
_ALERT = "      - alert: "
_ALONE = "What no objective's group has, in order: a rule reads only what those before it record."
_ROLLUPS = "Windows beyond 6h, from rollups: those of several objectives, one after the other."


def full_groups(groups: Iterable[PlacedGroup], most: int) -> Iterator[PlacedGroup]:
    """Yield the rules of the groups again, in as few groups of at most `most` rules as their order allows."""
    for service, own in groupby(groups, key=lambda one: one.service):
        yield from _of_service(service, list(own), most)


def _of_service(service: str, groups: list[PlacedGroup], most: int) -> Iterator[PlacedGroup]:
    alone: list[tuple[PlacedGroup, list[str]]] = []
    rollups: list[PlacedGroup] = []
    for one in groups:
        if one.kind == "rollup":
            rollups.append(one)
            continue
        kept, moved = _shortened(one.group.rules, most) if one.kind == "live" else ([], one.group.rules)
        alone += ((one, rule) for rule in moved)
        if kept:
            yield replace(one, group=replace(one.group, rules=kept))
    for start in range(0, len(alone), most):
        part = alone[start : start + most]
        first, name = part[0][0], _numbered(naming.alerts_group(service), start // most + 1)
        interval = first.group.interval
        yield replace(first, group=RuleGroup(name, _ALONE, interval, [rule for _, rule in part]))
    yield from _joined(service, rollups, most)


def _shortened(rules: list[list[str]], most: int) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rules that stay in a group that is too long, and those that leave it: at most as many as must.

    First the constant, which costs nothing; then alerts, the least urgent first: they come an evaluation later.
    """
    may_leave = [rule for rule in rules if _CONSTANT in rule]
    may_leave += reversed([rule for rule in rules if any(line.startswith(_ALERT) for line in rule)])
    moved = may_leave[: max(0, len(rules) - most)]
    return [rule for rule in rules if rule not in moved], moved


def _joined(service: str, rollups: list[PlacedGroup], most: int) -> Iterator[PlacedGroup]:
    """Yield the rollups of as many objectives in one group as it can hold."""
    parts: list[list[PlacedGroup]] = []
    for one in rollups:
        if parts and sum(len(each.group.rules) for each in parts[-1]) + len(one.group.rules) <= most:
            parts[-1].append(one)
        else:
            parts.append([one])
    for number, part in enumerate(parts, start=1):
        rules = [rule for each in part for rule in each.group.rules]
        name = _numbered(f"{service}-tiles", number)
        yield replace(part[0], group=RuleGroup(name, _ROLLUPS, part[0].group.interval, rules))


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"
