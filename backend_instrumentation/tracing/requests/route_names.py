"""Names the route of a finished request for its span; each route is looked up once."""

from __future__ import annotations

from typing import Final

from starlette.types import Scope

from ...http_metrics.handler import HandlerNames

_MOST_CACHED: Final = 1024


class RouteNames:
    """The route templates of one application."""

    def __init__(self) -> None:
        self._names: HandlerNames | None = None
        # The objects are kept with the name, because their ids are the key.
        self._found: dict[tuple[object, ...], tuple[str, tuple[object, ...]]] = {}

    def of(self, scope: Scope, status: int) -> str:
        """Return the request's route template, or "" where no route matched."""
        if scope["type"] != "http" or "app" not in scope:
            return ""
        owners = (scope.get("route"), scope.get("endpoint"), _context(scope))
        key = (*map(id, owners), scope.get("root_path"), scope["method"])
        if key not in self._found:
            handler, keep = self._named(scope, status)
            if not keep or owners == (None, None, None):
                return handler
            if len(self._found) >= _MOST_CACHED:
                self._found.clear()
            self._found[key] = (handler, owners)
        return self._found[key][0]

    def _named(self, scope: Scope, status: int) -> tuple[str, bool]:
        if self._names is None:
            self._names = HandlerNames(scope["app"])
            self._names.refresh()
        root_path = str(scope.get("app_root_path", scope.get("root_path", "")))
        named = self._names.named(scope, root_path=root_path, status=status)
        return (named.handler if named.handler.startswith("/") else ""), named.cachable


def _context(scope: Scope) -> object:
    fastapi = scope.get("fastapi")
    return fastapi.get("effective_route_context") if isinstance(fastapi, dict) else None
