"""Records database queries and tool calls in the contract's families, whether they are traced or not."""

from __future__ import annotations

from typing import Final

from ...config.settings import Settings, load
from ...contract import OTHER_VALUE, family
from ...guard import Guard
from ...packs.instruments import Instruments

_QUERIES: Final = "database_query_duration_seconds"
_CALLS: Final = "tool_calls_total"
_CALL_DURATION: Final = "tool_call_duration_seconds"
_NAMES: Final = (_QUERIES, _CALLS, _CALL_DURATION)


class OperationMetrics:
    """The three families: of the service's instruments, or from the first use on of the default registry."""

    def __init__(self, instruments: Instruments | None) -> None:
        self._instruments = instruments
        self._guard = Guard(lambda: None) if instruments is None else instruments.guard

    def use(self, instruments: Instruments) -> None:
        """Record into these from now on, unless there are others already."""
        if self._instruments is None:
            self._instruments, self._guard = instruments, instruments.guard

    def query(self, operation: str, seconds: float) -> None:
        """Record a finished query; operations outside the contract's set are `__other__`."""
        try:
            instruments = self._found()
            if _QUERIES in instruments:
                instruments.histogram(_QUERIES).labels(operation=_operation(operation)).observe(seconds)
        except Exception:
            self._guard.note("recording a database query")

    def tool_call(self, tool: str, operation: str, *, failed: bool, seconds: float) -> None:
        """Record a finished tool call."""
        try:
            instruments, status = self._found(), "error" if failed else "success"
            if _CALLS in instruments:
                instruments.counter(_CALLS).labels(tool=tool, operation=operation, status=status).inc()
            if _CALL_DURATION in instruments:
                instruments.histogram(_CALL_DURATION).labels(tool=tool, operation=operation).observe(seconds)
        except Exception:
            self._guard.note("recording a tool call")

    def _found(self) -> Instruments:
        # Not before the first use: by then the application has registered its own families, which are shared then.
        if self._instruments is None:
            configured = {each.name: each for each in load().families}
            ours = [configured.get(name) or family(name) for name in _NAMES]
            self._instruments = Instruments(
                Settings(families=tuple(each for each in ours if each is not None))
            )
        return self._instruments


def _operation(operation: str) -> str:
    known = dict(getattr(family(_QUERIES), "allowed", ())).get("operation", ())
    lowered = operation.strip().lower()
    return lowered if not known or lowered in known else OTHER_VALUE
