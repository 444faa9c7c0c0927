"""Error hooks are called for failing requests only, the exemplar hook for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import Client, acall, call, counted

TRACE = {"trace_id": "0af7651916cd43dd8448eb211c80319c"}


async def fine(_: Request) -> Response:
    return PlainTextResponse("fine")


async def refusing(_: Request) -> Response:
    return PlainTextResponse("no", 503)


async def raising(_: Request) -> Response:
    raise ValueError("broken")


async def breaking(_: Request) -> Response:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        raise ValueError("broken")

    return StreamingResponse(chunks())


async def failing_later() -> None:
    raise ValueError("broken")


async def background(_: Request) -> Response:
    return PlainTextResponse("fine", background=BackgroundTask(failing_later))


ROUTES = [Route(f"/{each.__name__}/{{x}}", each) for each in (fine, refusing, raising, breaking, background)]


def service(registry: CollectorRegistry, **options: Any) -> tuple[Starlette, Any, list[Any]]:
    app = Starlette(routes=[*ROUTES, Route("/health", raising)], **options)
    handle = instrument(app, registry=registry, config=Settings())
    seen: list[Any] = []
    handle.hooks.on_error.append(lambda scope, error, *labels: seen.append((repr(error), *labels)))
    return app, handle, seen


@pytest.mark.parametrize(
    ("path", "error", "handler", "status"),
    [
        ("/refusing/1", "None", "/refusing/{x}", 503),
        ("/raising/1", "ValueError('broken')", "/raising/{x}", 500),
        ("/breaking/1", "ValueError('broken')", "/breaking/{x}", 500),
        ("/background/1", "ValueError('broken')", "/background/{x}", 200),
        ("/health", "ValueError('broken')", "/health", 500),
    ],
)
def test_a_hook_hears_once_of_a_failing_request(path: str, error: str, handler: str, status: int) -> None:
    app, _, seen = service(CollectorRegistry())
    call(app, path)
    ((told, *rest),) = seen
    assert error in told  # which an older Starlette puts into a group
    assert rest == [handler, "GET", status]


def test_a_hook_hears_nothing_of_good_requests_and_of_clients_that_left() -> None:
    app, _, seen = service(CollectorRegistry())
    for path in ("/fine/1", "/nothing", "/metrics"):
        call(app, path)
    call(app, "/fine/1", client=Client(breaks_at_message=2))
    call(app, "/breaking/1", client=Client(breaks_at_message=1))
    assert seen == []


def test_a_hook_that_fails_is_counted_and_does_not_silence_the_next() -> None:
    registry = CollectorRegistry()
    app, handle, seen = service(registry)

    def refuse(*_: Any) -> None:
        raise RuntimeError("broken on purpose")

    handle.hooks.on_error.insert(0, refuse)
    assert repr(call(app, "/raising/1").raised) == "ValueError('broken')"
    assert len(seen) == 1
    assert registry.get_sample_value("instrumentation_errors_total") == 1


def test_an_exemplar_is_on_the_counter_and_on_the_bucket() -> None:
    registry = CollectorRegistry()
    app, handle, _ = service(registry)
    call(app, "/fine/1")
    handle.hooks.exemplar = lambda: TRACE
    call(app, "/fine/1")
    with_one = [
        sample.name
        for metric in registry.collect()
        for sample in metric.samples
        if sample.exemplar is not None
    ]
    assert with_one == ["http_requests_total", "http_request_duration_seconds_bucket"]
    text = call(app, "/metrics", headers=[("accept", "application/openmetrics-text")]).body.decode()
    assert f'# {{trace_id="{TRACE["trace_id"]}"}} 1.0' in text


@pytest.mark.parametrize("exemplar", [{"key": "x" * 500}, 7, ["a"], RuntimeError()])
def test_an_exemplar_that_cannot_be_used_loses_no_request(exemplar: Any) -> None:
    registry = CollectorRegistry()
    app, handle, _ = service(registry)

    def broken() -> Any:
        if isinstance(exemplar, Exception):
            raise exemplar
        return exemplar

    handle.hooks.exemplar = broken
    call(app, "/fine/1")
    assert counted(registry) == {("GET", "/fine/{x}", "200"): 1}
    assert registry.get_sample_value("instrumentation_errors_total") == 1
    assert (
        registry.get_sample_value(
            "http_request_duration_seconds_count",
            {"method": "GET", "handler": "/fine/{x}", "status_code": "200"},
        )
        == 1
    )


def test_a_cancelled_request_is_told_with_its_cancellation() -> None:
    async def endless(_: Request) -> Response:
        await asyncio.sleep(3600)
        return PlainTextResponse("never")

    app, _, seen = service(CollectorRegistry())
    app.add_route("/endless", endless)

    async def run() -> None:
        request = asyncio.create_task(acall(app, "/endless"))
        await asyncio.sleep(0.01)
        request.cancel()
        await request

    asyncio.run(run())
    assert seen == [("CancelledError()", "/endless", "GET", 500)]
