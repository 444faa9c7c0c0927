"""Counts requests with labels that the service computes, with a bounded number of values and series."""

from __future__ import annotations

import time
from typing import Final

from starlette.types import Scope

from ..config.request_labels import LabelFunction
from ..contract import HTTP_METHODS, OTHER, OTHER_VALUE
from ..guard import LOGGER, Guard
from ..recording.hooks import Hooks
from ..recording.label_values import LabelValues
from .handler import HandlerNames
from .recorder import HttpRecorder
from .request_counter import RequestCounter
from .request_series import RequestSeries

MOST_VALUES: Final = 200
"""Distinct values of one computed label; further ones are `__other__`."""
MOST_SERIES: Final = 10_000
"""Combinations of all labels; in further ones, the computed labels are `__other__`."""
SLOWEST_SECONDS: Final = 1.0
_METHODS: Final = frozenset(HTTP_METHODS)


class ComputedLabel:
    """One label whose values a function of the service returns; a function that takes a second is not asked again."""

    def __init__(self, name: str, function: LabelFunction, guard: Guard) -> None:
        self._name = name
        self._function: LabelFunction | None = function
        self._values = LabelValues(most=lambda: MOST_VALUES)
        self._guard = guard

    def value(self, scope: Scope, status: int) -> str:
        """Return the label's value for a request; never raises."""
        if self._function is None:
            return OTHER_VALUE
        started = time.perf_counter()
        try:
            return self._values.bounded(self._function(scope, status))
        except Exception:
            self._guard.note(f"computing the label {self._name}")
            return OTHER_VALUE
        finally:
            if time.perf_counter() - started > SLOWEST_SECONDS:
                self._function = None
                LOGGER.warning(
                    "computing the label %s took more than a second: it is %s from now on", self._name, OTHER_VALUE
                )  # fmt: skip


class LabelledCounter(RequestCounter):
    """A counter of requests whose series have the labels of the service's functions too."""

    def __init__(self, recorder: HttpRecorder, names: HandlerNames, hooks: Hooks, guard: Guard) -> None:
        super().__init__(recorder, names, hooks, guard)
        self._computed = [
            ComputedLabel(name, value, guard) if callable(value) else value for name, value in recorder.labels
        ]
        self._rows: dict[tuple[str, ...], RequestSeries] = {}

    def series(self, scope: Scope, asked: str, mounted_at: str | None, status: int) -> RequestSeries:
        base = super().series(scope, asked, mounted_at, status)
        if base.counter is None:
            return base
        further = tuple(
            each if isinstance(each, str) else each.value(scope, status) for each in self._computed
        )
        method, code = asked if asked in _METHODS else OTHER, self.recorder.status_label(status)
        return self._row(base, method, code, further)

    def _row(self, base: RequestSeries, method: str, code: str, further: tuple[str, ...]) -> RequestSeries:
        handler = self.recorder.bounded(base.handler)
        row = (method, handler, code, *further)
        found = self._rows.get(row)
        if found is None and len(self._rows) >= MOST_SERIES:
            # At most as many series again: those of the handlers, with each computed label at one value.
            further = tuple(each if isinstance(each, str) else OTHER_VALUE for each in self._computed)
            row = (method, handler, code, *further)
            found = self._rows.get(row)
        if found is None:
            children = self.recorder.children(method, base.handler, code, further)
            found = RequestSeries(*children, base.handler, (), further)
            self._rows[row] = found
        return found
