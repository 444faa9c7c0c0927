"""The labels of the series that an expression returns, as far as they can be known without running it."""

from __future__ import annotations

from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.spec.promql.vocabulary import Vocabulary

# None stands for any label: the expression reads what the spec does not declare.
Labels = frozenset[str] | None

_NONE: frozenset[str] = frozenset()
_WITHOUT_LABELS = ("scalar", "vector", "time", "pi")
_KEEP_SERIES = ("topk", "bottomk", "limitk", "limit_ratio")
_SETS = ("and", "unless")
_LITERALS = (promql_parser.NumberLiteral, promql_parser.StringLiteral)


def result_labels(tree: Any, vocabulary: Vocabulary, *, external: bool) -> Labels:
    """Return the labels that series of the result can have, besides their name."""
    match tree:
        case promql_parser.VectorSelector():
            return _selected(tree, vocabulary, external=external)
        case promql_parser.MatrixSelector():
            return _selected(tree.vector_selector, vocabulary, external=external)
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return result_labels(tree.expr, vocabulary, external=external)
        case promql_parser.AggregateExpr():
            return _aggregated(tree, result_labels(tree.expr, vocabulary, external=external))
        case promql_parser.Call():
            return _called(tree, vocabulary, external=external)
        case promql_parser.BinaryExpr():
            left = result_labels(tree.lhs, vocabulary, external=external)
            return _joined(tree, left, result_labels(tree.rhs, vocabulary, external=external))
    return _NONE


def _selected(node: Any, vocabulary: Vocabulary, *, external: bool) -> Labels:
    name = promql_tree.metric_name(node)
    family = vocabulary.series.get(name)
    if external or family is None or family.external or name.startswith("ALERTS"):
        return None
    bucket = ("le",) if name.endswith("_bucket") else ()
    return frozenset((*vocabulary.labels_of(family), *bucket))


def _aggregated(node: Any, inner: Labels) -> Labels:
    operator, modifier = str(node.op), node.modifier
    if operator in _KEEP_SERIES:
        return inner
    named = frozenset(modifier.labels) if modifier is not None else _NONE
    if modifier is not None and "Without" in str(modifier.type):
        kept = None if inner is None else inner - named
    else:
        kept = named if inner is None else inner & named
    if operator == "count_values" and kept is not None:
        return kept | {node.param.val}
    return kept


def _called(node: Any, vocabulary: Vocabulary, *, external: bool) -> Labels:
    name = node.func.name
    if name in _WITHOUT_LABELS or not node.args:
        return _NONE
    if name in ("absent", "absent_over_time"):
        return _absent(node.args[0])
    series = next((one for one in node.args if not isinstance(one, _LITERALS)), None)
    inner = result_labels(series, vocabulary, external=external) if series is not None else _NONE
    if inner is None:
        return None
    if name == "histogram_quantile":
        return inner - {"le"}
    if name in ("label_replace", "label_join"):
        return inner | {node.args[1].val}
    return inner


def _absent(argument: Any) -> Labels:
    """Return the labels of an absence: those that its selector fixes, and none where it is no selector."""
    if isinstance(argument, promql_parser.MatrixSelector):
        argument = argument.vector_selector
    if not isinstance(argument, promql_parser.VectorSelector):
        return _NONE
    return frozenset(label for label, op, _ in promql_tree.matchers(argument) if op == "=") - {"__name__"}


def _joined(node: Any, left: Labels, right: Labels) -> Labels:
    operator, modifier = str(node.op), node.modifier
    if operator in _SETS:
        return left
    if _is_scalar(node.lhs):
        return right
    if _is_scalar(node.rhs):
        return left
    if operator == "or":
        return None if left is None or right is None else left | right
    cardinality = str(modifier.card) if modifier is not None else ""
    if "ManyToOne" in cardinality or "OneToMany" in cardinality:
        many = left if "ManyToOne" in cardinality else right
        return None if many is None else many | frozenset(modifier.group_labels or ())
    matching = modifier.matching if modifier is not None else None
    if matching is not None and "Include" in str(matching.type):
        return frozenset(matching.labels)
    ignored = frozenset(matching.labels) if matching is not None else _NONE
    return None if left is None else left - ignored


def _is_scalar(node: Any) -> bool:
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr):
        return _is_scalar(node.expr)
    if isinstance(node, promql_parser.BinaryExpr):
        return _is_scalar(node.lhs) and _is_scalar(node.rhs)
    return isinstance(node, promql_parser.NumberLiteral) or (
        isinstance(node, promql_parser.Call) and node.func.name in ("scalar", "time", "pi")
    )
