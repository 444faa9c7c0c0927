"""Attaches the instrumentation to an application, once."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.types import ASGIApp

from ..config.settings import Settings, load
from ..exposition.endpoint import ServiceEndpoints
from ..http_metrics.middleware import MetricsMiddleware
from ..lifecycle.handle import APP_STATE, Instrumentation
from ..packs.instruments import Instruments
from . import extras

if TYPE_CHECKING:
    from ..sentry import Reporter
    from ..tracing import TracingManager


def instrument(
    app: Starlette,
    *,
    config: str | os.PathLike[str] | Settings | None = None,
    registry: CollectorRegistry | None = None,
    exclude: Iterable[str] = (),
    tracing: TracingManager | bool | None = None,
    sentry: Reporter | bool | None = None,
) -> Instrumentation:
    """Count the application's requests and serve /metrics and /health; a second call changes nothing.

    Call it after all other middleware is added; it works inside the lifespan too. `config` is the path of an
    `instrumentation.json`; without it, INSTRUMENTATION_CONFIG or the working folder decides. `exclude` contains
    paths and route templates that are not counted. The environment decides about `tracing` and `sentry`; False
    keeps one off, and a manager or reporter of the application's own is used as it is. Raises TypeError for
    anything but a Starlette application.
    """
    if not isinstance(app, Starlette):
        raise TypeError(f"instrument() takes a FastAPI or Starlette application, not {type(app).__name__}")
    attached = getattr(app.state, APP_STATE, None)
    if isinstance(attached, Instrumentation):
        return attached
    handle = Instrumentation(app, Instruments(load(config), registry=registry))
    excluded = frozenset(exclude)
    _attach(handle, excluded)
    extras.attach(handle, excluded, tracing=tracing, sentry=sentry)
    setattr(app.state, APP_STATE, handle)
    return handle


def _attach(handle: Instrumentation, exclude: frozenset[str]) -> None:
    app, instruments = handle.app, handle.instruments

    def aside(inside: ASGIApp) -> ASGIApp:
        return ServiceEndpoints(inside, instruments=instruments, closing=handle.close)

    if app.middleware_stack is None:
        app.add_middleware(MetricsMiddleware, instruments=instruments, exclude=exclude, aside=aside)
        return
    # Inside the lifespan the stack is already built: the middleware can only wrap all of it. The end of that
    # lifespan does not pass through here, so the end of the process closes what is still open.
    app.middleware_stack = MetricsMiddleware(
        app.middleware_stack, instruments=instruments, exclude=exclude, aside=aside
    )
    atexit.register(handle.close)
