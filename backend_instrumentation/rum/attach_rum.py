"""Adds the routes for browsers to an application."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from ..guard import LOGGER
from ..http_metrics.route import path_within
from ..lifecycle.handle import APP_STATE, Instrumentation
from ..lifecycle.outermost import OutermostMiddleware
from ..lifecycle.probe_paths import probe_paths
from ..packs.instruments import Instruments, open_instruments
from .address_limiter import AddressLimiter
from .beacon_route import BeaconRoute
from .sentry_address import address_of
from .sentry_tunnel import LARGEST_ENVELOPE, SentryTunnel

_PATH: Final = re.compile(r"/[^\s?#\x00-\x1f\x7f]{1,200}")
_MOST_ROUTES: Final = 200
_LONGEST_ROUTE: Final = 128
_DSN_VARIABLES: Final = ("VITE_SENTRY_DSN", "SENTRY_DSN")


def attach_beacons(
    app: Starlette,
    *,
    routes: Iterable[str],
    path: str = "/page-loads",
    sample_rate: float = 1.0,
    per_address: float = 2.0,
    burst: int = 60,
    most_per_second: float = 2000.0,
) -> None:
    """Record what pages report at `path` as `page_load_seconds` and `web_vital_seconds`; needs the pack `web`.

    `routes` are the templates that pages may name, at most 200. Pages that report only a share of their loads say so
    by `sample_rate`, and each beacon counts as often as it stands for others. An address may send `burst` beacons at
    once, and `per_address` a second in the long term. Raises ValueError for what cannot be used.
    """
    known = frozenset(routes)
    if not known or len(known) > _MOST_ROUTES or not all(map(_is_route, known)):
        raise ValueError(f"routes: give 1 to {_MOST_ROUTES} templates such as /orders/{{id}}")
    if isinstance(sample_rate, bool) or not 0 < sample_rate <= 1:
        raise ValueError("sample_rate: give a share above 0 and at most 1")
    limiter = AddressLimiter(per_second=per_address, burst=burst, all_per_second=most_per_second)
    route = BeaconRoute(_instruments_of(app), known, sample_rate=sample_rate, limiter=limiter)
    _attach(app, path, route)


def attach_tunnel(
    app: Starlette,
    *,
    path: str = "/reports",
    dsn: str | None = None,
    largest: int = LARGEST_ENVELOPE,
    per_address: float = 1.0,
    burst: int = 30,
    most_per_second: float = 100.0,
) -> bool:
    """Pass envelopes of Sentry's browser SDK, its option `tunnel`, on to the project of the DSN; return whether it is on.

    Without `dsn`, VITE_SENTRY_DSN and then SENTRY_DSN say which; without any, or with one that is none, nothing is
    attached. `largest` is in bytes, of the content before compression too. Raises ValueError for a path that is none.
    """
    given = (
        dsn
        if dsn is not None
        else next((os.environ[each] for each in _DSN_VARIABLES if os.environ.get(each)), "")
    )
    try:
        address = address_of(given)
    except ValueError:
        LOGGER.warning(
            "the tunnel for Sentry is off: %s", "the DSN cannot be used" if given else "there is no DSN"
        )
        return False
    limiter = AddressLimiter(per_second=per_address, burst=burst, all_per_second=most_per_second)
    _attach(app, path, SentryTunnel(_instruments_of(app), address, limiter=limiter, largest=largest))
    return True


def _is_route(route: object) -> bool:
    return isinstance(route, str) and route.startswith("/") and len(route) <= _LONGEST_ROUTE


def _instruments_of(app: Starlette) -> Callable[[], Instruments | None]:
    """Return the metrics of the application, whether it is instrumented before or after; else the process's newest."""

    def found() -> Instruments | None:
        handle = getattr(app.state, APP_STATE, None)
        if isinstance(handle, Instrumentation):
            return handle.instruments
        return next(iter(open_instruments()), None)

    return found


def _attach(app: Starlette, path: str, route: ASGIApp) -> None:
    if not isinstance(app, Starlette):
        raise TypeError(f"this takes a FastAPI or Starlette application, not {type(app).__name__}")
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is no path; write one such as /page-loads")
    if any(_takes_posts(each, path) for each in app.routes):
        raise ValueError(
            f"{path} is a route of the application, which would get no POST any more: choose another path"
        )
    probe_paths(app).add(path)
    OutermostMiddleware(app, lambda inside: _Posts(inside, {path: route}))


def _takes_posts(route: object, path: str) -> bool:
    return getattr(route, "path", None) == path and "POST" in (getattr(route, "methods", None) or ())


class _Posts:
    """Answers POST at some paths outside the application's middleware, which may ask for a login that pages lack."""

    def __init__(self, app: ASGIApp, routes: Mapping[str, ASGIApp]) -> None:
        self.app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = None
        if scope["type"] == "http" and scope["method"] == "POST":
            route = self._routes.get(path_within(scope))
        await (self.app if route is None else route)(scope, receive, send)
