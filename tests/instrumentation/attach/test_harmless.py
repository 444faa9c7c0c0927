"""Whatever fails in the package, the service answers what it would have answered without it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics.handler import HandlerNames
from backend_instrumentation.http_metrics.observed_request import ObservedRequest
from backend_instrumentation.http_metrics.recorder import HttpRecorder
from backend_instrumentation.http_metrics.request_counter import RequestCounter

from ..asgi_driver import Answer, call
from ..random_apps import RaisingRegistry, UnhashableRegistry


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.mark.parametrize("kind", [RaisingRegistry, UnhashableRegistry])
def test_a_registry_that_fails_harms_neither_the_service_nor_its_metrics(
    kind: type[CollectorRegistry], caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette(routes=[Route("/a", hello)])
    handle = instrument(app, registry=kind(), config=Settings())
    for _ in range(3):
        assert call(app, "/a").body == b"hello"
    scraped = call(app, "/metrics")
    assert scraped.status == 200
    assert 'http_requests_total{handler="/a",method="GET",status_code="200"} 3.0' in scraped.body.decode()
    handle.uninstrument()
    assert call(app, "/a").body == b"hello"
    assert len({record.getMessage() for record in caplog.records}) == len(caplog.records) <= 5


def test_a_failure_is_counted_each_time_and_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken on purpose")

    app, registry = Starlette(routes=[Route("/a", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    monkeypatch.setattr(RequestCounter, "series", refuse)
    for _ in range(5):
        assert call(app, "/a").body == b"hello"
    assert registry.get_sample_value("instrumentation_errors_total") == 5
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("backend_instrumentation", logging.WARNING)
    assert record.getMessage().startswith("recording a request failed; the service goes on")
    assert registry.get_sample_value("http_requests_in_progress") == 0


@pytest.mark.parametrize(
    ("part", "method"),
    [
        (HttpRecorder, "__init__"),
        (HttpRecorder, "children"),
        (HttpRecorder, "initialize_series"),
        (HandlerNames, "__init__"),
        (HandlerNames, "refresh"),
        (HandlerNames, "named"),
        (HandlerNames, "outdated"),
        (RequestCounter, "__init__"),
        (RequestCounter, "series"),
        (RequestCounter, "refresh"),
        (ObservedRequest, "__init__"),
        (Instruments, "before_collect"),
    ],
)
def test_no_part_that_raises_reaches_the_service(
    part: type, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(part, method, refuse)
    app, registry = Starlette(routes=[Route("/a", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    assert [call(app, path).status for path in ("/a", "/nothing", "/metrics")] == [200, 404, 200]
    assert (registry.get_sample_value("instrumentation_errors_total") or 0) > 0


def test_a_foreign_collector_that_fails_does_not_hide_the_services_own_families(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Collector):
        def describe(self) -> Any:
            return []

        def collect(self) -> Any:
            raise RuntimeError("a broken collector of the service")

    app, registry = Starlette(routes=[Route("/a", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    registry.register(Broken())
    call(app, "/a")
    for _ in range(2):
        scraped = call(app, "/metrics")
        assert scraped.status == 200
        assert 'http_requests_total{handler="/a",method="GET",status_code="200"} 1.0' in scraped.body.decode()
    assert registry_errors(scraped) == 2
    assert len(caplog.records) == 1


def registry_errors(scraped: Answer) -> float:
    (line,) = [
        each for each in scraped.body.decode().splitlines() if each.startswith("instrumentation_errors_total")
    ]
    return float(line.split()[1])


def test_messages_that_are_no_messages_reach_the_server_as_they_are() -> None:
    async def odd(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
        await send({"nonsense": True})

    def app() -> Starlette:
        made = Starlette()
        made.mount("/odd", odd)
        return made

    bare, instrumented = app(), app()
    instrument(instrumented, registry=CollectorRegistry(), config=Settings())
    answers = [call(each, "/odd/") for each in (bare, instrumented)]
    assert repr(answers[0].raised) == repr(answers[1].raised) == "KeyError('type')"
