"""Finds the full route template of a request, with include prefixes, mounts and named parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.routing import BaseRoute, Host, Match, Mount, WebSocketRoute

from .frontend import frontends

_MOUNT_TAIL: Final = "/{path}"
_DEEPEST_MOUNT: Final = 16
_MOST_WRAPPERS: Final = 32


@dataclass(frozen=True, slots=True)
class Node:
    """A route of the table: a leaf with its template, or a mount or host with the routes below it.

    `owner` is the object that the framework leaves in the scope when this route matches.
    """

    template: str
    matcher: Any
    owner: object
    endpoint: object = None
    methods: frozenset[str] | None = None
    children: tuple[Node, ...] | None = None
    socket: bool = False
    last: bool = False
    """Whether the router tries it after all others, as FastAPI does with frontends."""


def routes_of(app: object) -> Sequence[BaseRoute] | None:
    """Return the routes of an application, behind the middleware around it; None if it has none."""
    routes: Sequence[BaseRoute] | None = getattr(_with_routes(app), "routes", None)
    return routes


def _with_routes(app: object) -> object:
    for _ in range(_MOST_WRAPPERS):
        if app is None or isinstance(getattr(app, "routes", None), list):
            return app
        app = getattr(app, "app", None)
    return None


def build(app: object, *, prefix: str = "", depth: int = 0) -> tuple[Node, ...]:
    """Return the table of an application's routes, in the order in which its router tries them."""
    found = _with_routes(app)
    if found is None or depth > _DEEPEST_MOUNT:
        return ()
    routes: Sequence[BaseRoute] = getattr(found, "routes", ())
    nodes = [node for route in routes for node in _nodes(route, route, prefix, depth)]
    return (*nodes, *(_frontend(path, route, prefix) for path, route in frontends(found, routes)))


def _nodes(route: Any, owner: object, prefix: str, depth: int) -> Iterator[Node]:
    contexts = getattr(route, "effective_route_contexts", None)
    if callable(contexts):  # FastAPI's included router, which resolves its routes lazily
        for context in contexts():
            yield from _nodes(getattr(context, "starlette_route", None) or context, context, prefix, depth)
    elif isinstance(route, Mount):
        yield _mount(route, owner, prefix, depth)
    elif isinstance(route, Host):
        below = _below(route, prefix, depth)
        yield Node(prefix or "/", route, owner, route.app, children=below)
    else:
        path = getattr(route, "path_format", None) or getattr(route, "path", None)
        if isinstance(path, str):
            endpoint, methods = (
                getattr(route, "endpoint", None),
                frozenset(getattr(route, "methods", None) or ()),
            )
            socket = isinstance(route, WebSocketRoute)
            yield Node(prefix + path, route, owner, endpoint, methods or None, socket=socket)


def _mount(route: Mount, owner: object, prefix: str, depth: int) -> Node:
    template = prefix + route.path_format.removesuffix(_MOUNT_TAIL)
    return Node(template or "/", route, owner, route.app, children=_below(route, template, depth))


def _below(route: Mount | Host, prefix: str, depth: int) -> tuple[Node, ...] | None:
    if routes_of(route.app) is not None:
        return build(route.app, prefix=prefix, depth=depth + 1)
    # The middleware of a mount may hide the application, not its routes.
    return build(route, prefix=prefix, depth=depth + 1) if route.routes else None


def _frontend(path: str, owner: object, prefix: str) -> Node:
    methods = frozenset(getattr(owner, "methods", None) or ("GET",))
    template = f"{prefix}{path}/{{path}}"  # as FastAPI names it in its spans
    return Node(template, _Below(path), owner, methods=methods, last=True)


@dataclass(frozen=True, slots=True)
class _Below:
    """Matches a path and all below it."""

    path: str

    def matches(self, scope: Mapping[str, Any]) -> tuple[Match, dict[str, Any]]:
        asked = path_within(scope)
        matches = asked == self.path or asked.startswith(self.path + "/")
        return (Match.FULL if matches else Match.NONE), {}


def leaves(nodes: Iterable[Node], *, sockets: bool = False) -> Iterator[Node]:
    """Yield the routes that answer requests, or those of WebSockets."""
    for node in nodes:
        if node.children is not None:
            yield from leaves(node.children, sockets=sockets)
        elif node.socket is sockets:
            yield node


def find(nodes: Iterable[Node], scope: Mapping[str, Any], *, last: bool = False) -> Node | None:
    """Return the leaf that the router would choose for the request, or None.

    With `last` a frontend may be that leaf, and so may a mount none of whose routes matches.
    """
    partial: Node | None = None
    for node in nodes:
        if node.last and not last:
            continue
        match, below = node.matcher.matches(dict(scope))
        if match is Match.FULL:
            if node.children is None:
                return node
            return find(node.children, {**scope, **below}, last=last) or (node if last else None)
        if match is Match.PARTIAL and partial is None:
            partial = node
    return partial


def other_slash(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the scope of the path to which a router redirects: with a slash at its end, or without."""
    path: str = scope["path"]
    return {**scope, "path": path.rstrip("/") if path.endswith("/") else path + "/"}


def path_within(scope: Mapping[str, Any]) -> str:
    """Return the request's path without the prefix under which the application is mounted."""
    path, root = scope["path"], scope.get("root_path", "")
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return str(path[len(root) :])
    return str(path)
