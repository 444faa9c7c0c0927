"""Each request has one span, named after its route, and its histogram points at it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from opentelemetry.trace import SpanKind, StatusCode
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from backend_instrumentation import Instrumentation, instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.tracing import TracingManager

from ..asgi_driver import acall, call, start
from ..spans_kept import Kept, kept_spans, sent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = ("traceparent", f"00-{TRACE}-{SPAN}-01")
OPENMETRICS = [("accept", "application/openmetrics-text; version=1.0.0")]


async def fine(_: Request) -> Response:
    return PlainTextResponse("fine")


async def fails(_: Request) -> Response:
    raise ValueError("it failed")


async def refuses(_: Request) -> Response:
    return PlainTextResponse("no", 503)


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def routes() -> list[Any]:
    inside = [Route("/deep/{id}", fine)]
    return [
        Route("/fine/{id}", fine),
        Route("/fails", fails),
        Route("/refuses", refuses),
        Mount("/mnt", routes=inside),
        WebSocketRoute("/socket", echo),
    ]


def starlette_app() -> Starlette:
    return Starlette(routes=routes())


def fastapi_app() -> FastAPI:
    async def item(item: int) -> str:
        return "fine"

    router = APIRouter(prefix="/items")
    router.add_api_route("/{item}", item)
    app = FastAPI()
    app.include_router(router, prefix="/api/v1")
    app.router.routes.extend(routes())
    return app


@pytest.fixture(params=[starlette_app, fastapi_app])
def app(request: pytest.FixtureRequest) -> Any:
    return request.param()


@contextmanager
def traced(app: Starlette, **options: Any) -> Iterator[tuple[Instrumentation, TracingManager, Kept]]:
    with kept_spans() as (manager, kept):
        handle = instrument(app, registry=CollectorRegistry(), config=Settings(), tracing=manager, **options)
        yield handle, manager, kept
        handle.uninstrument()


def test_a_span_continues_the_callers_trace_and_is_named_after_the_route(app: Starlette) -> None:
    with traced(app) as (_, manager, kept):
        call(app, "/fine/7", headers=[PARENT])
        call(app, "/refuses")
        spans = sent(manager, kept)
    assert set(spans) == {"GET /fine/{id}", "GET /refuses"}
    span = spans["GET /fine/{id}"]
    assert span.parent is not None
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    assert span.kind is SpanKind.SERVER
    attributes = dict(span.attributes or {})
    assert attributes["http.request.method"] == "GET"
    assert attributes["http.response.status_code"] == 200
    assert attributes["http.route"] == "/fine/{id}"
    assert spans["GET /refuses"].parent is None


def test_mounts_are_in_the_name() -> None:
    for app in (starlette_app(), fastapi_app()):
        with traced(app) as (_, manager, kept):
            call(app, "/mnt/deep/7")
            assert [*sent(manager, kept)] == ["GET /mnt/deep/{id}"]


def test_included_routers_have_their_prefix() -> None:
    app = fastapi_app()
    with traced(app) as (_, manager, kept):
        call(app, "/api/v1/items/3")
        call(app, "/api/v1/items/4")
        assert [*sent(manager, kept)] == ["GET /api/v1/items/{item}"]
        assert len(kept.spans) == 2


def test_failures_are_errors_and_are_raised_unchanged(app: Starlette) -> None:
    with traced(app) as (_, manager, kept):
        failed = call(app, "/fails")
        refused = call(app, "/refuses")
        missing = call(app, "/nowhere")
        spans = sent(manager, kept)
    assert (repr(failed.raised), refused.status, missing.status) == ("ValueError('it failed')", 503, 404)
    assert spans["GET /fails"].status.status_code is StatusCode.ERROR
    assert dict(spans["GET /fails"].attributes or {})["error.type"] == "ValueError"
    assert [event.name for event in spans["GET /fails"].events] == ["exception"]
    assert spans["GET /refuses"].status.status_code is StatusCode.ERROR
    assert spans["GET"].status.status_code is StatusCode.UNSET


def test_metrics_health_and_excluded_paths_have_no_spans(app: Starlette) -> None:
    with traced(app, exclude={"/fine/1"}) as (_, manager, kept):
        for path in ("/metrics", "/health", "/fine/1"):
            assert call(app, path).status == 200
        assert sent(manager, kept) == {}


def test_a_span_ends_with_the_last_byte_and_not_with_the_background(app: Starlette) -> None:
    ended: list[bool] = []
    with traced(app) as (_, manager, kept):

        async def later() -> None:
            ended.append(await asyncio.to_thread(manager.flush, 10) and len(kept.spans) == 1)

        async def page(_: Request) -> Response:
            return PlainTextResponse("x", background=BackgroundTask(later))

        app.router.routes.insert(0, Route("/page", page))
        assert call(app, "/page").status == 200
    assert ended == [True]


def test_a_websocket_has_one_span_and_passes_untouched() -> None:
    app = starlette_app()
    messages: list[Any] = []

    async def connect() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            messages.append(message["type"])

        scope = {
            "type": "websocket",
            "path": "/socket",
            "headers": [],
            "query_string": b"",
            "subprotocols": [],
        }
        await app(scope, receive, send)

    with traced(app) as (_, manager, kept):
        asyncio.run(connect())
        assert [*sent(manager, kept)] == ["WS"]
    assert messages == ["websocket.accept", "websocket.close"]


def test_the_histogram_and_the_counter_point_at_the_trace(app: Starlette) -> None:
    with traced(app) as (_, _, _):
        call(app, "/fine/7", headers=[PARENT])
        call(app, "/fails", headers=[PARENT])
        text = call(app, "/metrics", headers=OPENMETRICS).body.decode()
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    found = {
        (each.name, each.labels["handler"]): each.exemplar.labels["trace_id"]
        for each in samples
        if each.exemplar
    }
    assert {name for name, _ in found} == {"http_requests_total", "http_request_duration_seconds_bucket"}
    assert {handler for _, handler in found} == {"/fine/{id}", "/fails"}
    assert set(found.values()) == {TRACE}


def test_a_request_that_is_not_sampled_has_no_exemplar(app: Starlette) -> None:
    with traced(app) as (_, manager, kept):
        call(app, "/fine/7", headers=[("traceparent", f"00-{TRACE}-{SPAN}-00")])
        text = call(app, "/metrics", headers=OPENMETRICS).body.decode()
        assert sent(manager, kept) == {}
    assert "trace_id" not in text


def test_it_works_inside_the_lifespan_too() -> None:
    with kept_spans() as (manager, kept):

        async def lifespan(app: Starlette) -> Any:
            instrument(app, registry=CollectorRegistry(), config=Settings(), tracing=manager)
            yield

        from contextlib import asynccontextmanager

        for make in (Starlette, FastAPI):
            app = make(routes=[Route("/fine/{id}", fine)], lifespan=asynccontextmanager(lifespan))
            start(app)
            call(app, "/fine/1")
        assert [*sent(manager, kept)] == ["GET /fine/{id}"]
        assert len(kept.spans) == 2


def test_fastapis_own_configuration_stays_as_it_is() -> None:
    app = fastapi_app()
    before = dict(getattr(app, "_telemetry", {}))
    with traced(app) as (handle, manager, kept):
        assert dict(getattr(app, "_telemetry", {})) == before
        handle.uninstrument()
        call(app, "/fine/1")
        assert sent(manager, kept) == {}
    assert dict(getattr(app, "_telemetry", {})) == before


@pytest.mark.skipif(not hasattr(FastAPI(), "_telemetry"), reason="this FastAPI makes no spans itself")
def test_what_the_user_excluded_in_fastapi_stays_excluded() -> None:
    app = FastAPI(telemetry={"exclude": lambda scope: scope["path"].startswith("/fine")})
    app.router.routes.extend(routes())
    with traced(app) as (_, manager, kept):
        call(app, "/fine/1")
        call(app, "/refuses")
        assert [*sent(manager, kept)] == ["GET /refuses"]


def test_spans_that_fail_in_the_middleware_change_no_answer(
    app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken on purpose")

    with traced(app) as (handle, _, _):
        monkeypatch.setattr(TracingManager, "start_request_span", refuse)
        handle.hooks.exemplar = refuse
        assert [call(app, path).status for path in ("/fine/1", "/nowhere", "/metrics")] == [200, 404, 200]


def test_two_requests_at_once_do_not_share_a_span(app: Starlette) -> None:
    async def both() -> None:
        await asyncio.gather(*(acall(app, f"/fine/{number}") for number in range(20)))

    with traced(app) as (_, manager, kept):
        asyncio.run(both())
        sent(manager, kept)
    assert len({span.context.trace_id for span in kept.spans}) == 20
