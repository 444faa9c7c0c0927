"""Records what only some services want of their requests: sizes, the first byte, and calls of their own functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..contract import HTTP_FIRST_BYTE, HTTP_METHODS, HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE, OTHER
from ..packs.instruments import Instruments
from ..recording.callbacks import RequestCallbacks
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
        self.callbacks = callbacks
        self._recorder = recorder
        self._columns = [
            (column, instruments.histogram(name))
            for column, name in enumerate(_FAMILIES)
            if name in instruments
        ]
        self._observers: dict[tuple[str, ...], list[tuple[int, Callable[[float], None]]]] = {}

    def observe(self, series: RequestSeries, method: str, values: tuple[float, float, float]) -> None:
        """Record request size, response size and first byte of a request that was counted in the series."""
        if self._columns:
            for column, observe in self._of(series, method):
                observe(values[column])

    def _of(self, series: RequestSeries, method: str) -> list[tuple[int, Callable[[float], None]]]:
        labels = (
            method if method in _METHODS else OTHER,
            self._recorder.bounded(series.handler),
            *series.further,
        )
        found = self._observers.get(labels)
        if found is None:
            if len(self._observers) >= _MOST_CACHED:
                self._observers.clear()
            found = [(column, family.labels(*labels).observe) for column, family in self._columns]
            self._observers[labels] = found
        return found


def wanted(instruments: Instruments) -> bool:
    """Return whether the service enables any of these families."""
    return any(name in instruments for name in _FAMILIES)
