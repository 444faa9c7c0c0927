"""Finds the full route template of a request, with include prefixes, mounts and named parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.routing import BaseRoute, Host, Match, Mount, WebSocketRoute

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


def routes_of(app: object) -> Sequence[BaseRoute] | None:
    """Return the routes of an application, behind the middleware around it; None if it has none."""
    for _ in range(_MOST_WRAPPERS):
        routes = getattr(app, "routes", None)
        if isinstance(routes, list):
            return routes
        app = getattr(app, "app", None)
        if app is None:
            break
    return None


def build(routes: Iterable[BaseRoute], *, prefix: str = "", depth: int = 0) -> tuple[Node, ...]:
    """Return the table of these routes, in the order in which the router tries them."""
    if depth > _DEEPEST_MOUNT:
        return ()
    return tuple(node for route in routes for node in _nodes(route, route, prefix, depth))


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
    elif not isinstance(route, WebSocketRoute):
        path = getattr(route, "path_format", None) or getattr(route, "path", None)
        if isinstance(path, str):
            methods = getattr(route, "methods", None)
            endpoint = getattr(route, "endpoint", None)
            yield Node(prefix + path, route, owner, endpoint, frozenset(methods) if methods else None)


def _mount(route: Mount, owner: object, prefix: str, depth: int) -> Node:
    template = prefix + route.path_format.removesuffix(_MOUNT_TAIL)
    return Node(template or "/", route, owner, route.app, children=_below(route, template, depth))


def _below(route: Mount | Host, prefix: str, depth: int) -> tuple[Node, ...] | None:
    routes = routes_of(route.app)
    if routes is None:
        routes = route.routes or None  # the middleware of a mount may hide the application, not its routes
    return None if routes is None else build(routes, prefix=prefix, depth=depth + 1)


def leaves(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield the routes that answer requests."""
    for node in nodes:
        if node.children is None:
            yield node
        else:
            yield from leaves(node.children)


def find(nodes: Iterable[Node], scope: Mapping[str, Any]) -> Node | None:
    """Return the leaf that the router would choose for the request, or None."""
    partial: Node | None = None
    for node in nodes:
        match, below = node.matcher.matches(dict(scope))
        if match is Match.FULL:
            return node if node.children is None else find(node.children, {**scope, **below})
        if match is Match.PARTIAL and partial is None:
            partial = node
    return partial


def path_within(scope: Mapping[str, Any]) -> str:
    """Return the request's path without the prefix under which the application is mounted."""
    path, root = scope["path"], scope.get("root_path", "")
    if root and path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
        return str(path[len(root) :])
    return str(path)
