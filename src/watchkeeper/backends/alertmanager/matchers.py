"""Matchers in Alertmanager's notation."""

from __future__ import annotations

from watchkeeper.emit import promql
from watchkeeper.emit.yaml import Value
from watchkeeper.plan.plan import Matcher


def matchers(wanted: tuple[Matcher, ...]) -> list[Value]:
    """Return the lines of `matchers`, such as `severity = "critical"`."""
    return [f"{name} {operator} {promql.string(value)}" for name, operator, value in wanted]
