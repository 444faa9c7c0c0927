"""The plain counters under an expression of rates: our rules add windows of their own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.importing.bucket_bounds import with_either_spelling

# Stands for a window that the other tool fills in; no file contains this duration.
PLACEHOLDER = "4242424s"
_PLACED = timedelta(seconds=4242424)
_INCREASES = ("rate", "increase", "irate")
_LINEAR = ("+", "-")
_SCALED = ("*", "/")
_ONE = "group both queries by it, write an objective for each group, or leave the grouping out"


class NotCounters(ValueError):
    """The expression is not a sum of counters' increases; the text says what it contains."""


@dataclass(slots=True)
class Counters:
    """A sum of counters: its text, how the increases were written, and what its rewriting changed.

    `parts` are the two sides of a difference. `windows` are the ranges that were removed, None where it had none.
    `groups` are the labels of each sum's `by`, empty ones too.
    """

    text: str
    node: Any
    parts: tuple[Counters, Counters] | None = None
    windows: set[timedelta | None] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    notes: set[str] = field(default_factory=set)
    groups: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def fixed_windows(self) -> list[str]:
        """Return the ranges that were removed and were not the placeholder, as text."""
        return sorted(f"{int(one.total_seconds())}s" for one in self.windows if one not in (None, _PLACED))


def counters_of(tree: Any) -> Counters:
    """Return the counters under an expression; raise NotCounters."""
    if isinstance(tree, promql_parser.ParenExpr):
        return counters_of(tree.expr)
    if isinstance(tree, promql_parser.VectorSelector):
        return _plain(tree, None)
    if isinstance(tree, promql_parser.Call):
        return _increase(tree)
    if isinstance(tree, promql_parser.AggregateExpr):
        return _sum(tree)
    if isinstance(tree, promql_parser.BinaryExpr):
        return _binary(tree)
    raise NotCounters(f"contains `{_short(tree)}`, which counts no events")


def _plain(node: Any, window: timedelta | None) -> Counters:
    text, notes = with_either_spelling(node)
    return Counters(text, node, windows={window}, notes=notes)


def _increase(call: Any) -> Counters:
    name = call.func.name
    if name not in _INCREASES or not isinstance(call.args[0], promql_parser.MatrixSelector):
        raise NotCounters(f"calls {name}(), and an objective counts the increase of counters")
    found = _plain(call.args[0].vector_selector, call.args[0].range)
    found.functions.add(name)
    if name == "irate":
        found.notes.add("irate() reads two samples only, and the rules count every event")
    return found


def _sum(node: Any) -> Counters:
    if str(node.op) != "sum":
        raise NotCounters(f"combines series with {node.op}(), and an objective adds its events up")
    modifier = node.modifier
    labels = tuple(modifier.labels) if modifier is not None else ()
    if modifier is not None and not str(modifier).startswith("by"):
        raise NotCounters(
            f"is grouped {str(modifier).split()[0]} ({', '.join(labels)}), and a budget is by the values of one label; {_ONE}"
        )
    found = counters_of(node.expr)
    found.groups.add(labels)
    return found


def common_group(*found: Counters) -> str:
    """Return the label by which all sums of some counters are grouped, empty for none; raise NotCounters."""
    groups = {group for one in found for group in one.groups or {()}}
    if groups == {()}:
        return ""
    (first, *others) = sorted(groups, key=lambda group: (-len(group), group))
    if others or len(first) != 1:
        words = " and ".join(
            f"by ({', '.join(group)})" if group else "by nothing" for group in (first, *others)
        )
        raise NotCounters(f"is grouped {words}, and a budget is by the values of one label; {_ONE}")
    return first[0]


def _binary(node: Any) -> Counters:
    operator = str(node.op)
    if operator == "or" and _is_zero(node.rhs):
        # Our rules count 0 where a counter has no series.
        return counters_of(node.lhs)
    if operator in _LINEAR:
        return _both(node, operator)
    if operator in _SCALED and _is_number(node.rhs):
        return _scaled(node.lhs, f" {operator} {node.rhs.prettify()}", before=False)
    if operator == "*" and _is_number(node.lhs):
        return _scaled(node.rhs, f"{node.lhs.prettify()} * ", before=True)
    raise NotCounters(f"contains the operator `{operator}`, and an objective adds and subtracts counters")


def _both(node: Any, operator: str) -> Counters:
    left, right = counters_of(node.lhs), counters_of(node.rhs)
    shown = f"({right.text})" if right.parts or " " in right.text else right.text
    found = Counters(f"{left.text} {operator} {shown}", node, (left, right) if operator == "-" else None)
    for each in (left, right):
        found.windows |= each.windows
        found.functions |= each.functions
        found.groups |= each.groups
        found.notes |= each.notes
    return found


def _scaled(node: Any, factor: str, *, before: bool) -> Counters:
    found = counters_of(node)
    inner = f"({found.text})" if isinstance(bare(node), promql_parser.BinaryExpr) else found.text
    found.text, found.parts = (f"{factor}{inner}" if before else f"{inner}{factor}"), None
    return found


def bare(node: Any) -> Any:
    """Return a tree without the parentheses around it."""
    while isinstance(node, promql_parser.ParenExpr):
        node = node.expr
    return node


def _is_number(node: Any) -> bool:
    return isinstance(bare(node), promql_parser.NumberLiteral)


def _is_zero(node: Any) -> bool:
    """Return whether an expression is vector(0), or 0 times something."""
    node = bare(node)
    if isinstance(node, promql_parser.Call):
        return bool(node.func.name == "vector" and _is_number(node.args[0]) and bare(node.args[0]).val == 0)
    if isinstance(node, promql_parser.BinaryExpr) and str(node.op) == "*":
        return any(_is_number(one) and bare(one).val == 0 for one in (node.lhs, node.rhs))
    return False


def has_placeholder(tree: Any) -> bool:
    """Return whether a part of an expression reads the window that the other tool fills in."""
    return any(getattr(node, "range", None) == _PLACED for node in promql_tree.nodes(tree))


def at_one_moment(tree: Any) -> Any | None:
    """Return an expression over the filled-in window as the same at one moment; None where that is not possible.

    Sums and means of samples over time become the sample, and a count of samples becomes 1.
    """
    moment = promql_parser.transform(tree, post_visit=_sample)
    return None if has_placeholder(moment) else moment


def _sample(node: Any) -> Any:
    if isinstance(node, promql_parser.Call) and node.func.name in _OVER_TIME and _reads_placeholder(node):
        inner = node.args[0]
        vector = (
            inner.vector_selector if isinstance(inner, promql_parser.MatrixSelector) else bare(inner.expr)
        )
        return promql_parser.parse(_OVER_TIME[node.func.name].format(grouped(vector)))
    return None


_OVER_TIME = {"sum_over_time": "{}", "avg_over_time": "{}", "count_over_time": "({} * 0 + 1)"}


def _reads_placeholder(call: Any) -> bool:
    inner = call.args[0]
    return getattr(inner, "range", None) == _PLACED and getattr(inner, "offset", None) is None


def grouped(node: Any) -> str:
    """Return a tree as text that may stand beside any operator."""
    text = str(bare(node).prettify())
    return f"({text})" if isinstance(bare(node), promql_parser.BinaryExpr) else text


def _short(node: Any) -> str:
    text = " ".join(str(node.prettify()).split())
    return text if len(text) <= 60 else f"{text[:57]}..."
