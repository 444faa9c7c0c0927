"""Keeps the http families of the contract and returns their series, with bounded label values."""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Final

from prometheus_client import Counter, Histogram

from ..contract import (
    HTTP_DURATION,
    HTTP_IN_PROGRESS,
    HTTP_METHODS,
    HTTP_REQUESTS,
    INITIAL_HISTOGRAM_STATUS_CODES,
    INITIAL_STATUS_CODES,
    OTHER,
    OVERFLOW,
    UNMATCHED,
    WEBSOCKET_ERRORS,
)
from ..multiprocess.shared_values import folder
from ..packs.instruments import Instruments
from .route import Node

_METHODS: Final = frozenset(HTTP_METHODS)
_UNCOUNTED: Final = frozenset({UNMATCHED, OVERFLOW})


class HttpRecorder:
    """The series of requests; a handler beyond the settings' `max_handlers` is `__overflow__`.

    `in_progress` is the number of requests that are being answered now. It changes in one expression without
    a call, so that no other thread can interrupt the change.
    """

    def __init__(self, instruments: Instruments, *, exclude: Container[str]) -> None:
        self._requests = instruments.counter(HTTP_REQUESTS)
        self._durations = instruments.histogram(HTTP_DURATION)
        self._in_progress = instruments.gauge(HTTP_IN_PROGRESS)
        self._socket_errors = (
            instruments.counter(WEBSOCKET_ERRORS) if WEBSOCKET_ERRORS in instruments else None
        )
        self._exclude = exclude
        settings = instruments.settings
        self._most_handlers = settings.max_handlers
        self.labels = settings.labels
        # A label that is computed is empty in the series that exist before the first request.
        self._further = tuple(value if isinstance(value, str) else "" for _, value in settings.labels)
        self.status_label = status_group if settings.status_groups else status_label
        self._handlers: set[str] = set()
        self._initialized: set[tuple[str, str]] = set()
        self.in_progress = 0
        self._reported = 0
        self._in_progress.inc(0)  # a gauge that was never set is not exposed
        instruments.before_collect(self._report_in_progress, HTTP_IN_PROGRESS)

    def children(
        self, method: str, handler: str, status: str, further: tuple[str, ...] | None = None
    ) -> tuple[Counter | None, Histogram | None]:
        """Return the children that a request is written into; None for an excluded handler."""
        if handler in self._exclude:
            return None, None
        labels = (method, self.bounded(handler), status, *(self._further if further is None else further))
        return self._requests.labels(*labels), self._durations.labels(*labels)

    @property
    def further(self) -> tuple[str, ...]:
        """The values of the service's own labels, as far as no request decides them."""
        return self._further

    def initialize_series(self, leaves: Iterable[Node]) -> None:
        """Create at zero the series of each route that alert rules read, so that its first failure counts."""
        for node in leaves:
            if node.template in self._exclude:
                continue
            for method in _initial_methods(node):
                if (method, node.template) not in self._initialized:
                    self._initialized.add((method, node.template))
                    self._initialize(method, self.bounded(node.template))

    def initialize_sockets(self, leaves: Iterable[Node]) -> None:
        """Create at zero the series of each WebSocket route."""
        for node in leaves:
            if self._socket_errors is not None and node.template not in self._exclude:
                self._socket_errors.labels(self.bounded(node.template))

    def count_socket_error(self, handler: str) -> None:
        """Count a WebSocket connection that an exception ended."""
        if self._socket_errors is not None and handler not in self._exclude:
            self._socket_errors.labels(self.bounded(handler)).inc()

    def _initialize(self, method: str, handler: str) -> None:
        for code in INITIAL_STATUS_CODES:
            self._requests.labels(method, handler, self.status_label(code), *self._further)
        for code in INITIAL_HISTOGRAM_STATUS_CODES:
            self._durations.labels(method, handler, self.status_label(code), *self._further)

    def _report_in_progress(self) -> None:
        # Several applications may share the gauge: each adds its change since its last report.
        change, self._reported = self.in_progress - self._reported, self.in_progress
        self._in_progress.inc(change)

    def bounded(self, handler: str) -> str:
        """Return the handler, or `__overflow__` beyond the settings' bound."""
        if handler in self._handlers or handler in _UNCOUNTED:
            return handler
        if len(self._handlers) >= self._most_handlers:
            return OVERFLOW
        self._handlers.add(handler)
        return handler


class WorkerRecorder(HttpRecorder):
    """The series of one of several worker processes: any worker may be scraped, so `in_progress` is in the file."""

    _count = 0

    @property
    def in_progress(self) -> int:
        return self._count

    @in_progress.setter
    def in_progress(self, count: int) -> None:
        change, self._count = count - self._count, count
        if change:
            self._in_progress.inc(change)

    def _report_in_progress(self) -> None:
        """Do nothing: the gauge is up to date."""


def recorder_for(instruments: Instruments, *, exclude: Container[str]) -> HttpRecorder:
    """Return the recorder for this process, alone or one of several workers."""
    kind = HttpRecorder if folder() is None else WorkerRecorder
    return kind(instruments, exclude=exclude)


def status_label(status: object) -> str:
    """Return the status code as a label value; anything but an HTTP status is `_OTHER`."""
    try:
        code = int(status)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return OTHER
    return str(code) if 100 <= code <= 599 else OTHER


def status_group(status: object) -> str:
    """Return the group of the status code as a label value, such as `2xx`."""
    label = status_label(status)
    return label if label == OTHER else f"{label[0]}xx"


def _initial_methods(node: Node) -> list[str]:
    # Every GET route of Starlette has HEAD too; initializing it would double the series.
    methods = node.methods or frozenset({"GET"})
    return sorted(m for m in methods if m in _METHODS and not (m == "HEAD" and "GET" in methods))
