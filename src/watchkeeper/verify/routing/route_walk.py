"""Which routes an alert takes: Alertmanager's way through the tree, depth first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from watchkeeper.plan.notified_labels import fits
from watchkeeper.verify.routing.routing_config import RouteNode

_Pair = tuple[str, str]


class RouteWalk:
    """Finds the routes of alerts. A route with thousands of children looks only at those that may fit."""

    def __init__(self, root: RouteNode) -> None:
        self._root = root
        self._children: dict[RouteNode, tuple[dict[_Pair, list[int]], list[int]]] = {}

    def taken(self, labels: Mapping[str, str]) -> tuple[RouteNode, ...]:
        """Return the routes that notify of an alert with these labels, in their order; the root takes every other."""
        return tuple(self._taken(self._root, labels)) or (self._root,)

    def _taken(self, route: RouteNode, labels: Mapping[str, str]) -> list[RouteNode]:
        if not fits(route.matchers, labels):
            return []
        found: list[RouteNode] = []
        for child in self._candidates(route, labels):
            below = self._taken(child, labels)
            found += below
            if below and not child.continues:
                break
        return found or [route]

    def _candidates(self, route: RouteNode, labels: Mapping[str, str]) -> Iterator[RouteNode]:
        if route not in self._children:
            self._children[route] = _index(route)
        by_pair, others = self._children[route]
        numbers = [number for pair in labels.items() for number in by_pair.get(pair, ())]
        return (route.routes[number] for number in sorted((*numbers, *others)))


def _index(route: RouteNode) -> tuple[dict[_Pair, list[int]], list[int]]:
    """Return the children by the rarest label that each asks for, and those that ask for none."""
    asked = [
        [(name, value) for name, operator, value in child.matchers if operator == "=" and value]
        for child in route.routes
    ]
    often = Counter(pair for pairs in asked for pair in pairs)
    by_pair: dict[_Pair, list[int]] = {}
    others = []
    for number, pairs in enumerate(asked):
        if pairs:
            by_pair.setdefault(min(pairs, key=lambda pair: often[pair]), []).append(number)
        else:
            others.append(number)
    return by_pair, others
