"""Posts to an application as a browser would."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry

from ..asgi_driver import Answer, http_scope

JSON = ("content-type", "application/json")


def post(
    app: Any, path: str, body: bytes, headers: Sequence[tuple[str, str]] = (JSON,), **options: Any
) -> Answer:
    """Send one body in a loop of its own; see `apost`."""
    return asyncio.run(apost(app, path, body, headers, **options))


async def apost(
    app: Any,
    path: str,
    body: bytes,
    headers: Sequence[tuple[str, str]] = (JSON,),
    *,
    address: str = "10.0.0.1",
    part: int | None = None,
    leaves: bool = False,
) -> Answer:
    """Send a body, in parts of that size, and return the answer; `leaves` before the last part."""
    parts = [body] if part is None else [body[at : at + part] for at in range(0, len(body), part)]
    answer = Answer()
    waiting = list(parts)

    async def receive() -> dict[str, Any]:
        if leaves and len(waiting) == 1:
            return {"type": "http.disconnect"}
        taken = waiting.pop(0)
        return {"type": "http.request", "body": taken, "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    scope = http_scope(path, "POST", headers, client=(address, 1))
    await app(scope, receive, send)
    return answer


def results(registry: CollectorRegistry, name: str) -> dict[str, float]:
    """Return a counter by result, without zeros."""
    return {
        sample.labels["result"]: sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name and sample.value
    }
