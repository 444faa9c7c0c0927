"""Add a service's own matcher to every selector of a user's expression, in the tree and not in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.emit import promql


def with_service(expr: str, service: str, *, is_foreign: Callable[[str], bool]) -> str:
    """Return `expr` with `service="<service>"` on each selector that neither says otherwise nor is foreign.

    A multi-line or oddly spaced expression comes back in the parser's own layout.
    """

    def visit(node: Any) -> Any:
        if not isinstance(node, promql_parser.VectorSelector):
            return None
        return _restricted(node, service, is_foreign)

    tree = promql_tree.parse(expr)
    text: str = promql_parser.transform(tree, post_visit=visit).prettify()
    return text


def _restricted(node: Any, service: str, is_foreign: Callable[[str], bool]) -> Any:
    matchers = promql_tree.matchers(node)
    name = node.name or next((v for label, op, v in matchers if label == "__name__" and op == "="), "")
    if is_foreign(name) or any(label == "service" for label, _, _ in matchers):
        return None
    own = [m for m in matchers if m[0] != "__name__"] if name else matchers
    shown: str = node.prettify()
    # What follows the selector is an offset or an @; neither holds a brace.
    suffix = shown[shown.rfind("}") + 1 :] if "}" in shown else shown.removeprefix(node.name or "")
    return promql_parser.parse(promql.selector(name, [*own, ("service", "=", service)]) + suffix)
