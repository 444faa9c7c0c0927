"""Checks of what a service depends on: a TCP port, an HTTP address, a database.

They use sockets of their own, not the clients and threads of the application, and every step has a timeout.
"""

from __future__ import annotations

import http.client
import inspect
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from .check_definition import CheckError, CheckFunction
from .check_result import CheckResult

_PING: Final = "SELECT 1"
_OPEN_FAILURES: Final = (OSError, http.client.HTTPException)


def tcp(host: str, port: int, *, timeout: float = 2.0) -> CheckFunction:
    """Return a check that connects to a port; `timeout` in seconds."""
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise CheckError(f"port: {port!r} is no port; it is a whole number from 1 to 65535")

    def connect() -> CheckResult:
        before = time.monotonic()
        try:
            socket.create_connection((host, port), timeout).close()
        except OSError as error:
            return CheckResult("fail", f"no connection to {host}:{port}: {error.strerror or error}")
        return CheckResult("pass", observed=time.monotonic() - before, unit="s")

    return connect


def http_get(url: str, *, timeout: float = 2.0, statuses: range = range(200, 400)) -> CheckFunction:
    """Return a check that gets a URL and expects one of the statuses; redirects are not followed.

    The message names host and path without user and query. `timeout` in seconds, for each step of the connection.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CheckError("url: must begin with http:// or https:// and name a host")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    shown = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

    def get() -> CheckResult:
        before = time.monotonic()
        connection = _connection(parts.scheme, str(parts.hostname), parts.port, timeout)
        try:
            connection.request("GET", target, headers={"user-agent": "health-check", "connection": "close"})
            status = connection.getresponse().status
        except _OPEN_FAILURES as error:
            return CheckResult("fail", f"{shown} does not answer: {error or type(error).__name__}")
        finally:
            connection.close()
        state, message = ("pass", "") if status in statuses else ("fail", f"{shown} answered {status}")
        return CheckResult(state, message, time.monotonic() - before, "s")  # type: ignore[arg-type]

    return get


def _connection(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def sql_ping(connect: Callable[[], Any], statement: str = _PING) -> CheckFunction:
    """Return a check that executes a statement on a connection that `connect` returns, and closes it.

    `connect` may return a DB-API connection, a SQLAlchemy connection, or an awaitable or asynchronous context
    manager of one, such as `engine.connect` or `pool.acquire`.
    """
    if not callable(connect):
        raise CheckError(f"connect: {connect!r} is no function; pass one, such as `engine.connect`")

    def ping() -> Any:
        connection = connect()
        if inspect.isawaitable(connection) or hasattr(connection, "__aenter__"):
            return _ping_async(connection, statement)
        try:
            _execute(connection, statement)
        finally:
            connection.close()
        return True

    return ping


def _execute(connection: Any, statement: str) -> None:
    if hasattr(connection, "exec_driver_sql"):  # SQLAlchemy refuses a plain string elsewhere
        connection.exec_driver_sql(statement)
        return
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        cursor.fetchone()
    finally:
        cursor.close()


async def _ping_async(opened: Any, statement: str) -> bool:
    if hasattr(opened, "__aenter__"):
        async with opened as connection:
            await _execute_async(connection, statement)
        return True
    connection = await opened
    try:
        await _execute_async(connection, statement)
    finally:
        closed = connection.close()
        if inspect.isawaitable(closed):
            await closed
    return True


async def _execute_async(connection: Any, statement: str) -> None:
    execute = getattr(connection, "exec_driver_sql", None) or connection.execute
    done = execute(statement)
    if inspect.isawaitable(done):
        await done
