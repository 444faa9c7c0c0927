"""/metrics speaks the format that the scraper accepts, and /health answers."""

from __future__ import annotations

import asyncio
import gzip
import threading
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import instrument, metrics_endpoint
from backend_instrumentation.config.settings import Settings

from ..asgi_driver import acall, call, counted


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


async def own_health(_: Request) -> Response:
    return JSONResponse({"mine": True}, 503)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def app(registry: CollectorRegistry) -> Starlette:
    app = Starlette(routes=[Route("/a", hello)])
    instrument(app, registry=registry, config=Settings())
    return app


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "text/html",
        "text/plain;version=0.0.4",
        "nonsense;;q=x",
    ],
)
def test_without_a_format_that_it_knows_it_speaks_text(app: Starlette, accept: str) -> None:
    answer = call(app, "/metrics", headers=[("accept", accept)])
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "http_requests" in {family.name for family in parse_text(answer.body.decode())}


@pytest.mark.parametrize(
    "accept",
    [
        "application/openmetrics-text;version=1.0.0",
        "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1",
    ],
)
def test_it_speaks_openmetrics_to_those_who_ask_for_it(app: Starlette, accept: str) -> None:
    answer = call(app, "/metrics", headers=[("accept", accept)])
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.body.endswith(b"# EOF\n")
    assert "http_requests" in {family.name for family in parse_openmetrics(answer.body.decode())}  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("version", ["abc", "0.0.1", "99", "", "1.0.0.0.0", "1;version=2"])
def test_a_version_that_nobody_knows_is_answered_all_the_same(app: Starlette, version: str) -> None:
    accept = f"application/openmetrics-text;version={version}"
    answer = call(app, "/metrics", headers=[("accept", accept)])
    assert answer.status == 200
    assert b'http_requests_total{handler="/a"' in answer.body


def test_it_compresses_for_those_who_accept_it(app: Starlette) -> None:
    answer = call(app, "/metrics", headers=[("accept-encoding", "br, gzip")])
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert b"http_requests_total" in gzip.decompress(answer.body)


def test_it_returns_only_the_names_asked_for(app: Starlette) -> None:
    text = call(app, "/metrics?name[]=http_requests_in_progress").body.decode()
    assert text.splitlines()[-1] == "http_requests_in_progress 0.0"
    assert "http_requests_total" not in text


def test_head_is_answered_as_get_is(app: Starlette) -> None:
    for path in ("/metrics", "/health"):
        head, get = (call(app, path, method=method) for method in ("HEAD", "GET"))
        assert (head.status, head.headers["content-type"]) == (200, get.headers["content-type"])


def test_scrapes_and_health_are_not_counted(app: Starlette, registry: CollectorRegistry) -> None:
    for path in ("/metrics", "/health"):
        for method in ("GET", "HEAD", "POST"):
            call(app, path, method=method)
    assert counted(registry) == {}


def test_health_answers_ok(app: Starlette) -> None:
    answer = call(app, "/health")
    assert (answer.status, answer.body) == (200, b'{"status":"ok"}')
    assert answer.headers["content-type"] == "application/json"


def test_a_health_route_that_comes_later_takes_over(app: Starlette) -> None:
    assert call(app, "/health").status == 200
    app.add_route("/health", own_health)
    assert call(app, "/health").status == 503


def test_a_proxys_root_path_changes_nothing(app: Starlette) -> None:
    assert call(app, "/behind/metrics", root_path="/behind").status == 200
    assert call(app, "/behind/health", root_path="/behind").status == 200
    assert call(app, "/metrics", root_path="/behind").status == 200
    assert call(app, "/metrics", root_path="/met").status == 200


def test_the_event_loop_goes_on_while_a_scrape_renders(app: Starlette, registry: CollectorRegistry) -> None:
    loop_thread = threading.current_thread()
    released = threading.Event()
    rendered_in: list[threading.Thread] = []

    class Waiting(Collector):
        def describe(self) -> Any:
            return []

        def collect(self) -> Any:
            rendered_in.append(threading.current_thread())
            assert released.wait(30)
            return []

    registry.register(Waiting())

    async def run() -> None:
        scrape = asyncio.create_task(acall(app, "/metrics"))
        while not rendered_in:
            await asyncio.sleep(0.001)
        assert (await acall(app, "/a")).body == b"hello"  # answered while the scrape waits
        released.set()
        assert (await scrape).status == 200

    asyncio.run(run())
    assert rendered_in[0] is not loop_thread


def test_a_scrape_does_not_queue_behind_the_services_own_threads(app: Starlette) -> None:
    busy = threading.Event()

    async def run() -> None:
        import anyio.to_thread

        limiter = anyio.to_thread.current_default_thread_limiter()
        for _ in range(int(limiter.total_tokens)):
            limiter.acquire_on_behalf_of_nowait(object())
        assert (await asyncio.wait_for(acall(app, "/metrics"), 30)).status == 200
        busy.set()

    asyncio.run(run())
    assert busy.is_set()


def test_the_endpoint_alone_serves_a_registry() -> None:
    registry = CollectorRegistry()
    app = Starlette()
    app.add_route("/metrics", metrics_endpoint(registry=registry))
    assert call(app, "/metrics").status == 200
    assert call(app, "/metrics", method="POST").status == 405


def test_a_registry_that_cannot_be_rendered_is_500_and_no_exception() -> None:
    class Broken(Collector):
        def describe(self) -> Any:
            return []

        def collect(self) -> Any:
            raise RuntimeError("broken")

    registry = CollectorRegistry()
    registry.register(Broken())
    app = Starlette()
    app.add_route("/metrics", metrics_endpoint(registry=registry))
    answer = call(app, "/metrics")
    assert (answer.status, answer.raised) == (500, None)
