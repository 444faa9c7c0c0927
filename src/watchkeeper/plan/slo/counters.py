"""Turn a user's selectors or expressions of counters into events of a window, summed over all series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.model.service import Matcher
from watchkeeper.plan.service_matcher import IsExternal, restricted

_ARITHMETIC = ("+", "-", "*", "/", "%", "^")


def increases(
    expr: str,
    own: Sequence[Matcher],
    window: str,
    *,
    is_external: IsExternal,
    absent: str | None,
    total_of: Callable[[str], str] = "sum({})".format,
) -> str:
    """Return PromQL for the increase of `expr` over `window`, as `total_of` adds it up: into one value without labels,
    or into one for each value of a label.

    Each selector becomes the summed increase of its series, with the service's own matchers unless it is external.
    `absent` replaces a selector that finds no series; None leaves the value absent.
    """
    writer = _Writer(own, window, is_external, absent, total_of)
    return writer.value(promql_tree.parse(expr))


class _Writer:
    """Writes one expression."""

    def __init__(
        self,
        own: Sequence[Matcher],
        window: str,
        is_external: IsExternal,
        absent: str | None,
        total_of: Callable[[str], str],
    ) -> None:
        self.own, self.window, self.is_external, self.absent = own, window, is_external, absent
        self.total_of = total_of

    def value(self, node: Any) -> str:
        """Return a node as one value without labels."""
        if isinstance(node, promql_parser.ParenExpr):
            return self.value(node.expr)
        if isinstance(node, promql_parser.NumberLiteral):
            return str(node.prettify())
        if isinstance(node, promql_parser.VectorSelector):
            return self._guarded(self.total_of(self._increase(node)))
        if isinstance(node, promql_parser.BinaryExpr) and str(node.op) in _ARITHMETIC:
            return f"({self.value(node.lhs)} {node.op} {self.value(node.rhs)})"
        inner = promql_parser.transform(node, post_visit=self._visit).prettify()
        grouped = not isinstance(node, promql_parser.AggregateExpr) or node.modifier is not None
        return self._guarded(self.total_of(str(inner)) if grouped else str(inner))

    def _visit(self, node: Any) -> Any:
        if isinstance(node, promql_parser.VectorSelector):
            return promql_parser.parse(self._increase(node))
        return None

    def _increase(self, node: Any) -> str:
        return f"increase({restricted(node, self.own, self.is_external, window=self.window)})"

    def _guarded(self, text: str) -> str:
        return text if self.absent is None else f"({text} or {self.absent})"
