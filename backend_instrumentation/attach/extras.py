"""Turns on tracing and Sentry where an application asks for them. What is off is not even imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..guard import LOGGER
from ..lifecycle.shutdown import SharedTime

if TYPE_CHECKING:
    from ..lifecycle.handle import Instrumentation
    from ..sentry import Reporter
    from ..tracing import TracingManager


def attach(
    handle: Instrumentation,
    *,
    tracing: TracingManager | bool | None,
    sentry: Reporter | bool | None,
) -> None:
    """Attach tracing and Sentry to the application, unless they are off; never raises."""
    closing = SharedTime()
    with _guarded(handle, "turning on tracing"):
        _trace(handle, tracing, closing)
    with _guarded(handle, "turning on Sentry"):
        _report(handle, sentry, closing)


@contextmanager
def _guarded(handle: Instrumentation, place: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        handle.instruments.guard.note(place)


def _trace(
    handle: Instrumentation,
    wanted: TracingManager | bool | None,
    closing: SharedTime,
) -> None:
    if wanted is False:
        return
    manager = _manager(handle, wanted, closing)
    if manager is None:
        return
    manager.use(handle.instruments)
    if not manager.enabled:
        return
    from ..tracing.requests import attach_requests

    attach_requests.attach(handle, manager)


def _manager(
    handle: Instrumentation, wanted: TracingManager | bool | None, closing: SharedTime
) -> TracingManager | None:
    if wanted is not None and not isinstance(wanted, bool):
        return wanted
    from ..tracing.trace_settings import DEFAULT_SERVICE, resolve

    instruments = handle.instruments
    settings = resolve(
        os.environ, enable=wanted or None, fallback=instruments.settings.service or DEFAULT_SERVICE
    )
    if not settings.enabled:
        return None
    from ..tracing import TracingManager

    manager = TracingManager(settings=settings, instruments=instruments)
    handle.closers.append(lambda: manager.close(closing.left()))
    return manager


def _report(handle: Instrumentation, wanted: Reporter | bool | None, closing: SharedTime) -> None:
    if wanted is False or (wanted in (None, True) and not os.environ.get("SENTRY_DSN")):
        if wanted is True:
            LOGGER.warning("Sentry is off: SENTRY_DSN is not set")
        return
    from .. import sentry

    reporter = wanted if isinstance(wanted, sentry.Reporter) else sentry.init()
    if reporter is not None:
        reporter.users += 1
        handle.hooks.on_error.append(reporter.report)
        handle.closers.append(lambda: reporter.release(closing.left()))
