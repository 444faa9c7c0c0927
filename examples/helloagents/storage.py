"""The demo's database: conversations in a real SQLite database in memory, behind a small pool."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Final

from backend_instrumentation import Instruments

CONNECTIONS: Final = 5
_SLOW_SECONDS: Final = 0.1
_MOST_MESSAGES: Final = 500
_FORGET: Final = "DELETE FROM message WHERE id <= (SELECT max(id) FROM message) - ?"
_DATABASE: Final = "file:helloagents-{}?mode=memory&cache=shared"


class Storage:
    """Keeps the latest messages of all conversations."""

    def __init__(self, instruments: Instruments) -> None:
        self._duration = instruments.histogram("database_query_duration_seconds")
        self._slow = instruments.counter("database_slow_queries_total")
        self._in_use = instruments.gauge("database_connections_in_use")
        instruments.gauge("database_connections_max").set(CONNECTIONS)
        self._in_use.set(0)
        uri = _DATABASE.format(id(self))
        self._pool = [sqlite3.connect(uri, uri=True, check_same_thread=False) for _ in range(CONNECTIONS)]
        self._gate = asyncio.Semaphore(CONNECTIONS)
        with self._pool[0] as connection:
            connection.execute("CREATE TABLE message (id INTEGER PRIMARY KEY, agent TEXT, text TEXT)")

    async def add(self, agent: str, text: str) -> None:
        """Keep a message, and forget the oldest."""
        await self._query("insert", "INSERT INTO message (agent, text) VALUES (?, ?)", (agent, text))
        await self._query("delete", _FORGET, (_MOST_MESSAGES,))

    async def latest(self, agent: str) -> list[str]:
        """Return the latest messages of an agent, newest first."""
        query = "SELECT text FROM message WHERE agent = ? ORDER BY id DESC LIMIT 20"
        return [str(text) for (text,) in await self._query("select", query, (agent,))]

    async def _query(
        self, operation: str, sql: str, values: tuple[str | int, ...]
    ) -> list[tuple[object, ...]]:
        async with self._gate:
            connection = self._pool.pop()
            self._in_use.inc()
            started = time.perf_counter()
            try:
                with connection:
                    return connection.execute(sql, values).fetchall()
            finally:
                seconds = time.perf_counter() - started
                self._duration.labels(operation=operation).observe(seconds)
                if seconds > _SLOW_SECONDS:
                    self._slow.labels(operation=operation).inc()
                self._in_use.dec()
                self._pool.append(connection)
