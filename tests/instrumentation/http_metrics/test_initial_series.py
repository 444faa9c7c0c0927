"""What alert rules read exists at zero before the first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute

from backend_instrumentation import Instruments, MetricsMiddleware, instrument, metrics_endpoint
from backend_instrumentation.config.settings import Settings, parse

from ..asgi_driver import call, series, start

CODES = ("200", "500", "502", "503", "504")


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def initialized(registry: CollectorRegistry, name: str = "http_requests_total") -> set[tuple[str, str, str]]:
    return {labels for labels, value in series(registry, name).items() if value == 0}


def rows(method: str, handler: str) -> set[tuple[str, str, str]]:
    return {(method, handler, code) for code in CODES}


def test_the_first_scrape_shows_every_route_at_zero() -> None:
    app, registry = Starlette(routes=[Route("/a/{x}", hello, methods=["GET", "POST"])]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    start(app)
    assert initialized(registry) == rows("GET", "/a/{x}") | rows("POST", "/a/{x}")
    assert initialized(registry, "http_request_duration_seconds_count") == {
        ("GET", "/a/{x}", "200"),
        ("POST", "/a/{x}", "200"),
    }


def test_a_scrape_may_be_the_very_first_call() -> None:
    app, registry = Starlette(routes=[Route("/a", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    assert 'http_requests_total{handler="/a",method="GET",status_code="500"} 0.0' in (
        call(app, "/metrics").body.decode()
    )


def test_routes_added_in_the_lifespan_and_later_are_initialized_by_the_next_scrape() -> None:
    registry = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.add_route("/in-lifespan", hello)
        yield

    app = Starlette(lifespan=lifespan)
    instrument(app, registry=registry, config=Settings())
    start(app)
    assert initialized(registry) == rows("GET", "/in-lifespan")
    app.add_route("/later", hello)
    assert initialized(registry) == rows("GET", "/in-lifespan") | rows("GET", "/later")


def test_included_and_mounted_routes_are_initialized_with_their_full_template() -> None:
    app, registry = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), CollectorRegistry()
    router = APIRouter(prefix="/r")
    router.add_api_route("/{x}", hello, methods=["PUT"], response_model=None)
    app.include_router(router, prefix="/api")
    app.router.routes.append(Mount("/mnt/{t}", routes=[Route("/s", hello)]))
    instrument(app, registry=registry, config=Settings())
    start(app)
    assert initialized(registry) == rows("PUT", "/api/r/{x}") | rows("GET", "/mnt/{t}/s")


def test_websocket_routes_are_not_initialized() -> None:
    async def endpoint(socket: object) -> None: ...

    app, registry = Starlette(routes=[WebSocketRoute("/ws", endpoint)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    start(app)
    assert initialized(registry) == set()


def test_the_parts_used_apart_are_initialized_by_a_scrape_too() -> None:
    registry = CollectorRegistry()
    instruments = Instruments(Settings(), registry=registry)
    app = Starlette(routes=[Route("/a", hello)])
    app.add_route("/metrics", metrics_endpoint(instruments=instruments))
    app.add_middleware(MetricsMiddleware, instruments=instruments)
    assert 'handler="/a"' in call(app, "/metrics").body.decode()
    app.add_route("/b", hello)
    assert 'handler="/b"' in call(app, "/metrics").body.decode()
    assert 'handler="/metrics"' not in call(app, "/metrics").body.decode()


def exposed(document: dict[str, object]) -> dict[str, float]:
    registry = CollectorRegistry()
    instruments = Instruments(parse({"version": 1, **document}), registry=registry)
    found = {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if "bucket" not in sample.name and "_sum" not in sample.name
    }
    instruments.close()
    return found


def test_closed_label_sets_are_initialized_with_the_rows_that_can_occur() -> None:
    found = exposed({"packs": ["sandbox"]})
    executions = [name for name in found if name.startswith("sandbox_executions_total")]
    assert len(executions) == 7
    assert found["sandbox_executions_total[('error_type', 'none'), ('status', 'success')]"] == 0
    assert found["sandbox_executions_total[('error_type', 'timeout'), ('status', 'error')]"] == 0
    assert found["sandbox_execution_duration_seconds_count[]"] == 0


def test_gauges_appear_when_they_are_first_set() -> None:
    registry = CollectorRegistry()
    instruments = Instruments(parse({"version": 1, "packs": ["sandbox"]}), registry=registry)
    assert registry.get_sample_value("sandbox_pool_available") is None
    instruments.gauge("sandbox_pool_available").set(0)
    assert registry.get_sample_value("sandbox_pool_available") == 0


def test_open_labels_show_their_family_without_series() -> None:
    registry = CollectorRegistry()
    instruments = Instruments(parse({"version": 1, "packs": ["ai"]}), registry=registry)
    metrics = {metric.name: metric.samples for metric in registry.collect()}
    assert metrics == {"ai_requests": [], "ai_response_duration_seconds": [], "ai_tokens": []}
    assert "ai_tokens_total" in instruments


def test_a_configuration_closes_an_open_label() -> None:
    allowed = {"ai_response_duration_seconds": {"model": ["small", "large"]}}
    found = exposed({"packs": ["ai"], "allowed": allowed})
    assert found == {
        "ai_response_duration_seconds_count[('model', 'small')]": 0,
        "ai_response_duration_seconds_count[('model', 'large')]": 0,
    }


def test_declared_metrics_with_closed_labels_are_initialized() -> None:
    orders = {"name": "orders_total", "type": "counter", "labels": ["channel"]}
    found = exposed({"packs": [], "metrics": [{**orders, "allowed": {"channel": ["web", "shop"]}}]})
    assert found == {"orders_total[('channel', 'web')]": 0, "orders_total[('channel', 'shop')]": 0}


def test_no_created_series_are_exposed() -> None:
    app, registry = Starlette(routes=[Route("/a", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    for accept in ("text/plain", "application/openmetrics-text"):
        assert "_created" not in call(app, "/metrics", headers=[("accept", accept)]).body.decode()


@pytest.mark.parametrize("name", ["http_requests_total", "http_request_duration_seconds"])
def test_a_request_before_initialization_loses_no_series(name: str) -> None:
    app, registry = Starlette(routes=[Route("/a", hello), Route("/b", hello)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    sample = name if name.endswith("_total") else f"{name}_count"
    assert series(registry, sample)[("GET", "/a", "200")] == 1
    assert series(registry, sample)[("GET", "/b", "200")] == 0


def test_concurrent_first_requests_and_scrapes_agree() -> None:
    from ..asgi_driver import acall

    app, registry = Starlette(routes=[Route(f"/r{n}", hello) for n in range(50)]), CollectorRegistry()
    instrument(app, registry=registry, config=Settings())

    async def run() -> None:
        paths = [f"/r{n}" for n in range(50)] + ["/metrics"] * 10
        answers = await asyncio.gather(*(acall(app, path) for path in paths))
        assert {answer.status for answer in answers} == {200}

    asyncio.run(run())
    assert len(series(registry, "http_requests_total")) == 50 * len(CODES)
    assert sum(series(registry, "http_requests_total").values()) == 50
