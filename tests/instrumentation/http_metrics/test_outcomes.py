"""A request counts once, with the status and the duration that its client got."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from backend_instrumentation import Instruments, MetricsMiddleware, instrument
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import Client, acall, call, counted, series

CHUNK_SECONDS = 0.05


async def chunks(*, fail: bool = False) -> AsyncIterator[bytes]:
    for number in range(3):
        await asyncio.sleep(CHUNK_SECONDS)
        if fail and number == 2:
            raise RuntimeError("in the middle of the stream")
        yield b"chunk"


async def plain(_: Request) -> Response:
    return PlainTextResponse("fine")


async def raising(_: Request) -> Response:
    raise RuntimeError("before the response")


async def streaming(_: Request) -> Response:
    return StreamingResponse(chunks())


async def breaking(_: Request) -> Response:
    return StreamingResponse(chunks(fail=True))


async def failing_later() -> None:
    raise RuntimeError("after the response")


async def background(request: Request) -> Response:
    return PlainTextResponse("fine", background=BackgroundTask(request.app.state.released.wait))


async def bad_background(_: Request) -> Response:
    return PlainTextResponse("fine", background=BackgroundTask(failing_later))


async def endless(_: Request) -> Response:
    await asyncio.sleep(3600)
    return PlainTextResponse("never")


async def patient(request: Request) -> Response:
    await request.body()
    while not await request.is_disconnected():
        await asyncio.sleep(0.001)
    raise RuntimeError("nobody waits any more")


async def file(_: Request) -> Response:
    return FileResponse(Path(__file__))


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """An ASGI endpoint that returns without a response."""


async def unfinished(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def repeating(scope: Any, receive: Any, send: Any) -> None:
    await PlainTextResponse("once")(scope, receive, send)
    await PlainTextResponse("twice", 500)(scope, receive, send)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def app(registry: CollectorRegistry) -> FastAPI:
    app = FastAPI()
    for endpoint in (plain, raising, streaming, breaking, background, bad_background, endless, patient, file):
        app.add_route(f"/{endpoint.__name__}", endpoint)
    app.mount("/silent", silent)
    app.mount("/unfinished", unfinished)
    app.mount("/repeating", repeating)
    instrument(app, registry=registry, config=Settings())
    return app


def only(registry: CollectorRegistry) -> tuple[str, float, float]:
    """Return the status, the number and the duration of the one request counted."""
    ((labels, number),) = counted(registry).items()
    return labels[2], number, series(registry, "http_request_duration_seconds_sum")[labels]


def test_a_response_counts_with_its_status(app: FastAPI, registry: CollectorRegistry) -> None:
    call(app, "/plain")
    assert only(registry)[:2] == ("200", 1)
    assert series(registry, "http_request_duration_seconds_count")[("GET", "/plain", "200")] == 1


def test_an_exception_before_the_response_is_500_and_goes_on_unchanged(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    answer = call(app, "/raising")
    assert (answer.status, repr(answer.raised)) == (500, "RuntimeError('before the response')")
    assert only(registry)[:2] == ("500", 1)


def test_an_exception_in_the_middle_of_the_response_is_500(app: FastAPI, registry: CollectorRegistry) -> None:
    answer = call(app, "/breaking")
    assert (answer.status, answer.body) == (200, b"chunkchunk")
    assert only(registry)[:2] == ("500", 1)


def test_a_stream_lasts_until_its_last_byte(app: FastAPI, registry: CollectorRegistry) -> None:
    call(app, "/streaming")
    status, number, seconds = only(registry)
    assert (status, number) == ("200", 1)
    assert seconds >= 3 * CHUNK_SECONDS


def test_a_background_task_is_no_part_of_the_request(app: FastAPI, registry: CollectorRegistry) -> None:
    async def run() -> None:
        app.state.released = asyncio.Event()
        request = asyncio.create_task(acall(app, "/background"))
        while not counted(registry):  # counted while the task still runs, or this never ends
            await asyncio.sleep(0.001)
        assert registry.get_sample_value("http_requests_in_progress") == 0
        assert not request.done()
        app.state.released.set()
        await request

    asyncio.run(asyncio.wait_for(run(), 30))
    assert only(registry)[:2] == ("200", 1)


def test_a_background_task_that_fails_leaves_the_status_that_was_sent(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    assert str(call(app, "/bad_background").raised) == "after the response"
    assert only(registry)[:2] == ("200", 1)


def test_a_client_that_leaves_in_the_middle_counts_as_the_status_it_was_sent(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    call(app, "/streaming", client=Client(breaks_at_message=3))
    assert only(registry)[:2] == ("200", 1)


def test_a_client_that_the_server_reports_as_gone_counts_as_the_status_it_was_sent(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    call(app, "/streaming", client=Client(leaves_at_once=True))
    assert only(registry)[:2] == ("200", 1)


def test_a_client_that_leaves_before_the_response_is_499(app: FastAPI, registry: CollectorRegistry) -> None:
    call(app, "/patient", client=Client(leaves_at_once=True))
    assert only(registry)[:2] == ("499", 1)


def test_a_cancelled_request_is_500(app: FastAPI, registry: CollectorRegistry) -> None:
    async def run() -> None:
        request = asyncio.create_task(acall(app, "/endless"))
        await asyncio.sleep(CHUNK_SECONDS)
        request.cancel()
        assert isinstance((await request).raised, asyncio.CancelledError)

    asyncio.run(run())
    assert only(registry)[:2] == ("500", 1)


def test_a_request_whose_event_loop_is_closed_is_500_and_no_longer_in_progress(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    loop = asyncio.new_event_loop()
    running = acall(app, "/endless")
    task = loop.create_task(running)
    loop.run_until_complete(asyncio.sleep(CHUNK_SECONDS))
    assert registry.get_sample_value("http_requests_in_progress") == 1
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    running.close()
    assert only(registry)[:2] == ("500", 1)
    assert registry.get_sample_value("http_requests_in_progress") == 0


@pytest.mark.parametrize("path", ["/silent/", "/unfinished/"])
def test_an_application_that_never_ends_its_response_is_500(
    app: FastAPI, registry: CollectorRegistry, path: str
) -> None:
    call(app, path)
    assert only(registry)[:2] == ("500", 1)


def test_an_application_that_answers_twice_counts_once(app: FastAPI, registry: CollectorRegistry) -> None:
    call(app, "/repeating/")
    assert only(registry)[:2] == ("200", 1)


def test_a_file_that_the_server_sends_itself_counts(app: FastAPI, registry: CollectorRegistry) -> None:
    call(app, "/file", extensions={"http.response.pathsend": {}})
    assert only(registry)[:2] == ("200", 1)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_head_and_options_count_as_they_are(app: FastAPI, registry: CollectorRegistry, method: str) -> None:
    answer = call(app, "/plain", method=method)
    assert counted(registry) == {(method, "/plain", str(answer.status)): 1}


def test_requests_in_progress_return_to_zero_however_they_end(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    seen: list[float | None] = []

    async def run() -> None:
        request = asyncio.create_task(acall(app, "/endless"))
        await asyncio.sleep(CHUNK_SECONDS)
        seen.append(registry.get_sample_value("http_requests_in_progress"))
        request.cancel()
        await request

    asyncio.run(run())
    for path in ("/plain", "/raising", "/breaking", "/bad_background", "/silent/", "/nothing"):
        call(app, path)
    seen.append(registry.get_sample_value("http_requests_in_progress"))
    assert seen == [1, 0]


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_websocket_and_lifespan_pass_through_untouched(registry: CollectorRegistry, kind: str) -> None:
    passed: list[Any] = []

    async def application(*arguments: Any) -> None:
        passed.extend(arguments)

    async def receive() -> Any: ...
    async def send(message: Any) -> None: ...

    scope = {"type": kind, "path": "/ws", "headers": []}
    wrapped = MetricsMiddleware(application, instruments=Instruments(Settings(), registry=registry))
    asyncio.run(wrapped(dict(scope), receive, send))
    # A WebSocket is marked, so that an application around this one does not count its exception too.
    marked = {name: value for name, value in passed.pop(0).items() if not name.startswith("backend_")}
    assert (marked, passed) == (scope, [receive, send])
    assert counted(registry) == {}


async def answering(request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"handled {error}", int(request.headers.get("answer", "404")))


def handles_everything(app: Any) -> None:
    app.add_exception_handler(Exception, answering)


class Passing:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


STEPS: dict[str, Any] = {
    "handler": handles_everything,
    "middleware": lambda app: app.add_middleware(Passing),
    "starlette's middleware": lambda app: app.add_middleware(
        BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request)
    ),
}


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
@pytest.mark.parametrize("order", [*permutations([None, *STEPS])])
def test_an_exception_counts_as_what_the_applications_handler_answers(
    kind: Any, order: tuple[str | None, ...], registry: CollectorRegistry
) -> None:
    app = kind()
    app.add_route("/raising", raising)
    failed: list[Any] = []
    for step in order:
        if step is None:
            handle = instrument(app, registry=registry, config=Settings())
            handle.hooks.on_error.append(lambda *arguments: failed.append(arguments[1:]))
        else:
            STEPS[step](app)
    answer = call(app, "/raising")
    assert (answer.status, answer.body) == (404, b"handled before the response")
    assert str(answer.raised) == "before the response"
    assert counted(registry) == {("GET", "/raising", "404"): 1}
    assert failed == []
    assert call(app, "/raising", headers=[("answer", "503")]).status == 503
    assert counted(registry)[("GET", "/raising", "503")] == 1
    ((error, *about),) = failed
    assert (str(error), about) == ("before the response", ["/raising", "GET", 503])


def test_a_failing_background_task_is_an_error_also_beside_a_handler_of_everything(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    failed: list[Any] = []
    handles_everything(app)
    instrument(app).hooks.on_error.append(lambda *arguments: failed.append(arguments[4]))
    call(app, "/bad_background")
    assert only(registry)[:2] == ("200", 1)
    assert failed == [200]


def test_a_client_that_left_before_a_handled_exception_is_499(
    app: FastAPI, registry: CollectorRegistry
) -> None:
    failed: list[Any] = []
    app.add_exception_handler(Exception, lambda *_: PlainTextResponse("nobody reads this", 503))
    instrument(app).hooks.on_error.append(lambda *arguments: failed.append(arguments))
    call(app, "/patient", client=Client(leaves_at_once=True))
    assert only(registry)[:2] == ("499", 1)
    assert failed == []
