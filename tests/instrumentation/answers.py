"""Sends requests to an application, and describes each answer so that two applications can be compared."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette

from .asgi_driver import Answer, Client, acall
from .random_apps import Asked


def refuse(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken on purpose")


async def answered(app: Starlette, asked: Asked) -> tuple[Any, ...]:
    async def without(scope: Any, receive: Any, send: Any) -> None:
        scope |= asked.more
        await app({key: value for key, value in scope.items() if key not in asked.missing}, receive, send)

    answer: Answer = await acall(
        without,
        asked.path,
        method=asked.method,
        headers=asked.headers,
        client=Client(breaks_at_message=asked.breaks_at, leaves_at_once=asked.leaves),
    )
    raised = answer.raised
    about = (type(raised), repr(raised), repr(raised.__cause__)) if raised is not None else None
    body = answer.body
    if answer.headers.get("content-encoding") == "gzip":
        body = body[:4] + body[8:]  # but for the second in which it was made
    return answer.status, answer.headers, body, about


async def all_answered(app: Starlette, requests: list[Asked]) -> list[tuple[Any, ...]]:
    return [await answered(app, asked) for asked in requests]
