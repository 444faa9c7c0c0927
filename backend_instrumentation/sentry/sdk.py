"""Configures the Sentry SDK so that it costs nothing on the good path and changes nothing in the service."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

import sentry_sdk
from sentry_sdk import scope as sentry_scope
from sentry_sdk.utils import event_from_exception

from .scrub import Event, scrubbed
from .sdk_options import options

BeforeSend = Callable[[Event, dict[str, Any]], Event | None]

_client: Any = None
# Who gives the SDK its trace shows only in the answer.
_asked: Final = ContextVar("backend_instrumentation.sentry.asked", default=False)
_ANSWER: Final = ("", "")


def start(dsn: str, *, environment: str | None, release: str | None, before_send: BeforeSend | None) -> None:
    """Start the SDK for the process; raises ValueError for an invalid DSN."""

    def cleaned(event: Any, hint: dict[str, Any]) -> Any:
        # The service's own hook runs first, so that whatever it adds is cleaned too.
        chosen = event if before_send is None else before_send(event, hint)
        return None if chosen is None else scrubbed(chosen)

    global _client
    sentry_sdk.init(dsn=dsn, before_send=cleaned, **options(environment, release))
    _client = sentry_sdk.get_client()
    if not sentry_scope.has_external_propagation_context():
        sentry_scope.register_external_propagation_context(current_trace)


def is_running() -> bool:
    """Return whether the process's client is ours: an application may have started the SDK after us."""
    return _client is not None and sentry_sdk.get_client() is _client


def stop(seconds: float) -> None:
    """Send the queued events for at most that long, and turn the SDK off; what the application started stays."""
    global _client
    client, _client = _client, None
    if client is None:
        return
    client.close(timeout=seconds)
    if sentry_sdk.get_client() is client:
        sentry_sdk.get_global_scope().set_client(None)
    if _tells_the_trace():
        sentry_scope.remove_external_propagation_context()


def send_exception(error: BaseException, extra: Event) -> None:
    """Queue an exception together with the event's data about its request."""
    mechanism = {"type": "backend_instrumentation", "handled": False}
    event, hint = _described(error, mechanism=mechanism)
    _send({**event, **extra}, hint)


def send_message(message: str, extra: Event) -> None:
    """Queue a failure without an exception."""
    _send({"message": message, "level": "error", **extra}, {})


def _described(error: BaseException, **about: Any) -> tuple[Any, dict[str, Any]]:
    describe: Any = event_from_exception
    # Before 3.0 it takes the options; since then it reads them from the client itself.
    if "client_options" in inspect.signature(describe).parameters:
        about["client_options"] = sentry_sdk.get_client().options
    found: tuple[Any, dict[str, Any]] = describe(error, **about)
    return found


def _send(event: Any, hint: dict[str, Any]) -> None:
    # A fresh scope: the process's own contains data of earlier requests, such as another user's id.
    sentry_sdk.get_client().capture_event(event, hint, scope=sentry_sdk.Scope())


def _tells_the_trace() -> bool:
    _asked.set(True)
    try:
        return sentry_scope.get_external_propagation_context() is _ANSWER
    finally:
        _asked.set(False)


def current_trace() -> tuple[str, str] | None:
    """Return trace id and span id of OpenTelemetry's current span, in hexadecimal digits."""
    if _asked.get():
        return _ANSWER
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    context = trace.get_current_span().get_span_context()
    return (f"{context.trace_id:032x}", f"{context.span_id:016x}") if context.is_valid else None
