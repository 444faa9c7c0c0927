"""The pack `database`: query durations by operation, slow queries, and connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..recording.timer import Timer
from .pack_metrics import Recording

if TYPE_CHECKING:
    from typing_extensions import Self

SLOW_SECONDS: Final = 1.0


class DatabasePack:
    """Records queries; `slow_seconds`, 1 s unless set, is the service's own limit of a slow query."""

    def __init__(self, recording: Recording) -> None:
        self.slow_seconds = SLOW_SECONDS
        self._context = recording.context
        self._duration = recording.metric("database_query_duration_seconds")
        self._slow = recording.metric("database_slow_queries_total")
        self._in_use = recording.metric("database_connections_in_use")
        self._most = recording.metric("database_connections_max")

    def query(self, operation: str) -> Query:
        """Time one query: `with database.query("select"):`, or as a decorator.

        `operation` may be a whole statement: its first word counts, as `__other__` unless it is select, insert,
        update or delete.
        """
        return Query(self, operation)

    def record(self, operation: str, duration: float) -> None:
        """Record one query; `duration` in seconds."""
        try:
            first = (operation.split(None, 1) or [""])[0].lower()
            slow = duration > self.slow_seconds
        except Exception:
            self._context.guard.note("recording a query")
            return
        self._duration.observe(duration, operation=first)
        if slow:
            self._slow.inc(operation=first)

    def connection(self) -> Connection:
        """Count one connection as in use while the block, or the decorated call, runs."""
        return Connection(self)

    def connections(self, *, in_use: float | None = None, most: float | None = None) -> None:
        """Set how many connections are in use and how many may be open, each if given."""
        if in_use is not None:
            self._in_use.set(in_use)
        if most is not None:
            self._most.set(most)


class Query(Timer):
    """One query being answered."""

    def __init__(self, pack: DatabasePack, operation: str) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.operation = operation

    def _record(self) -> None:
        self._pack.record(self.operation, self.seconds)


class Connection(Timer):
    """One connection in use."""

    def __init__(self, pack: DatabasePack) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack

    def __enter__(self) -> Self:
        self._pack._in_use.inc()
        return super().__enter__()

    def _record(self) -> None:
        self._pack._in_use.dec()
