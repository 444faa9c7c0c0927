"""Names the handler of a finished request: its full route template, or `__unmatched__`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final

from .contract import UNMATCHED
from .route import Node, build, find, leaves, routes_of

_NOT_FOUND: Final = 404
MOST_CACHED: Final = 4096
_REBUILD_AFTER_SECONDS: Final = 1.0

Scope = MutableMapping[str, Any]


class HandlerNames:
    """Resolves requests against an application's routes, once for each route that the router took.

    The router leaves the route that it took in the scope; that object is the key. Requests that carry no
    such object (answered by a middleware, or behind one that copies the scope) are matched each time.
    """

    def __init__(self, app: object, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._nodes: tuple[Node, ...] = ()
        self._shared: frozenset[int] = frozenset()
        self._built_at = float("-inf")
        self._routes: Sequence[object] = ()
        self._built_from = 0
        self._cache: dict[tuple[object, ...], tuple[str, tuple[object, ...]]] = {}

    @property
    def cached(self) -> int:
        """The number of routes remembered, at most MOST_CACHED."""
        return len(self._cache)

    def refresh(self) -> tuple[Node, ...]:
        """Read the application's routes again and return those that answer requests."""
        self._built_at = self._clock()
        routes = routes_of(self._app) or ()
        self._routes, self._built_from = routes, len(routes)
        self._nodes = build(routes)
        self._cache.clear()
        found = tuple(leaves(self._nodes))
        times = Counter(id(node.endpoint) for node in found)
        self._shared = frozenset(each for each, count in times.items() if count > 1)
        return found

    def name(self, scope: Scope, *, root_path: str, status: int) -> str:
        """Return the template of the route that took the request; `root_path` is the application's own."""
        taken = _taken(scope)
        if status == _NOT_FOUND and taken == (None, None, None):
            return UNMATCHED
        if len(self._routes) != self._built_from:
            self.refresh()
        key = (*map(id, taken), scope.get("root_path", ""))
        cached = self._cache.get(key)
        if cached is not None:
            return cached[0]
        node = self._match(scope, root_path)
        if node is None:
            return UNMATCHED
        if self._identifies(taken, node):
            self._remember(key, node.template, taken)
        return node.template

    def _match(self, scope: Scope, root_path: str) -> Node | None:
        asked = {
            "type": "http",
            "path": scope["path"],
            "root_path": root_path,
            "method": scope["method"],
            "headers": scope.get("headers", ()),
        }
        node = find(self._nodes, asked)
        # A change below the top level cannot be told without reading everything: at most once a second.
        if node is None and self._clock() - self._built_at > _REBUILD_AFTER_SECONDS:
            self.refresh()
            node = find(self._nodes, asked)
        return node

    def _identifies(self, taken: tuple[object, ...], node: Node) -> bool:
        context, route, endpoint = taken
        if node.owner is context or node.owner is route:
            return True
        return endpoint is not None and node.endpoint is endpoint and id(endpoint) not in self._shared

    def _remember(self, key: tuple[object, ...], template: str, taken: tuple[object, ...]) -> None:
        # A parametrised mount gives every tenant its own root path; forgetting costs one match, not memory.
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        # The objects are kept: an id belongs to another object once its own is collected.
        self._cache[key] = (template, taken)


def _taken(scope: Scope) -> tuple[object, object, object]:
    fastapi = scope.get("fastapi")
    context = fastapi.get("effective_route_context") if isinstance(fastapi, dict) else None
    return context, scope.get("route"), scope.get("endpoint")
