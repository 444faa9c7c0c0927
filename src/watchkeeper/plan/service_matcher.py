"""Add a service's own matchers to every selector of a user's expression, in the tree and not in the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import promql_parser

from watchkeeper import promql_tree
from watchkeeper.emit import promql
from watchkeeper.exposed.series_labels import family_of
from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Matcher, Service

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


def with_service(expr: str, own: Sequence[Matcher], *, is_external: IsExternal) -> str:
    """Return `expr` with the service's own matchers on each selector that is not external.

    A selector keeps the matchers that it has: a label that it restricts already is not restricted again.

    A multi-line or oddly spaced expression comes back in the parser's own layout.
    """

    def visit(node: Any) -> Any:
        if not isinstance(node, promql_parser.VectorSelector):
            return None
        return promql_parser.parse(restricted(node, own, is_external))

    tree = promql_tree.parse(expr)
    text: str = promql_parser.transform(tree, post_visit=visit).prettify()
    return text


def restricted(
    node: Any, own: Sequence[Matcher], is_external: IsExternal, *, window: str | None = None
) -> str:
    """Return a vector selector as text with the service's matchers of labels that it has not, unless it is external.

    `window` becomes its range, before an offset or an @ that follows.
    """
    matchers = promql_tree.matchers(node)
    name = promql_tree.metric_name(node)
    all_of = [m for m in matchers if m[0] != "__name__"] if name else list(matchers)
    if not is_external(name):
        all_of += missing(own, matchers)
    shown: str = node.prettify()
    # What follows the selector is an offset or an @; neither contains a brace.
    suffix = shown[shown.rfind("}") + 1 :] if "}" in shown else shown.removeprefix(node.name or "")
    return promql.selector(name, all_of, range=window) + suffix


def missing(own: Sequence[Matcher], written: Sequence[Matcher]) -> list[Matcher]:
    """Return the matchers of a service whose labels those of a selector do not restrict."""
    labels = {label for label, _, _ in written}
    return [one for one in own if one[0] not in labels]
