"""Sends finished spans from a thread of its own: no failure of the collector affects a request."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

from opentelemetry import context as otel_context
from opentelemetry.context import Context, attach, detach, set_value
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor

from ...guard import warn
from ...redaction import redacted_text
from .cleaning import cleaned
from .otlp import Deliver

# This key keeps instrumented HTTP clients from tracing the export itself.
_SUPPRESS: Final = str(getattr(otel_context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation"))
_MOST_TRIES: Final = 6
_LONGEST_PAUSE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many spans are queued and sent at once, and how long a span waits, in seconds."""

    queue: int = 2048
    batch: int = 512
    delay: float = 1.0

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Bounds:
        """Return the bounds from OTEL_BSP_MAX_QUEUE_SIZE, …_MAX_EXPORT_BATCH_SIZE and …_SCHEDULE_DELAY (ms)."""
        usual = cls()
        queue = _positive(environ, "OTEL_BSP_MAX_QUEUE_SIZE", usual.queue)
        batch = min(queue, _positive(environ, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", usual.batch))
        delay = _positive(environ, "OTEL_BSP_SCHEDULE_DELAY", round(usual.delay * 1000)) / 1000
        return cls(queue, batch, delay)


class Sender(SpanProcessor):
    """Queues spans and exports them in batches; a failed batch is retried, with growing pauses.

    The thread starts with the first span. A span that finds the queue full is dropped and counted; so are the
    spans of a batch that failed six times.
    """

    def __init__(self, deliver: Deliver, bounds: Bounds, *, finish: Callable[[], None]) -> None:
        self.exported = 0
        self.last_error: str | None = None
        self._deliver = deliver
        self._finish = finish
        self._bounds = bounds
        self._queue: deque[ReadableSpan] = deque()
        self._batch: list[ReadableSpan] = []
        self._tries = 0
        self._lost = 0  # written by the sending thread only
        self._refused = 0
        self._rounds = 0  # attempts to send everything; written by the sending thread only
        self._closing = False
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        _SENDERS.add(self)

    @property
    def dropped(self) -> int:
        """The number of dropped spans, for whatever reason."""
        return self._lost + self._refused

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Do nothing: a span is sent after its end."""

    def on_end(self, span: ReadableSpan) -> None:
        """Queue a finished span; never waits and never raises."""
        if span.context is None or not span.context.trace_flags.sampled:
            return
        if self._closing or len(self._queue) >= self._bounds.queue or not self._running():
            with self._lock:
                self._refused += 1
            return
        self._queue.append(span)
        if len(self._queue) >= self._bounds.batch:
            self._wake.set()

    def force_flush(self, timeout_millis: int = 2000) -> bool:
        """Send the queued spans, for at most that many milliseconds; return whether all were sent."""
        deadline = time.monotonic() + timeout_millis / 1000
        self._wake.set()
        while self._pending() and not self._closing and time.monotonic() < deadline:
            time.sleep(0.01)
        return not self._pending()

    def settle(self, seconds: float) -> None:
        """Try once more to send the queued spans, for at most that long: a dead collector is not waited for."""
        seen, deadline = self._rounds, time.monotonic() + seconds
        self._wake.set()
        # The round that is under way may have begun before the last spans came; the one after it has them.
        while self._pending() and self._rounds < seen + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
            self._wake.set()

    def shutdown(self) -> None:
        self.close(2.0)

    def close(self, seconds: float) -> None:
        """Send the queued spans for at most that long, then give up; safe twice."""
        with self._lock:
            first, self._closing = not self._closing, True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        if first:
            # This interrupts an exporter that waits before it tries again. A thread that still does not end is
            # abandoned: it is a daemon and ends with the process.
            try:
                self._finish()
            except Exception as error:
                self.last_error = f"{type(error).__name__}: {error}"

    def restart(self) -> None:
        """Begin again in a forked child: only the forking thread continues, and the queued spans are the parent's."""
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._queue.clear()
        self._batch, self._tries = [], 0
        self._thread = None

    def _running(self) -> bool:
        if self._thread is not None:
            return True
        with self._lock:
            if self._thread is None and not self._closing:
                thread = threading.Thread(target=self._work, name="trace-sender", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # no thread can be started, or the interpreter is ending
                    return False
                self._thread = thread
        return self._thread is not None

    def _pending(self) -> bool:
        return bool(self._queue or self._batch)

    def _work(self) -> None:
        token = attach(set_value(_SUPPRESS, True))
        try:
            while not self._closing:
                self._wake.wait(self._pause())
                self._wake.clear()
                self._send_all()
            self._tries = 0
            self._send_all()
            self._lost += len(self._queue) + len(self._batch)
        except Exception as error:
            self.last_error = f"{type(error).__name__}: {error}"
            warn("sending traces has ended: %s", self.last_error)
        finally:
            detach(token)

    def _pause(self) -> float:
        if not self._tries:
            return self._bounds.delay
        return float(min(self._bounds.delay * 2**self._tries, _LONGEST_PAUSE_SECONDS))

    def _send_all(self) -> None:
        while self._pending() and self._sent_one():
            pass
        self._rounds += 1

    def _sent_one(self) -> bool:
        if not self._batch:
            self._take_batch()
        error = self._deliver(self._batch) if self._batch else None
        if error is None:
            self.exported += len(self._batch)
            self._batch, self._tries = [], 0
            return True
        self._failed(error)
        return False

    def _take_batch(self) -> None:
        for _ in range(min(len(self._queue), self._bounds.batch)):
            span = self._queue.popleft()
            try:
                self._batch.append(cleaned(span))
            except Exception as error:  # a span that cannot be cleaned is not sent
                self._lost += 1
                self.last_error = f"a span could not be cleaned: {type(error).__name__}"

    def _failed(self, error: str) -> None:
        error = redacted_text(error)
        if self.last_error is None and not self._closing:
            warn("traces cannot be sent, trying again in the background: %s", error)
        self.last_error = error
        self._tries += 1
        if self._tries >= _MOST_TRIES:
            self._lost += len(self._batch)
            self._batch = []
            self._tries = _MOST_TRIES - 1  # the pauses stay long until a batch is delivered


_SENDERS: Final[WeakSet[Sender]] = WeakSet()


def _after_fork() -> None:
    for sender in list(_SENDERS):
        sender.restart()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _positive(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default
