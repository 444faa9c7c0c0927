"""Answers the probes of an application outside of its middleware, from the cached answers of its checks.

Nothing here waits for a check, a thread or a lock that a request of the application can hold.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...http_metrics.handler import HandlerNames
from ...http_metrics.route import path_within
from ...lifecycle.outermost import OutermostMiddleware
from ...lifecycle.probe_paths import probe_paths
from ..checks import health_feed
from ..checks.check_definition import LIVE, READY, STARTUP
from . import access_log
from .draining import Draining
from .health_report import MEDIA_TYPE, HealthReport, Probed

Allow = Callable[[Request], "bool | Awaitable[bool]"]

_READING: Final = frozenset({"GET", "HEAD"})
_UNKNOWN: Final = 0
_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class ProbePaths:
    """Where the probes are answered; None answers nothing. Raises ValueError for what is no path, or for one twice."""

    live: str | None = "/health"
    ready: str | None = "/ready"
    startup: str | None = "/health/startup"
    detail: str | None = "/health/detail"

    def __post_init__(self) -> None:
        for each in self.given():
            if not isinstance(each, str) or not each.startswith("/") or set(each) & set("?# \n\t"):
                raise ValueError(f"{each!r} is no path of a probe; write one such as /ready, or None")
        if len(set(self.given())) < len(self.given()):
            raise ValueError(f"the paths of the probes must differ: {', '.join(self.given())}")

    def given(self) -> list[str]:
        """Return the paths that are not None."""
        return [each for each in (self.live, self.ready, self.startup, self.detail) if each is not None]


def live_answer(report: HealthReport) -> Response:
    """Return the answer of a liveness probe: `{"status":"ok"}`, or 503."""
    return _answer({"status": "ok"}, _JSON) if report.healthy else _answer({"status": "fail"}, _JSON, 503)


def probe_answer(report: HealthReport) -> Response:
    """Return what a stranger gets: the state, and the names of the checks that decided it; 503 when it failed."""
    return _answer(report.minimal(), MEDIA_TYPE, 200 if report.healthy else 503)


def detail_answer(report: HealthReport) -> Response:
    """Return the answers of all checks; 503 when a critical one failed."""
    return _answer(report.detailed(), MEDIA_TYPE, 200 if report.healthy else 503)


def _answer(body: dict[str, Any], media_type: str, status: int = 200) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, {"cache-control": "no-store"}, media_type)


class HealthEndpoints:
    """Wraps an application: answers its probes, and runs its checks from its startup to its shutdown."""

    def __init__(
        self, app: ASGIApp, *, health: Probed, paths: ProbePaths, allow: Allow | None, draining: Draining
    ) -> None:
        self.app = app
        self._health = health
        self._allow = allow
        self._draining = draining
        self._names: HandlerNames | None = None
        answers: dict[str | None, Callable[[Request], Awaitable[Response]]] = {
            paths.live: self._live,
            paths.ready: self._ready,
            paths.startup: self._startup,
            paths.detail: self._detail,
        }
        self._answers = {path: answer for path, answer in answers.items() if path is not None}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        response = await self._response(scope)
        await (self.app if response is None else response)(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self.begin()
            elif message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                self._health.stop(0.0)
                self._draining.remove()
            await send(message)

        await self.app(scope, receive, sent)

    def begin(self) -> None:
        """Run the checks, in the running loop, and wait for SIGTERM; never raises."""
        try:
            self._health.start()
            self._draining.install()
        except Exception:
            health_feed.GUARD.note("starting the health checks")

    async def _response(self, scope: Scope) -> Response | None:
        try:
            if scope["type"] != "http" or scope["method"] not in _READING:
                return None
            path = path_within(scope)
            answer = self._answers.get(path)
            if answer is None or self._has_route(path, scope):
                return None
            if not self._health.running:
                self._health.start()  # the server runs no lifespan, or has forked
            return await answer(Request(scope))
        except Exception:
            health_feed.GUARD.note("answering a health probe")
            return None

    def _has_route(self, path: str, scope: Scope) -> bool:
        if self._names is None:
            self._names = HandlerNames(scope.get("app", self.app))
        root_path = str(scope.get("root_path", ""))
        return self._names.named(scope, root_path=root_path, status=_UNKNOWN).handler == path

    async def _live(self, _: Request) -> Response:
        return live_answer(self._health.report(LIVE))

    async def _ready(self, _: Request) -> Response:
        self._draining.asked()
        return probe_answer(self._health.report(READY))

    async def _startup(self, _: Request) -> Response:
        return probe_answer(self._health.report(STARTUP))

    async def _detail(self, request: Request) -> Response:
        report = self._health.report()
        try:
            if await self._allowed(request):
                return detail_answer(report)
        except HTTPException as refusal:
            return _refused(refusal)
        return _answer({"status": report.state}, MEDIA_TYPE, 200 if report.healthy else 503)

    async def _allowed(self, request: Request) -> bool:
        if self._allow is None:
            return False
        try:
            allowed = self._allow(request)
            return bool(await allowed) if inspect.isawaitable(allowed) else allowed is True
        except HTTPException:
            raise
        except Exception:
            health_feed.GUARD.note("asking who may see details of the health")
            return False


def _refused(refusal: HTTPException) -> Response:
    headers = dict(refusal.headers or {})
    return Response(json.dumps({"detail": refusal.detail}), refusal.status_code, headers, _JSON)


def attach(
    health: Probed, app: Starlette, paths: ProbePaths, allow: Allow | None, drain_seconds: float
) -> None:
    """Answer the probes of the application; see `Health.attach`. Raises TypeError for another kind of application."""
    if not isinstance(app, Starlette):
        raise TypeError(f"attach() takes a FastAPI or Starlette application, not {type(app).__name__}")
    probe_paths(app).update(paths.given())
    access_log.keep_out(paths.given())
    draining = Draining(health, drain_seconds)
    made: list[HealthEndpoints] = []

    def wrap(inside: ASGIApp) -> ASGIApp:
        made.append(HealthEndpoints(inside, health=health, paths=paths, allow=allow, draining=draining))
        return made[-1]

    OutermostMiddleware(app, wrap)
    if made and _loop_runs():  # the lifespan has begun, and does not pass here any more
        made[-1].begin()


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
