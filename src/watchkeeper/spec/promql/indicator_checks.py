"""Checks of an indicator's PromQL: plain counters, a single series where one is needed, bad events that are bad."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.promql.located_promql import Query, find_word
from watchkeeper.spec.promql.vocabulary import Vocabulary

_COUNTED = ("bad", "good", "total")
_OVER_TIME = re.compile(r"rate|irate|increase|delta|idelta|deriv|.+_over_time|resets|changes")
_SEVERAL = ("topk", "bottomk", "count_values", "limitk", "limit_ratio")
_ONE_VALUE = ("absent", "absent_over_time", "scalar", "vector", "time")
_GOOD_VALUE = re.compile(r"2(xx|\.\.|\[0-9\]\[0-9\]|[0-9][0-9])|success|succeeded|ok", re.IGNORECASE)
_BAD_VALUE = re.compile(r"5(xx|\.\.|\[0-9\]\[0-9\]|[0-9][0-9])|error|errors|fail(ed|ure)?", re.IGNORECASE)


def indicator_problems(
    query: Query, role: str, tree: Any, vocabulary: Vocabulary, *, external: bool
) -> Iterator[Problem]:
    """Yield the problems of one query of an SLI; `role` is its key."""
    if role in _COUNTED:
        yield from _over_time(query, role, tree)
        yield from _groups(query, role, tree)
        if not external:
            yield from _types(query, role, tree, vocabulary)
        yield from _swapped(query, role, tree)
    elif role in ("boolean", "ratio"):
        yield from _many_values(query, role, tree)


def _over_time(query: Query, role: str, tree: Any) -> Iterator[Problem]:
    for node in promql_tree.nodes(tree):
        name = node.func.name if isinstance(node, promql_parser.Call) else ""
        if isinstance(
            node, promql_parser.SubqueryExpr | promql_parser.MatrixSelector
        ) or _OVER_TIME.fullmatch(name):
            word = name or "["
            message = f"`{role}` has its own time window" + (f": {name}()" if name else "")
            remedy = "write the plain counters, because the rules add the windows"
            yield Problem(find_word(word, query), "WK223", message, remedy)
            return


def _groups(query: Query, role: str, tree: Any) -> Iterator[Problem]:
    """Yield a problem for a grouping, which the rules would discard: they add up all series."""
    for node in promql_tree.nodes(tree):
        word = _grouping(node)
        if word is not None:
            message = f"`{role}` is one number, and `{word}` asks for several"
            remedy = "leave it out, because the rules add up all series; or write an objective for each group"
            yield Problem(find_word(word, query), "WK222", message, remedy)
            return


def _grouping(node: Any) -> str | None:
    """Return the word by which a node keeps several series apart; None when it does not."""
    if isinstance(node, promql_parser.AggregateExpr):
        if str(node.op) in _SEVERAL:
            return str(node.op)
        if node.modifier is None:
            return None
        word = str(node.modifier).split()[0]
        # `by ()` is the plain sum.
        return word if word == "without" or node.modifier.labels else None
    if isinstance(node, promql_parser.BinaryExpr) and node.modifier is not None:
        return str(node.modifier.matching).split()[0] if node.modifier.matching is not None else None
    return None


def _types(query: Query, role: str, tree: Any, vocabulary: Vocabulary) -> Iterator[Problem]:
    for node in promql_tree.selectors(tree):
        name = promql_tree.metric_name(node)
        family = vocabulary.series.get(name)
        if family is not None and family.type == "gauge":
            message = f"`{role}` counts events, and {name} is a gauge"
            yield Problem(
                find_word(name, query), "WK209", message, "name a counter, or use `boolean` or `ratio`"
            )


def _swapped(query: Query, role: str, tree: Any) -> Iterator[Problem]:
    suspicious, other = (_GOOD_VALUE, "good") if role == "bad" else (_BAD_VALUE, "bad")
    if role == "total":
        return
    for node in promql_tree.selectors(tree):
        for label, op, value in promql_tree.matchers(node):
            if op in ("=", "=~") and label != "__name__" and suspicious.fullmatch(value):
                message = f'`{role}` selects {label}{op}"{value}", which appears to be {other}'
                yield Problem(find_word(value, query), "WK305", message, f"did you mean `{other}:`?")


def _many_values(query: Query, role: str, tree: Any) -> Iterator[Problem]:
    inner = tree
    while isinstance(inner, promql_parser.ParenExpr):
        inner = inner.expr
    if isinstance(inner, promql_parser.VectorSelector) or _is_single_value(inner):
        return
    message = f"`{role}` may return several series, and one is needed"
    remedy = "wrap it in avg(…) to weigh all alike, or in min(…) or max(…) to take the worst"
    yield Problem(query.owner, "WK222", message, remedy)


def _is_single_value(node: Any) -> bool:
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        return _is_single_value(node.expr)
    if isinstance(node, promql_parser.NumberLiteral):
        return True
    if isinstance(node, promql_parser.AggregateExpr):
        return node.modifier is None and str(node.op) not in _SEVERAL
    if isinstance(node, promql_parser.Call):
        return node.func.name in _ONE_VALUE or (
            bool(node.args) and all(_is_single_value(one) for one in node.args)
        )
    if isinstance(node, promql_parser.BinaryExpr):
        return _is_single_value(node.lhs) and _is_single_value(node.rhs)
    return False
