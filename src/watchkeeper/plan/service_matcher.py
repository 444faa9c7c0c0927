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

IsExternal = Callable[[str], bool]
_OF_PROMETHEUS = ("ALERTS", "ALERTS_FOR_STATE")


def external_names(service: Service, *, external: bool) -> IsExternal:
    """Return whether a metric's name belongs to others, whose series have no service label."""
    if external:
        return lambda _: True
    found = {metric.name for metric in service.metrics if metric.external}.union(_OF_PROMETHEUS)
    return lambda name: name in found or family_of(name) in found


def reads_external(alert: Alert, service: Service) -> bool:
    """Return whether others expose the alert's metric and know nothing of the service label."""
    return alert.external or any(
        metric.external and metric.name == alert.metric for metric in service.metrics
    )


def with_service(expr: str, service: str, *, is_external: IsExternal) -> str:
    """Return `expr` with `service="<service>"` on each selector that has no service matcher and is not external.

    A multi-line or oddly spaced expression comes back in the parser's own layout.
    """

    def visit(node: Any) -> Any:
        if not isinstance(node, promql_parser.VectorSelector):
            return None
        return promql_parser.parse(restricted(node, service, is_external))

    tree = promql_tree.parse(expr)
    text: str = promql_parser.transform(tree, post_visit=visit).prettify()
    return text


def restricted(node: Any, service: str, is_external: IsExternal, *, window: str | None = None) -> str:
    """Return a vector selector as text with the service's matcher, unless it has one or is external.

    `window` becomes its range, before an offset or an @ that follows.
    """
    matchers = promql_tree.matchers(node)
    name = promql_tree.metric_name(node)
    own = [m for m in matchers if m[0] != "__name__"] if name else matchers
    if not is_external(name) and all(label != "service" for label, _, _ in matchers):
        own = [*own, ("service", "=", service)]
    shown: str = node.prettify()
    # What follows the selector is an offset or an @; neither contains a brace.
    suffix = shown[shown.rfind("}") + 1 :] if "}" in shown else shown.removeprefix(node.name or "")
    return promql.selector(name, own, range=window) + suffix
