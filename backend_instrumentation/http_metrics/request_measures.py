"""Records what only some services want of their requests: sizes, the first byte, and calls of their own functions."""

from __future__ import annotations

from typing import Any, Final

from ..contract import HTTP_FIRST_BYTE, HTTP_METHODS, HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE, OTHER
from ..packs.instruments import Instruments
from ..recording.callbacks import FinishedRequest, RequestCallbacks
from .recorder import HttpRecorder
from .request_series import RequestSeries

_METHODS: Final = frozenset(HTTP_METHODS)
_FAMILIES: Final = (HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE, HTTP_FIRST_BYTE)
_MOST_CACHED: Final = 4096


class RequestMeasures:
    """The opt-in families of a service, and its functions for finished requests."""

    def __init__(
        self, instruments: Instruments, recorder: HttpRecorder, callbacks: RequestCallbacks | None
    ) -> None:
        self._recorder = recorder
        self._callbacks = callbacks
        self._histograms = [
            instruments.histogram(name) if name in instruments else None for name in _FAMILIES
        ]
        self._children: dict[tuple[str, ...], list[Any]] = {}

    def record(self, series: RequestSeries, finished: FinishedRequest) -> None:
        """Record a request that was counted in the series."""
        if series.counter is None:
            return
        values = finished.request_size, finished.response_size, finished.first_byte_seconds
        for child, value in zip(self._of(series, finished), values, strict=True):
            if child is not None:
                child.observe(value)
        if self._callbacks is not None:
            self._callbacks.call(finished)

    def _of(self, series: RequestSeries, finished: FinishedRequest) -> list[Any]:
        method = finished.method if finished.method in _METHODS else OTHER
        labels = (method, self._recorder.bounded(series.handler), *series.further)
        children = self._children.get(labels)
        if children is None:
            if len(self._children) >= _MOST_CACHED:
                self._children.clear()
            children = [each and each.labels(*labels) for each in self._histograms]
            self._children[labels] = children
        return children


def wanted(instruments: Instruments) -> bool:
    """Return whether the service enables any of these families."""
    return any(name in instruments for name in _FAMILIES)
