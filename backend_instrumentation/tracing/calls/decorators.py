"""The decorators of a tracing manager: the span's name, tags and metrics of each kind of operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...guard import Guard
from ...recording.wrapping import UNWATCHED, Begin, Function, Watch, wrapped
from ...redaction import redacted_url
from .arguments import describer
from .headers import Arguments, injector
from .operation_metrics import OperationMetrics
from .span_watch import Describe, Observe, SpanWatch
from .sql import without_literals

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from ..spans import Spans

Tags = Mapping[str, Any]


class Decorators:
    """Wraps functions; a function keeps its kind, and runs unchanged when no span can be made."""

    _spans: Spans | None
    _guard: Guard
    _metrics: OperationMetrics

    def with_tracing(
        self, operation_name: str, tags: Tags | None = None, *, record_args: bool = True
    ) -> Callable[[Function], Function]:
        """Return a decorator for functions, methods, generators and their async kinds.

        Arguments become attributes `arg.<name>` of at most 256 characters, without secrets.
        """

        def decorate(function: Function) -> Function:
            if self._spans is None:
                return function
            describe = describer(function) if record_args else None
            return wrapped(function, self._begin(operation_name, tags, describe=describe))

        return decorate

    def trace_database_operation(
        self, operation: str, table: str | None = None, query: str | None = None
    ) -> Callable[[Function], Function]:
        """Return a decorator that makes a client span, and a value of `database_query_duration_seconds`."""
        tags = {"db.operation.name": operation, "db.collection.name": table}
        if query is not None:
            tags["db.query.text"] = without_literals(query)
        name = operation if table is None else f"{operation} {table}"

        def observe(seconds: float, _failed: bool) -> None:
            self._metrics.query(operation, seconds)

        return partial(wrapped, begin=self._begin(name, _known(tags), kind="client", observe=observe))

    def trace_external_call(
        self, service_name: str, endpoint: str | None = None
    ) -> Callable[[Function], Function]:
        """Return a decorator that makes a client span named after the peer.

        A function that takes `headers` gets them with the trace's headers added; the caller's object stays unchanged.
        """
        tags: dict[str, Any] = {"peer.service": service_name}
        if endpoint is not None:
            tags |= {"url.full": redacted_url(endpoint), "server.address": urlsplit(endpoint).hostname}

        def decorate(function: Function) -> Function:
            if self._spans is None:
                return function
            begin = self._begin(service_name, _known(tags), kind="client", inject=injector(function))
            return wrapped(function, begin)

        return decorate

    def trace_tool_execution(self, tool_name: str, operation: str) -> Callable[[Function], Function]:
        """Return a decorator that makes a span, and counts and times the call in the tool metrics."""

        def observe(seconds: float, failed: bool) -> None:
            self._metrics.tool_call(tool_name, operation, failed=failed, seconds=seconds)

        tags = {"tool.name": tool_name, "tool.operation": operation}
        return partial(wrapped, begin=self._begin(f"{tool_name} {operation}", tags, observe=observe))

    def _started(self, name: str, parent: object, tags: Tags | None, kind: str = "internal") -> Span | None:
        if self._spans is None:
            return None
        try:
            return self._spans.start(name, parent, tags, kind)
        except Exception:
            self._guard.note("starting a span")
            return None

    def _begin(
        self,
        name: str,
        tags: Tags | None,
        *,
        kind: str = "internal",
        describe: Describe | None = None,
        observe: Observe | None = None,
        inject: Callable[[tuple[Any, ...], dict[str, Any], dict[str, str]], Arguments] | None = None,
    ) -> Begin:
        def begin(
            args: tuple[Any, ...], kwargs: dict[str, Any]
        ) -> tuple[Watch, tuple[Any, ...], dict[str, Any]]:
            span = self._started(name, None, tags, kind)
            if span is None and observe is None:
                return UNWATCHED, args, kwargs
            if span is not None:
                try:
                    if describe is not None and self._spans is not None and span.is_recording():
                        self._spans.describe(span, describe(args, kwargs))
                    if inject is not None and self._spans is not None:
                        headers: dict[str, str] = {}
                        self._spans.inject(span, headers)
                        args, kwargs = inject(args, kwargs, headers)
                except Exception:
                    # A call that does not fit the signature ends here too; the function itself then raises.
                    self._guard.note("describing a call")
            return SpanWatch(self._spans, span, observe, self._guard), args, kwargs

        return begin


def _known(tags: Tags) -> dict[str, Any]:
    return {name: value for name, value in tags.items() if value is not None}
