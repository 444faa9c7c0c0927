"""Names the handler of a finished request: its full route template, or `__unmatched__`."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final, NamedTuple

from ..contract import UNMATCHED
from .route import Node, build, find, leaves, other_slash, routes_of

_NOT_FOUND: Final = 404
_REDIRECT: Final = 307
_NOTHING: Final = (None, None, None)
_REBUILD_AFTER_SECONDS: Final = 1.0

Scope = MutableMapping[str, Any]


class Named(NamedTuple):
    """A handler, and whether it holds for every request whose scope contains the same objects."""

    handler: str
    cachable: bool


class HandlerNames:
    """Resolves requests against an application's routes, by the objects that the router left in the scope.

    A request without such an object was answered by a middleware, or behind one that copies the scope. It is
    matched again, as is one whose object stands for several routes.
    """

    def __init__(self, app: object, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock
        self._nodes: tuple[Node, ...] = ()
        self._shared: frozenset[int] = frozenset()
        self._owned: dict[int, Node] = {}
        self._built_at = float("-inf")
        self._routes: Sequence[object] = ()
        self._built_from = 0

    def refresh(self) -> tuple[Node, ...]:
        """Read the application's routes again and return those that answer requests."""
        self._built_at = self._clock()
        routes = routes_of(self._app) or ()
        self._routes, self._built_from = routes, len(routes)
        self._nodes = build(self._app)
        found = tuple(leaves(self._nodes))
        times = Counter(id(node.endpoint) for node in found)
        self._shared = frozenset(each for each, count in times.items() if count > 1)
        owners = Counter(id(node.owner) for node in found)
        self._owned = {
            id(node.owner): node for node in found if owners[id(node.owner)] == 1 and not node.last
        }
        return found

    def outdated(self) -> bool:
        """Return whether the number of the application's own routes has changed."""
        return len(self._routes) != self._built_from

    def named(self, scope: Scope, *, root_path: str, status: int) -> Named:
        """Return the template of the route that matched; `root_path` is the application's own."""
        found = matched_route(scope)
        if status == _NOT_FOUND and found == _NOTHING:
            return Named(UNMATCHED, cachable=True)
        if self.outdated():
            self.refresh()
        context, route, _ = found
        own = self._owned.get(id(route if context is None else context))
        if own is not None:
            return Named(own.template, cachable=True)
        node, routed = self._match(scope, root_path, status)
        if node is None:
            return Named(UNMATCHED, cachable=False)
        return Named(node.template, routed and self._identifies(found, node))

    def sockets(self) -> tuple[Node, ...]:
        """Return the routes of WebSockets, as of the last reading."""
        return tuple(leaves(self._nodes, sockets=True))

    def socket(self, scope: Scope, root_path: str) -> str:
        """Return the template of the route that a WebSocket connection reached."""
        asked = {"type": "websocket", "path": scope["path"], "root_path": root_path,
                 "headers": scope.get("headers", ())}  # fmt: skip
        node = find(self._nodes, asked)
        return UNMATCHED if node is None else node.template

    def _match(self, scope: Scope, root_path: str, status: int) -> tuple[Node | None, bool]:
        asked = {
            "type": "http",
            "path": scope["path"],
            "root_path": root_path,
            "method": scope["method"],
            "headers": scope.get("headers", ()),
        }
        node = find(self._nodes, asked)
        if node is not None:
            return node, True
        last = self._last(asked, status)
        # A change below the top level shows only by reading all routes again: at most once a second.
        known = last is not None and matched_route(scope) == _NOTHING
        if not known and self._clock() - self._built_at > _REBUILD_AFTER_SECONDS:
            self.refresh()
            return find(self._nodes, asked) or self._last(asked, status), False
        return last, False

    def _last(self, asked: Scope, status: int) -> Node | None:
        """Return what answers where no route does: a redirect to the other slash, a frontend, a mount."""
        if status == _NOT_FOUND:
            return None
        target = find(self._nodes, other_slash(asked), last=True) if status == _REDIRECT else None
        return target or find(self._nodes, asked, last=True)

    def _identifies(self, found: tuple[object, ...], node: Node) -> bool:
        context, route, endpoint = found
        if node.owner is context or node.owner is route:
            return True
        return endpoint is not None and node.endpoint is endpoint and id(endpoint) not in self._shared


def matched_route(scope: Scope) -> tuple[object, object, object]:
    """Return what the router left in the scope: FastAPI's route context, the route, the endpoint."""
    fastapi = scope.get("fastapi")
    context = fastapi.get("effective_route_context") if isinstance(fastapi, dict) else None
    return context, scope.get("route"), scope.get("endpoint")
