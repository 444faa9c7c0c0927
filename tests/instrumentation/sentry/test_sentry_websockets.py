"""An exception that ends a WebSocket is counted and reaches Sentry, a few of each kind; a client that leaves does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket

from backend_instrumentation import instrument, sentry
from backend_instrumentation.config.settings import Settings

from ..sentry_servers import Inbox, envelope_server


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with envelope_server() as running:
        yield running


async def fails(websocket: WebSocket) -> None:
    await websocket.accept()
    raise ValueError("the handler failed with token=canary")


async def waits(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()


async def closes(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def routes() -> list[Any]:
    return [
        WebSocketRoute("/rooms/{room}", fails),
        WebSocketRoute("/waits", waits),
        WebSocketRoute("/closes", closes),
        Mount("/mnt", routes=[WebSocketRoute("/deep/{id}", fails)]),
        Mount("/app", app=Starlette(routes=[WebSocketRoute("/deep/{id}", fails)])),
    ]


def fastapi_app() -> FastAPI:
    router = APIRouter(prefix="/v1")
    router.add_api_websocket_route("/rooms/{room}", fails)
    app = FastAPI()
    app.include_router(router, prefix="/api")
    app.router.routes.extend(routes())
    return app


def connect(app: Any, path: str) -> BaseException | None:
    """Connect, leave after that, and return the exception that reached the server."""
    messages = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}])

    async def receive() -> Any:
        return next(messages)

    async def send(_: Any) -> None:
        pass

    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "subprotocols": []}
    try:
        asyncio.run(app(scope, receive, send))
    except Exception as error:
        return error
    return None


def errors(registry: CollectorRegistry) -> dict[str, float]:
    (family,) = (each for each in registry.collect() if each.name == "websocket_errors")
    return {each.labels["handler"]: each.value for each in family.samples if each.name.endswith("_total")}


def test_it_is_counted_by_its_route_and_reported(inbox: Inbox) -> None:
    reporter, registry = sentry.init(inbox.dsn), CollectorRegistry()
    assert reporter is not None
    app = fastapi_app()
    instrument(app, registry=registry, config=Settings(), sentry=reporter)
    assert str(connect(app, "/rooms/7")) == "the handler failed with token=canary"
    for path in ("/mnt/deep/1", "/app/deep/2", "/api/v1/rooms/3"):
        assert isinstance(connect(app, path), ValueError)
    assert connect(app, "/closes") is None
    connect(app, "/waits")
    reporter.close()
    assert sorted(event["transaction"] for event in inbox.events) == [
        "WS /api/v1/rooms/{room}",
        "WS /app/deep/{id}",
        "WS /mnt/deep/{id}",
        "WS /rooms/{room}",
    ]
    assert "canary" not in str(inbox.events)
    assert errors(registry) == {
        "/api/v1/rooms/{room}": 1,
        "/app/deep/{id}": 1,
        "/closes": 0,
        "/mnt/deep/{id}": 1,
        "/rooms/{room}": 1,
        "/waits": 0,
    }


def test_a_storm_is_bounded_and_counted_in_full(inbox: Inbox) -> None:
    reporter, registry = sentry.init(inbox.dsn), CollectorRegistry()
    assert reporter is not None
    app = Starlette(routes=routes())
    instrument(app, registry=registry, config=Settings(), sentry=reporter)
    for number in range(50):
        connect(app, f"/rooms/{number}")
    reporter.close()
    assert len(inbox.events) == 10
    assert errors(registry)["/rooms/{room}"] == 50


def test_an_instrumented_application_inside_another_counts_nothing_twice() -> None:
    inner, outer = Starlette(routes=routes()), CollectorRegistry()
    instrument(inner, registry=CollectorRegistry(), config=Settings())
    app = Starlette(routes=[Mount("/in", app=inner)])
    instrument(app, registry=outer, config=Settings())
    assert isinstance(connect(app, "/in/rooms/7"), ValueError)
    assert errors(outer)["/in/rooms/{room}"] == 1
