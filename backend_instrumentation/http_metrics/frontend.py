"""Finds FastAPI's frontends: folders of built pages, which `app.frontend()` serves where no route matches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def frontends(app: object, routes: Iterable[object]) -> list[tuple[str, object]]:
    """Return path and route of each frontend of an application, the longest path first, as FastAPI chooses.

    A path has no slash at its end; that of the whole application is empty. FastAPI keeps frontends in private
    attributes; where these are missing, there are none.
    """
    router = getattr(app, "router", app)
    found = [*_paths(getattr(router, "_low_priority_routes", ()), "")]
    for route in routes:
        included = getattr(route, "effective_low_priority_routes", None)
        for context in included() if callable(included) else ():
            group = getattr(context, "original_route", None)
            found += _paths((group,), getattr(context, "frontend_prefix", ""))
    return sorted(found, key=lambda each: len(each[0]), reverse=True)


def _paths(groups: Iterable[object], prefix: str) -> Iterator[tuple[str, object]]:
    for group in groups:
        for route in getattr(group, "routes", ()):
            path = getattr(route, "path", None)
            if isinstance(path, str) and hasattr(route, "matches_with_path"):
                yield prefix + path.rstrip("/"), route
