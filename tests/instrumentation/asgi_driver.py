"""Drives an ASGI application message by message, as a server would, and reads what it counted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry


@dataclass
class Answer:
    """What came back from one request."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raised: BaseException | None = None


@dataclass
class Client:
    """How the client behaves: when it breaks the connection, and whether the server tells at once."""

    breaks_at_message: int | None = None
    leaves_at_once: bool = False


def http_scope(path: str, method: str, headers: Iterable[tuple[str, str]], **more: Any) -> dict[str, Any]:
    named = {"host": "testserver", **dict(headers)}
    raw = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    path, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
        **more,
    }


async def acall(
    app: Any,
    path: str = "/",
    *,
    method: str = "GET",
    headers: Iterable[tuple[str, str]] = (),
    client: Client | None = None,
    **more: Any,
) -> Answer:
    """Send one request and return its answer, with the exception that the application let out."""
    client = client or Client()
    answer = Answer()
    sent = 0
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        if not client.leaves_at_once:
            await asyncio.sleep(3600)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += 1
        if client.breaks_at_message is not None and sent >= client.breaks_at_message:
            raise OSError("the client is gone")
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        await app(http_scope(path, method, headers, **more), receive, send)
    except BaseException as error:
        answer.raised = error
    return answer


def call(app: Any, path: str = "/", **options: Any) -> Answer:
    """Send one request in a loop of its own."""
    return asyncio.run(acall(app, path, **options))


def start(app: Any) -> None:
    """Run the application's lifespan, start and end."""

    async def run() -> None:
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            assert "failed" not in message["type"], message

        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    asyncio.run(run())


def counted(registry: CollectorRegistry) -> dict[tuple[str, str, str], float]:
    """Return the requests counted so far, by method, handler and status code, without zeros."""
    return {labels: value for labels, value in series(registry, "http_requests_total").items() if value}


def series(registry: CollectorRegistry, sample_name: str) -> dict[tuple[str, str, str], float]:
    """Return the samples of that name, by method, handler and status code."""
    return {
        (sample.labels["method"], sample.labels["handler"], sample.labels["status_code"]): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == sample_name
    }
