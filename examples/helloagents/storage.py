"""The demo's database: conversations in a real SQLite database in memory, behind a small pool."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import zlib
from typing import Final

from backend_instrumentation import Instruments
from backend_instrumentation.logmetrics import CheckpointMonitor
from backend_instrumentation.tracing import TracingManager

from .faults import FaultSwitches

CONNECTIONS: Final = 5
_SLOW_SECONDS: Final = 0.1
_MOST_MESSAGES: Final = 500
CHECKPOINT_EVERY: Final = 25
_INSERT: Final = "INSERT INTO message (agent, text) VALUES (?, ?)"
_LATEST: Final = "SELECT text FROM message WHERE agent = ? ORDER BY id DESC LIMIT 20"
_FORGET: Final = "DELETE FROM message WHERE id <= (SELECT max(id) FROM message) - ?"
_DATABASE: Final = "file:helloagents-{}?mode=memory&cache=shared"


class Storage:
    """Keeps the latest messages of all conversations."""

    def __init__(
        self,
        instruments: Instruments,
        switches: FaultSwitches,
        tracing: TracingManager,
        checkpoints: CheckpointMonitor,
    ) -> None:
        self._switches = switches
        self._checkpoints = checkpoints
        self._added = 0
        self.checkpoint = b""
        """The latest checkpoint: a compressed dump of all messages."""
        self._slow = instruments.counter("database_slow_queries_total")
        self._in_use = instruments.gauge("database_connections_in_use")
        instruments.gauge("database_connections_max").set(CONNECTIONS)
        self._in_use.set(0)
        uri = _DATABASE.format(id(self))
        self._pool = [sqlite3.connect(uri, uri=True, check_same_thread=False) for _ in range(CONNECTIONS)]
        self._gate = asyncio.Semaphore(CONNECTIONS)
        with self._pool[0] as connection:
            connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, agent TEXT, text TEXT)")

        # Each query is a span and a value of database_query_duration_seconds.
        queries = (("insert", _INSERT), ("delete", _FORGET), ("select", _LATEST))
        self._insert, self._delete, self._select = (
            tracing.trace_database_operation(operation, "message", sql)(self._query)
            for operation, sql in queries
        )

    async def ping(self) -> None:
        """Ask the database for nothing; raise sqlite3.OperationalError when it does not answer."""
        async with self._gate:
            self._answer()
            self._pool[-1].execute("SELECT 1")

    def _answer(self) -> None:
        if self._switches.now.database_down:
            raise sqlite3.OperationalError("injected fault: the database is down")

    async def add(self, agent: str, text: str) -> None:
        """Store a message, and drop the oldest."""
        await self._insert("insert", _INSERT, (agent, text))
        await self._delete("delete", _FORGET, (_MOST_MESSAGES,))
        self._added += 1
        if self._added % CHECKPOINT_EVERY == 0:
            await self._save()

    async def latest(self, agent: str) -> list[str]:
        """Return the latest messages of an agent, newest first."""
        return [str(text) for (text,) in await self._select("select", _LATEST, (agent,))]

    async def _save(self) -> None:
        async with self._gate:
            connection = self._pool.pop()
            started, success = time.perf_counter(), False
            try:
                self.checkpoint = zlib.compress("\n".join(connection.iterdump()).encode())
                success = True
            finally:
                self._pool.append(connection)
                self._checkpoints.record_checkpoint_save(
                    time.perf_counter() - started, len(self.checkpoint), success
                )

    async def _query(
        self, operation: str, sql: str, values: tuple[str | int, ...]
    ) -> list[tuple[object, ...]]:
        async with self._gate:
            connection = self._pool.pop()
            self._in_use.inc()
            started = time.perf_counter()
            try:
                self._answer()
                with connection:
                    return connection.execute(sql, values).fetchall()
            finally:
                if time.perf_counter() - started > _SLOW_SECONDS:
                    self._slow.labels(operation=operation).inc()
                self._in_use.dec()
                self._pool.append(connection)
