"""Attaches the instrumentation to an application, once, and takes it off again."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.types import ASGIApp

from . import extras
from .endpoint import ServiceEndpoints
from .hooks import Hooks
from .instruments import Instruments
from .middleware import MetricsMiddleware
from .settings import Settings, load

if TYPE_CHECKING:
    from .sentry import Reporter
    from .tracing import TracingManager

_STATE: Final = "backend_instrumentation"


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What `instrument` attached to an application.

    `closers` run once, newest first, when the application's lifespan ends or it is taken off: append what has
    to be stopped. `hooks` holds what is called for failing requests and for exemplars.
    """

    app: Starlette
    instruments: Instruments
    closers: list[Callable[[], object]] = field(default_factory=list)

    @property
    def hooks(self) -> Hooks:
        """The error path and the exemplars of this application."""
        return self.instruments.hooks

    def close(self) -> None:
        """Run the closers; what they raise is swallowed, counted and logged. Safe twice."""
        while self.closers:
            closer = self.closers.pop()
            try:
                closer()
            except Exception:
                self.instruments.guard.note("closing a part of the instrumentation")

    def uninstrument(self) -> None:
        """Stop counting, serve nothing more, close and leave the registry; safe twice."""
        self.instruments.close()
        self.close()
        atexit.unregister(self.close)
        others = [
            each
            for each in self.app.user_middleware
            if each.kwargs.get("instruments") is not self.instruments
        ]
        self.app.user_middleware[:] = others
        if getattr(self.app.state, _STATE, None) is self:
            delattr(self.app.state, _STATE)


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

    Call it after all other middleware was added; inside the lifespan it works too. `config` is the path of an
    `instrumentation.json`, else INSTRUMENTATION_CONFIG or the working folder names it. `exclude` holds paths
    and route templates that are not counted. `tracing` and `sentry` are read from the environment; False keeps
    one off, a manager or a reporter of the application's own is used as it is. Raises TypeError for what is no
    Starlette application.
    """
    if not isinstance(app, Starlette):
        raise TypeError(f"instrument() takes a FastAPI or Starlette application, not {type(app).__name__}")
    attached = getattr(app.state, _STATE, None)
    if isinstance(attached, Instrumentation):
        return attached
    handle = Instrumentation(app, Instruments(load(config), registry=registry))
    excluded = frozenset(exclude)
    _attach(handle, excluded)
    extras.attach(handle, excluded, tracing=tracing, sentry=sentry)
    setattr(app.state, _STATE, handle)
    return handle


def _attach(handle: Instrumentation, exclude: frozenset[str]) -> None:
    app, instruments = handle.app, handle.instruments

    def aside(inside: ASGIApp) -> ASGIApp:
        return ServiceEndpoints(inside, instruments=instruments, closing=handle.close)

    if app.middleware_stack is None:
        app.add_middleware(MetricsMiddleware, instruments=instruments, exclude=exclude, aside=aside)
        return
    # The stack is built, which is so inside the lifespan: middleware can only go round all of it. The end of
    # that lifespan does not pass through here, so the end of the process closes what was not closed.
    app.middleware_stack = MetricsMiddleware(
        app.middleware_stack, instruments=instruments, exclude=exclude, aside=aside
    )
    atexit.register(handle.close)
