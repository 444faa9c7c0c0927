"""Expressions as trees, for the rooms that read PromQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser

# A raw string in backticks, or a quoted string, which may contain backticks.
_STRING = re.compile(r"""`([^`]*)`|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)
_OPERATORS = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}


def parse(text: str) -> Any:
    """Return the tree of an expression; raise ValueError. Raw strings are converted to quoted ones, which the parser supports."""
    return promql_parser.parse(_STRING.sub(_quoted, text))


def matchers(node: Any) -> list[tuple[str, str, str]]:
    """Return the label matchers of a vector selector: name, operator, value."""
    return [(m.name, _OPERATORS[str(m.op).rsplit(".", 1)[-1]], m.value) for m in node.matchers.matchers]


def _quoted(match: re.Match[str]) -> str:
    return match[0] if match[1] is None else json.dumps(match[1], ensure_ascii=False)


def nodes(tree: Any) -> Iterator[Any]:
    """Yield every node of a tree, in no particular order."""
    pending = [tree]
    while pending:
        node = pending.pop()
        if node is None:
            continue
        yield node
        if isinstance(node, promql_parser.MatrixSelector):
            pending.append(node.vector_selector)
        elif isinstance(node, promql_parser.Call):
            pending.extend(node.args)
        else:
            pending.extend(getattr(node, field, None) for field in ("expr", "lhs", "rhs", "param"))


def selectors(tree: Any) -> Iterator[Any]:
    """Yield every vector selector of a tree."""
    return (node for node in nodes(tree) if isinstance(node, promql_parser.VectorSelector))


def metric_name(node: Any) -> str:
    """Return the metric that a vector selector names; empty when it names none."""
    return node.name or next((v for label, op, v in matchers(node) if label == "__name__" and op == "="), "")


def metric_names(tree: Any) -> set[str]:
    """Return the metrics that a tree selects."""
    return {metric_name(node) for node in selectors(tree)}
