"""Attaches the instrumentation to an application, once."""

from __future__ import annotations

import atexit
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import EllipsisType
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.types import ASGIApp

from ..config.metrics_guard import MetricsGuard
from ..config.options import with_options
from ..config.request_labels import LabelFunction
from ..config.settings import RequestCallback, Settings, load
from ..exposition.service_endpoints import LastRoute, ServiceEndpoints
from ..http_metrics.middleware import MetricsMiddleware
from ..lifecycle.handle import APP_STATE, Instrumentation
from ..lifecycle.outermost import OutermostMiddleware
from ..lifecycle.probe_paths import probe_paths
from ..lifecycle.shutdown import CLOSE_SECONDS
from ..packs.instruments import Instruments
from ..recording.callbacks import RequestCallbacks
from . import extras

if TYPE_CHECKING:
    from ..sentry import Reporter
    from ..tracing import TracingManager


def instrument(
    app: Starlette,
    *,
    config: str | os.PathLike[str] | Settings | None = None,
    registry: CollectorRegistry | None = None,
    exclude: Iterable[str | re.Pattern[str]] = (),
    metrics_path: str | EllipsisType | None = ...,
    health_path: str | EllipsisType | None = ...,
    metrics_guard: MetricsGuard | str | os.PathLike[str] | bool | None = None,
    packs: Iterable[str] = (),
    labels: Mapping[str, str | LabelFunction] | None = None,
    status_groups: bool | EllipsisType = ...,
    on_request: RequestCallback | Sequence[RequestCallback] = (),
    tracing: TracingManager | bool | None = None,
    sentry: Reporter | bool | None = None,
) -> Instrumentation:
    """Count the application's requests and serve /metrics and /health; a second call changes nothing.

    It works before and after other middleware is added, and inside the lifespan. `config` is the path of an
    `instrumentation.json`; without it, INSTRUMENTATION_CONFIG or the working folder decides. `exclude` contains
    paths and route templates that are not counted, and patterns of both: compiled, or `re:` with a pattern. `packs`
    are enabled in addition to the file's. `labels` are added to the metrics of requests: a text, or a function of the
    scope and the status code. With `status_groups` a status counts as `2xx`. `on_request` is called with each
    finished request, in a thread of its own. `metrics_path` and `health_path` are served where the application
    itself would answer 404; None serves nothing, and without them the file decides. With `metrics_guard` a scrape
    needs a bearer token: the path of a file with it, or True for METRICS_TOKEN_FILE and METRICS_TOKEN of the
    environment. The environment decides about `tracing` and `sentry`; False keeps one off, and a manager or
    reporter of the application's own is used as it is.
    Raises TypeError for anything but a Starlette application.
    """
    if not isinstance(app, Starlette):
        raise TypeError(f"instrument() takes a FastAPI or Starlette application, not {type(app).__name__}")
    attached = getattr(app.state, APP_STATE, None)
    if isinstance(attached, Instrumentation):
        return attached
    options = {
        "exclude": exclude,
        "metrics_path": metrics_path,
        "health_path": health_path,
        "metrics_guard": metrics_guard,
        "packs": packs,
        "labels": labels or {},
        "status_groups": status_groups,
        "on_request": on_request,
    }
    settings = with_options(load(config), options)
    settings = replace(settings, exclude=settings.exclude | probe_paths(app))
    handle = Instrumentation(app, Instruments(settings, registry=registry))
    _attach(handle)
    extras.attach(handle, tracing=tracing, sentry=sentry)
    setattr(app.state, APP_STATE, handle)
    return handle


def _attach(handle: Instrumentation) -> None:
    app, instruments = handle.app, handle.instruments
    callbacks = _callbacks(handle)

    def aside(inside: ASGIApp) -> ASGIApp:
        return ServiceEndpoints(inside, instruments=instruments, closing=handle.close)

    def wrap(inside: ASGIApp) -> ASGIApp:
        return MetricsMiddleware(inside, instruments=instruments, callbacks=callbacks, aside=aside)

    if app.middleware_stack is not None:
        # The end of a lifespan that has begun does not pass through the middleware, so the end of the process closes
        # what is still open.
        atexit.register(handle.close)
    handle.wrappers.extend((LastRoute(app), OutermostMiddleware(app, wrap)))


def _callbacks(handle: Instrumentation) -> RequestCallbacks | None:
    functions = handle.instruments.settings.on_request
    if not functions:
        return None
    callbacks = RequestCallbacks(functions, handle.instruments.guard)
    handle.closers.append(lambda: callbacks.close(CLOSE_SECONDS))
    return callbacks
