"""A PrometheusRule for each service; one whose rules are too many bytes for an object has several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from watchkeeper.emit.rules_yaml import groups_text
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.operator.kubernetes_object import MONITORING, head, name_of, text_of
from watchkeeper.targets.placed_groups import PlacedGroup
from watchkeeper.targets.target_profile import OPERATOR

_INDENT = "  "


def prometheus_rules(plan: Plan, groups: Iterable[PlacedGroup]) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each object."""
    for service, own in groupby(groups, key=lambda one: one.service):
        for number, part in enumerate(_parts(own), start=1):
            # With a dot, which no service has in its name: checkout-2 may be another one.
            name = name_of(service) + (f".{number}" if number > 1 else "")
            yield f"rules/{name.removeprefix('watchkeeper-')}.yaml", _object(name, part, plan)


def _parts(groups: Iterable[PlacedGroup]) -> Iterator[list[PlacedGroup]]:
    """Yield the groups in parts that an object can hold: no group reads another of the same service's in order."""
    part: list[PlacedGroup] = []
    total = 0
    for one in groups:
        if part and total + one.size > (OPERATOR.max_bytes or 0):
            yield part
            part, total = [], 0
        part.append(one)
        total += one.size
    if part:
        yield part


def _object(name: str, groups: list[PlacedGroup], plan: Plan) -> str:
    before = text_of(head(MONITORING, "PrometheusRule", name, dict(plan.stack.operator.labels)), plan)
    body = groups_text("", (one.group for one in groups)).split("\n")
    indented = "\n".join(_INDENT + line if line else "" for line in body if line != "#")
    return f"{before}spec:\n{indented}"
