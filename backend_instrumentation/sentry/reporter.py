"""Reports failing requests to Sentry: only on the error path, a few of each kind, without secrets.

Without the extra `sentry`, or without a DSN, nothing is imported and nothing is reported.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final

from starlette.types import Scope

from ..guard import LOGGER, Guard
from ..lifecycle.shutdown import CLOSE_SECONDS, close_at_exit
from .rate_limiter import ErrorRateLimiter

UserId = Callable[[Scope], str | None]
"""Returns the id of the user who made the request with that scope, or None."""
BeforeSend = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any] | None]
"""The SDK's own hook: returns the event to send, which is cleaned afterwards, or None to drop it."""

_lock: Final = threading.Lock()
_running: Reporter | None = None


class Reporter:
    """The running reporter. `report` is an error hook of the instrumentation: append it to `hooks.on_error`."""

    def __init__(self, dsn: str, user_id: UserId | None, limiter: ErrorRateLimiter) -> None:
        self.dsn = dsn
        self.reported = 0
        self.refused = 0
        self.users = 0
        self._user_id = user_id
        self._limiter = limiter
        self._guard = Guard(lambda: None)

    def report(
        self, scope: Scope, error: BaseException | None, handler: str, method: str, status_code: int
    ) -> None:
        """Send a failed request, unless enough of its kind were sent recently; never waits for the network.

        A kind is a handler with an exception's type, or with the status where there is no exception. A
        cancellation comes from the server and is not sent.
        """
        if error is not None and not isinstance(error, Exception):
            return
        from . import sdk

        if not sdk.is_running():
            return  # the application has started the SDK since, and reports itself
        kind = f"HTTP {status_code}" if error is None else type(error).__qualname__
        skipped = self._limiter.take((handler, kind))
        if skipped is None:
            self.refused += 1
            return
        event = self._event(scope, handler, method, status_code, skipped)
        if error is None:
            sdk.send_message(f"{method} {handler} answered {status_code}", event)
        else:
            sdk.send_exception(error, event)
        self.reported += 1

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send the queued events for at most that long, and turn the SDK off; safe twice."""
        global _running
        with _lock:
            if _running is self:
                _running = None
                from . import sdk

                sdk.stop(seconds)

    def release(self, seconds: float = CLOSE_SECONDS) -> None:
        """End one application's use of the reporter; the last one closes it, within that time."""
        self.users -= 1
        if self.users <= 0:
            self.close(seconds)

    def _event(
        self, scope: Scope, handler: str, method: str, status_code: int, skipped: int
    ) -> dict[str, Any]:
        event: dict[str, Any] = {
            "transaction": f"{method} {handler}",
            "tags": {"handler": handler, "method": method, "status_code": str(status_code)},
        }
        if skipped:
            event["extra"] = {"not_reported_before": skipped}
        user = self._user(scope)
        if user is not None:
            event["user"] = {"id": user}
        return event

    def _user(self, scope: Scope) -> str | None:
        try:
            return None if self._user_id is None else self._user_id(scope)
        except Exception:
            self._guard.note("asking for the user's id")
            return None


def init(
    dsn: str | None = None,
    *,
    environment: str | None = None,
    release: str | None = None,
    user_id: UserId | None = None,
    before_send: BeforeSend | None = None,
) -> Reporter | None:
    """Start reporting for this process and return the reporter; None, with one warning, if that is impossible.

    Without arguments SENTRY_DSN, SENTRY_ENVIRONMENT and SENTRY_RELEASE are read; without a DSN nothing
    happens. A second call returns the running reporter. If the application has started the
    SDK itself, it stays unchanged and nothing is reported from here.
    """
    global _running
    chosen = (dsn if dsn is not None else os.environ.get("SENTRY_DSN", "")).strip()
    if not chosen:
        return None
    with _lock:
        if _running is None and _started(chosen, environment, release, before_send):
            _running = Reporter(chosen, user_id, ErrorRateLimiter())
            close_at_exit(_running)
        elif _running is not None and _running.dsn != chosen:
            LOGGER.warning("Sentry is running already, with another DSN; the first one stays")
        return _running


def _started(dsn: str, environment: str | None, release: str | None, before_send: BeforeSend | None) -> bool:
    try:
        import sentry_sdk

        from . import sdk
    except ImportError as error:
        LOGGER.warning("Sentry is off: %s; install backend-instrumentation[sentry]", error)
        return False
    if sentry_sdk.is_initialized():
        LOGGER.warning("Sentry is left alone: the application has started its SDK itself")
        return False
    try:
        sdk.start(dsn, environment=environment, release=release, before_send=before_send)
    except Exception as error:
        # The DSN contains a key, so it is not logged.
        LOGGER.warning("Sentry is off: the DSN cannot be used (%s)", type(error).__name__)
        return False
    return True
