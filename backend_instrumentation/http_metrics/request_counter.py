"""Finds the series of a finished request by the objects that the router left in its scope, without matching again."""

from __future__ import annotations

from typing import Any, Final

from starlette.types import Scope

from ..contract import HTTP_METHODS, OTHER
from ..guard import Guard
from ..recording.hooks import Exemplar, Hooks, takes_scope
from .handler import HandlerNames, matched_route
from .recorder import HttpRecorder
from .request_series import RequestSeries

MOST_CACHED: Final = 4096
_SERVER_ERROR: Final = 500
SOCKET: Final = "WS"
"""The method that error hooks get for a WebSocket."""
_METHODS: Final = frozenset(HTTP_METHODS)
_NAMED: Final = _METHODS | {SOCKET}


class RequestCounter:
    """Counts the requests of one application; it looks up the series once for each route and status."""

    def __init__(self, recorder: HttpRecorder, names: HandlerNames, hooks: Hooks, guard: Guard) -> None:
        self.guard = guard
        self.recorder = recorder
        self._names = names
        self.hooks = hooks
        self._series: dict[tuple[Any, ...], RequestSeries] = {}
        self._exemplar: tuple[Exemplar | None, bool] = (None, False)

    @property
    def cached(self) -> int:
        """The number of cached series, at most MOST_CACHED."""
        return len(self._series)

    def series(self, scope: Scope, asked: str, mounted_at: str | None, status: int) -> RequestSeries:
        """Return the series of a request that ends now."""
        got = scope.get
        fastapi, route = got("fastapi"), got("route")
        if route is None and self._names.outdated():
            self.refresh()
        key = (
            id(route),
            id(got("endpoint")),
            id(fastapi.get("effective_route_context")) if fastapi else None,
            got("root_path"),
            asked if asked in _METHODS else OTHER,
            status,
        )
        return self._series.get(key) or self._look_up(key, scope, asked, mounted_at)

    def failed(
        self, scope: Scope, error: BaseException | None, handler: str, method: str, status: int
    ) -> None:
        """Call the error hooks for a failed request; never raises."""
        for hook in self.hooks.on_error:
            try:
                hook(scope, error, handler, method if method in _NAMED else OTHER, status)
            except Exception:  # noqa: PERF203 - one failing hook must not affect the others
                self.guard.note("an error hook")

    def socket_failed(self, scope: Scope, error: Exception) -> None:
        """Count a WebSocket connection that this exception ended, and call the error hooks."""
        if self._names.outdated():
            self.refresh()
        handler = self._names.socket(scope, str(scope.get("app_root_path", scope.get("root_path", ""))))
        self.recorder.count_socket_error(handler)
        self.failed(scope, error, handler, SOCKET, _SERVER_ERROR)

    def refresh(self) -> None:
        """Read the application's routes again and initialize the series of the new ones."""
        self._series.clear()
        self.recorder.initialize_series(self._names.refresh())
        self.recorder.initialize_sockets(self._names.sockets())

    def _look_up(
        self, key: tuple[Any, ...], scope: Scope, asked: str, mounted_at: str | None
    ) -> RequestSeries:
        *_, method, status = key
        root_path = mounted_at
        if root_path is None:
            root_path = str(scope.get("app_root_path", scope.get("root_path", "")))
        named = self._names.named({**scope, "method": asked}, root_path=root_path, status=status)
        recorder = self.recorder
        children = recorder.children(method, named.handler, recorder.status_label(status))
        series = RequestSeries(*children, named.handler, matched_route(scope), recorder.further)
        if named.cachable:
            self._remember(key, series)
        return series

    def _remember(self, key: tuple[Any, ...], series: RequestSeries) -> None:
        # A mount with parameters gives every tenant its own root path; an emptied cache costs one match, not memory.
        if len(self._series) >= MOST_CACHED:
            self._series.clear()
        self._series[key] = series

    def write_with_exemplar(self, series: RequestSeries, seconds: float, scope: Scope) -> None:
        """Count a request of that duration, with the hook's exemplar."""
        try:
            found = self._asked_exemplar(scope)
            exemplar = {str(name): str(value) for name, value in found.items()} if found else None
        except Exception:
            exemplar = None
            self.guard.note("an exemplar")
        if exemplar is None:
            series.write(seconds)
            return
        try:
            series.write_with_exemplar(seconds, exemplar)
        except ValueError:
            self.guard.note("an exemplar")

    def _asked_exemplar(self, scope: Scope) -> Any:
        hook: Any = self.hooks.exemplar
        if hook is None:
            return None
        if self._exemplar[0] is not hook:
            self._exemplar = (hook, takes_scope(hook))
        return hook(scope) if self._exemplar[1] else hook()
