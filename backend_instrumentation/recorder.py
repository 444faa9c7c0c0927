"""Writes finished requests into the http families of the contract, with bounded label values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .contract import (
    BORN_HISTOGRAM_STATUS_CODES,
    BORN_STATUS_CODES,
    HTTP_METHODS,
    OTHER,
    OVERFLOW,
    UNMATCHED,
)
from .instruments import Instruments
from .route import Node

_METHODS: Final = frozenset(HTTP_METHODS)
_UNCOUNTED: Final = frozenset({UNMATCHED, OVERFLOW})


class HttpRecorder:
    """Records requests; a handler beyond the settings' `max_handlers` is recorded as `__overflow__`."""

    def __init__(self, instruments: Instruments, *, exclude: frozenset[str]) -> None:
        self._requests = instruments.counter("http_requests_total")
        self._durations = instruments.histogram("http_request_duration_seconds")
        self._in_progress = instruments.gauge("http_requests_in_progress")
        self._exclude = exclude
        self._most_handlers = instruments.settings.max_handlers
        self._handlers: set[str] = set()
        self._born: set[tuple[str, str]] = set()
        self._in_progress.inc(0)  # a gauge that was never touched is not exposed

    def began(self) -> None:
        """Take note of a request that is being answered."""
        self._in_progress.inc()

    def ended(self) -> None:
        """Take note that a request is no longer being answered."""
        self._in_progress.dec()

    def record(self, *, method: str, handler: str, status: int, seconds: float) -> None:
        """Count one finished request and its duration."""
        if handler in self._exclude:
            return
        labels = (_method(method), self._bounded(handler), _status_code(status))
        self._requests.labels(*labels).inc()
        self._durations.labels(*labels).observe(seconds)

    def bear(self, leaves: Iterable[Node]) -> None:
        """Create at zero what alert rules read of each route, so that its first failure is seen."""
        for node in leaves:
            if node.template in self._exclude:
                continue
            for method in _born_methods(node):
                if (method, node.template) not in self._born:
                    self._born.add((method, node.template))
                    self._bear(method, self._bounded(node.template))

    def _bear(self, method: str, handler: str) -> None:
        for code in BORN_STATUS_CODES:
            self._requests.labels(method, handler, code)
        for code in BORN_HISTOGRAM_STATUS_CODES:
            self._durations.labels(method, handler, code)

    def _bounded(self, handler: str) -> str:
        if handler in self._handlers or handler in _UNCOUNTED:
            return handler
        if len(self._handlers) >= self._most_handlers:
            return OVERFLOW
        self._handlers.add(handler)
        return handler


def _method(method: str) -> str:
    return method if method in _METHODS else OTHER


def _status_code(status: int) -> str:
    return str(status) if 100 <= status <= 599 else OTHER


def _born_methods(node: Node) -> list[str]:
    # HEAD comes along with GET in every route of Starlette; births for it would double the series.
    methods = node.methods or frozenset({"GET"})
    return sorted(m for m in methods if m in _METHODS and not (m == "HEAD" and "GET" in methods))
