"""Add a service's own matcher to every selector of a user's expression, in the tree and not in the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.emit import promql
from watchkeeper.exposed.series_labels import family_of
from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service

IsForeign = Callable[[str], bool]
_SYNTHETIC_FOREIGN = ("ALERTS", "ALERTS_FOR_STATE")


def foreign_names(service: Service, *, external: bool) -> IsForeign:
    """Return whether a metric's name belongs to others, whose series have no service label."""
    if external:
        return lambda _: True
    foreign = {metric.name for metric in service.metrics if metric.external}.union(_SYNTHETIC_FOREIGN)
    return lambda name: name in foreign or family_of(name) in foreign


def is_external(alert: Alert, service: Service) -> bool:
    """Return whether others expose the alert's metric and know nothing of the service label."""
    return alert.external or any(
        metric.external and metric.name == alert.metric for metric in service.metrics
    )


def with_service(expr: str, service: str, *, is_foreign: IsForeign) -> str:
    """Return `expr` with `service="<service>"` on each selector that has no service matcher and is not foreign.

    A multi-line or oddly spaced expression comes back in the parser's own layout.
    """

    def visit(node: Any) -> Any:
        if not isinstance(node, promql_parser.VectorSelector):
            return None
        return promql_parser.parse(restricted(node, service, is_foreign))

    tree = promql_tree.parse(expr)
    text: str = promql_parser.transform(tree, post_visit=visit).prettify()
    return text


def restricted(node: Any, service: str, is_foreign: IsForeign, *, window: str | None = None) -> str:
    """Return a vector selector as text with the service's matcher, unless it has one or is foreign.

    `window` becomes its range, before an offset or an @ that follows.
    """
    matchers = promql_tree.matchers(node)
    name = promql_tree.metric_name(node)
    own = [m for m in matchers if m[0] != "__name__"] if name else matchers
    if not is_foreign(name) and all(label != "service" for label, _, _ in matchers):
        own = [*own, ("service", "=", service)]
    shown: str = node.prettify()
    # What follows the selector is an offset or an @; neither contains a brace.
    suffix = shown[shown.rfind("}") + 1 :] if "}" in shown else shown.removeprefix(node.name or "")
    return promql.selector(name, own, range=window) + suffix
