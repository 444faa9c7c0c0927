"""Attaches the instrumentation to an application, once, and takes it off again."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from .endpoint import ServiceEndpoints
from .guard import LOGGER
from .instruments import Instruments
from .middleware import MetricsMiddleware
from .settings import Settings, load

_STATE: Final = "backend_instrumentation"
_MULTIPROCESS: Final = "PROMETHEUS_MULTIPROC_DIR"


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What `instrument` attached to an application."""

    app: Starlette
    instruments: Instruments

    def uninstrument(self) -> None:
        """Stop counting, serve nothing more and leave the registry; safe twice."""
        self.instruments.close()
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
) -> Instrumentation:
    """Count the application's requests and serve /metrics and /health; a second call changes nothing.

    Call it after all other middleware was added; inside the lifespan it works too. `config` is the path of an
    `instrumentation.json`, else INSTRUMENTATION_CONFIG or the working folder names it. `exclude` holds paths
    and route templates that are not counted. Raises TypeError for what is no Starlette application.
    """
    if not isinstance(app, Starlette):
        raise TypeError(f"instrument() takes a FastAPI or Starlette application, not {type(app).__name__}")
    attached = getattr(app.state, _STATE, None)
    if isinstance(attached, Instrumentation):
        return attached
    if os.environ.get(_MULTIPROCESS):
        LOGGER.warning("%s is set, but every worker answers /metrics for itself alone", _MULTIPROCESS)
    handle = Instrumentation(app, Instruments(load(config), registry=registry))
    _attach(app, handle.instruments, frozenset(exclude))
    setattr(app.state, _STATE, handle)
    return handle


def _attach(app: Starlette, instruments: Instruments, exclude: frozenset[str]) -> None:
    if app.middleware_stack is None:
        app.add_middleware(MetricsMiddleware, instruments=instruments, exclude=exclude)
        app.add_middleware(ServiceEndpoints, instruments=instruments)
        return
    # The stack is built, which is so inside the lifespan: middleware can only go round all of it.
    counted = MetricsMiddleware(app.middleware_stack, instruments=instruments, exclude=exclude)
    app.middleware_stack = ServiceEndpoints(counted, instruments=instruments)
