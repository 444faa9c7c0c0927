"""Parse the user's PromQL and list its selectors; texts that could crash the parser are refused first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.spec.formats import Malformed

MAX_LENGTH = 4096
# The parser recurses in native code, and thousands of levels would crash the process.
MAX_DEPTH = 40
MAX_OPERANDS = 200


@dataclass(frozen=True, slots=True)
class Selector:
    """One series selector of an expression: metric name (None when only matchers say it) and label matchers."""

    metric: str | None
    matchers: tuple[tuple[str, str, str], ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the names of the labels that are matched."""
        return tuple(name for name, _, _ in self.matchers)


def parse(text: str) -> Any:
    """Return the tree; raise Malformed when it is not PromQL, not an instant vector, or too deep to parse safely."""
    _check_limits(text)
    try:
        tree = promql_tree.parse(text)
    except ValueError as error:
        reason = str(error).splitlines()[0].strip() if str(error).strip() else "cannot be parsed"
        raise Malformed("WK205", f"not PromQL: {reason}") from None
    if any(
        isinstance(node, promql_parser.VectorSelector) and node.matchers.or_matchers
        for node in promql_tree.nodes(tree)
    ):
        raise Malformed(
            "WK205", "not PromQL that can be read safely: it joins matchers with `or`", "write two selectors"
        )
    inner = tree
    while isinstance(inner, promql_parser.ParenExpr):
        inner = inner.expr
    if isinstance(
        inner, promql_parser.MatrixSelector | promql_parser.SubqueryExpr | promql_parser.StringLiteral
    ):
        raise Malformed(
            "WK205",
            "not PromQL that a rule can evaluate: it returns a range or a string, not an instant vector",
        )
    return tree


def is_safe(text: str) -> bool:
    """Return whether the text is short and flat enough for any parser."""
    try:
        _check_limits(text)
    except Malformed:
        return False
    return True


def _check_limits(text: str) -> None:
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    operands = sum(text.count(word) for word in ("+", "-", "*", "/", "%", "^", " or ", " and ", " unless "))
    if len(text) > MAX_LENGTH or deepest > MAX_DEPTH or operands > MAX_OPERANDS:
        raise Malformed(
            "WK205", "the PromQL is too long or too deep", "record parts of it as separate series"
        )


def selectors(tree: Any) -> Iterator[Selector]:
    """Yield every series selector of a tree, in no particular order."""
    for node in promql_tree.selectors(tree):
        found = tuple(promql_tree.matchers(node))
        name = promql_tree.metric_name(node) or None
        yield Selector(name, tuple(m for m in found if m[0] != "__name__"))
