"""Calls an application's functions with finished requests, in one thread of its own: they may fail, and they may hang."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from ..guard import Guard

MOST_QUEUED: Final = 1000
"""Finished requests that wait for slow functions; further ones are dropped and counted."""


@dataclass(frozen=True, slots=True)
class FinishedRequest:
    """One request after its last byte; the scope and the headers are those of the server and must not be changed.

    `seconds` and `first_byte_seconds` count from the arrival, sizes are bytes of the bodies.
    """

    scope: Scope
    method: str
    handler: str
    status_code: int
    seconds: float
    first_byte_seconds: float
    request_size: int
    response_size: int
    response_headers: tuple[tuple[bytes, bytes], ...]


class RequestCallbacks:
    """Hands finished requests to functions; a function that raises is counted, and affects nothing else.

    The thread starts with the first request of a process, also in a fork, and ends when no request comes for seconds.
    """

    def __init__(
        self,
        functions: Iterable[Callable[[FinishedRequest], object]],
        guard: Guard,
        *,
        idle_seconds: float = 5.0,
    ) -> None:
        self._functions = tuple(functions)
        self._guard = guard
        self._idle_seconds = idle_seconds
        self._closed = False
        self._prepare()

    def _prepare(self) -> None:
        self._pid = os.getpid()
        self._queue: deque[FinishedRequest] = deque()
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def call(self, finished: FinishedRequest) -> None:
        """Queue the request for the functions; raises OverflowError when too many wait."""
        if self._closed:
            return
        if self._pid != os.getpid():  # what waits in the parent is the parent's
            self._prepare()
        with self._lock:
            if len(self._queue) >= MOST_QUEUED:
                raise OverflowError("a function that is called with each request takes too long")
            self._queue.append(finished)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="backend_instrumentation.requests", daemon=True
                )
                self._thread.start()
        self._wake.set()

    def close(self, seconds: float) -> None:
        """Wait for the queued requests, at most that long, and end the thread; safe twice."""
        self._closed = True
        self._wake.set()
        thread = self._thread if self._pid == os.getpid() else None
        if thread is not None and thread is not threading.current_thread():
            thread.join(seconds)

    def _run(self) -> None:
        idle = False
        while True:
            while self._queue:
                self._hand_out(self._queue.popleft())
            with self._lock:
                if not self._queue and (idle or self._closed):
                    self._thread = None
                    return
            idle = not self._wake.wait(self._idle_seconds)
            self._wake.clear()

    def _hand_out(self, finished: FinishedRequest) -> None:
        for function in self._functions:
            try:
                function(finished)
            except Exception:  # noqa: PERF203 - one failing function must not affect the others
                self._guard.note("a function that is called with each request")
