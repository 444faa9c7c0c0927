"""The watch of one traced call: its span, current while the call's own code runs, and its duration."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ...guard import Guard

if TYPE_CHECKING:
    from opentelemetry.trace import Span
    from typing_extensions import Self

    from ..spans import Spans

Observe = Callable[[float, bool], None]
"""Called at a call's end with its seconds and whether it failed."""
Describe = Callable[[tuple[Any, ...], Mapping[str, Any]], Mapping[str, Any]]


class SpanWatch:
    """Ends the span, if there is one, and passes the call's duration to `observe`."""

    __slots__ = ("_guard", "_observe", "_spans", "_started", "span")

    def __init__(self, spans: Spans | None, span: Span | None, observe: Observe | None, guard: Guard) -> None:
        self.span = span
        self._spans = spans
        self._observe = observe
        self._guard = guard
        self._started = time.perf_counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended(error)

    def step(self) -> AbstractContextManager[None]:
        if self._spans is None or self.span is None:
            return nullcontext()
        return _current(self._spans, self.span, self._guard)

    def _ended(self, error: BaseException | None) -> None:
        seconds = time.perf_counter() - self._started
        failed = isinstance(error, Exception)  # a cancelled call or a closed generator has not failed
        try:
            if self._spans is not None and self.span is not None:
                self._spans.finish(self.span, error=error)
            if self._observe is not None:
                self._observe(seconds, failed)
        except Exception:
            self._guard.note("ending a span")


@contextmanager
def _current(spans: Spans, span: Span, guard: Guard) -> Iterator[None]:
    from opentelemetry import context

    token = None
    try:
        token = context.attach(spans.context(span))
    except Exception:
        guard.note("making a span current")
    try:
        yield
    finally:
        if token is not None:
            context.detach(token)
