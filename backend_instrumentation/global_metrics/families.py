"""The families of a component: families of the contract with the label `component` and its one value."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..config.settings import load
from ..contract import INSTRUMENTATION_ERRORS, Family, families, family
from .component_config import MetricsConfig

COMPONENT: Final = "component"
_OPERATIONS: Final = ("operations_total", "operation_duration_seconds")


def component_families(component: str, config: MetricsConfig) -> tuple[Family, ...]:
    """Return the families that the instance of that name records."""
    # The file of the generator has the bounds that alert rules read.
    stated = {each.name: each for each in load(packs=()).families}
    found: list[Family] = []
    for name in _OPERATIONS:
        base = stated.get(name) or family(name)
        assert base is not None
        buckets = config.buckets if base.type == "histogram" and config.buckets else base.buckets
        found.append(replace(base, labels=(*base.labels, *config.labels), buckets=buckets, rows=()))
    errors = family(INSTRUMENTATION_ERRORS)
    assert errors is not None
    return tuple(_of(component, each) for each in (*found, *config.metrics, errors))


def pack_families(component: str, pack: str) -> tuple[Family, ...]:
    """Return the families of a pack of the contract for the instance of that name."""
    stated = {each.name: each for each in load(packs=()).families}
    return tuple(_of(component, stated.get(each.name, each)) for each in families((pack,)))


def _of(component: str, base: Family) -> Family:
    return replace(
        base,
        labels=(COMPONENT, *base.labels),
        allowed=((COMPONENT, (component,)), *base.allowed),
        rows=tuple((component, *row) for row in base.rows),
    )
