"""`instrument` attaches once, early or late, beside other applications, and comes off again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from backend_instrumentation import Instruments, MetricsMiddleware, instrument
from backend_instrumentation.config.settings import Settings, parse

from ..asgi_driver import call, counted, start


async def hello(_: Request) -> Response:
    return PlainTextResponse("hello")


def service(path: str = "/a") -> Starlette:
    return Starlette(routes=[Route(path, hello)])


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def test_instrumenting_twice_is_instrumenting_once(registry: CollectorRegistry) -> None:
    app = service()
    first = instrument(app, registry=registry, config=Settings())
    assert instrument(app, registry=CollectorRegistry()) is first
    call(app, "/a")
    assert instrument(app) is first
    call(app, "/a")
    assert counted(registry) == {("GET", "/a", "200"): 2}


@pytest.mark.parametrize("kind", [Starlette, FastAPI])
def test_it_attaches_inside_the_lifespan(kind: type[Starlette], registry: CollectorRegistry) -> None:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        instrument(app, registry=registry, config=Settings())
        instrument(app, registry=registry, config=Settings())
        yield

    app = kind(lifespan=lifespan)
    app.add_route("/a", hello)
    start(app)
    call(app, "/a")
    assert counted(registry) == {("GET", "/a", "200"): 1}
    assert call(app, "/metrics").status == 200


def test_it_counts_what_middleware_added_before_it_answers(registry: CollectorRegistry) -> None:
    class Refusing:
        def __init__(self, app: Any) -> None:
            self._hidden = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("no", 429)(scope, receive, send)

    app = service()
    app.add_middleware(Refusing)
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    assert counted(registry) == {("GET", "/a", "429"): 1}


@pytest.mark.parametrize("late", [True, False], ids=["after", "before"])
def test_it_counts_what_middleware_answers_in_either_order(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture, late: bool
) -> None:
    app = service()
    if late:
        instrument(app, registry=registry, config=Settings())
    app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"], allow_methods=["PUT"])
    instrument(app, registry=registry, config=Settings())
    preflight = [("origin", "https://shop.example"), ("access-control-request-method", "PUT")]
    assert call(app, "/a", method="OPTIONS", headers=preflight).status == 200
    assert counted(registry) == {("OPTIONS", "/a", "200"): 1}
    assert caplog.records == []


def test_middleware_outside_one_that_was_added_by_hand_is_one_warning(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    app = service()
    app.add_middleware(MetricsMiddleware, instruments=Instruments(Settings(), registry=registry))
    app.add_middleware(GZipMiddleware)
    app.add_middleware(CORSMiddleware)
    for _ in range(3):
        call(app, "/a")
    (record,) = caplog.records
    assert record.getMessage() == (
        "requests answered by CORSMiddleware and GZipMiddleware are not counted: "
        "add MetricsMiddleware after all other middleware, or call instrument()"
    )


def test_wrappers_of_other_packages_around_the_stack_stay(registry: CollectorRegistry) -> None:
    app, seen = service(), []

    def wrap(name: str) -> None:
        build = app.build_middleware_stack

        def built() -> Any:
            seen.append(name)
            return build()

        app.build_middleware_stack = built  # type: ignore[method-assign]

    wrap("before")
    handle = instrument(app, registry=registry, config=Settings())
    wrap("after")
    call(app, "/a")
    handle.uninstrument()
    app.middleware_stack = app.build_middleware_stack()
    call(app, "/a")
    assert seen == ["after", "before", "after", "before"]
    assert call(app, "/metrics").status == 404
    assert list(registry.collect()) == []


def test_taking_it_off_restores_the_application(registry: CollectorRegistry) -> None:
    app = service()
    before = dict(vars(app)), dict(vars(app.router))
    instrument(app, registry=registry, config=Settings()).uninstrument()
    assert (vars(app), vars(app.router)) == before


def test_taking_it_off_leaves_the_registry_empty_and_the_application_uncounted(
    registry: CollectorRegistry,
) -> None:
    app = service()
    handle = instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    handle.uninstrument()
    handle.uninstrument()
    assert call(app, "/a").body == b"hello"
    assert call(app, "/metrics").status == 404
    assert list(registry.collect()) == []
    assert app.user_middleware == []


def test_it_attaches_again_after_it_was_taken_off(registry: CollectorRegistry) -> None:
    app = service()
    instrument(app, registry=registry, config=Settings()).uninstrument()
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    instrument(app).uninstrument()
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    assert counted(registry) == {("GET", "/a", "200"): 1}


def test_a_stack_that_is_built_again_goes_on_counting(registry: CollectorRegistry) -> None:
    app = service()
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    app.middleware_stack = app.build_middleware_stack()
    call(app, "/a")
    assert counted(registry) == {("GET", "/a", "200"): 2}
    assert registry.get_sample_value("http_requests_in_progress") == 0


def test_applications_of_one_process_share_the_families_of_a_registry(registry: CollectorRegistry) -> None:
    first, second = service("/first"), service("/second")
    one = instrument(first, registry=registry, config=Settings())
    instrument(second, registry=registry, config=Settings())
    call(first, "/first")
    call(second, "/second")
    assert counted(registry) == {("GET", "/first", "200"): 1, ("GET", "/second", "200"): 1}
    one.uninstrument()
    call(first, "/first")
    call(second, "/second")
    assert counted(registry) == {("GET", "/first", "200"): 1, ("GET", "/second", "200"): 2}


def test_applications_with_registries_of_their_own_are_apart() -> None:
    registries = CollectorRegistry(), CollectorRegistry()
    for number, registry in enumerate(registries):
        app = service(f"/{number}")
        instrument(app, registry=registry, config=Settings())
        call(app, f"/{number}")
    assert [counted(each) for each in registries] == [
        {("GET", "/0", "200"): 1},
        {("GET", "/1", "200"): 1},
    ]


def test_other_buckets_for_a_shared_family_are_refused_with_one_line(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    Instruments(Settings(), registry=registry)
    buckets = {"http_request_duration_seconds": [1, 2]}
    Instruments(parse({"version": 1, "packs": ["http"], "buckets": buckets}), registry=registry)
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "not exposed, because the name is taken: http_request_duration_seconds: "
        "another application of this process defines it otherwise; rename"
    )


def test_a_name_that_the_service_registered_first_stays_its_own(
    registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    theirs = Counter("http_requests", "Theirs.", ["path"], registry=registry)
    theirs.labels("/x").inc(3)
    app = service()
    instrument(app, registry=registry, config=Settings())
    assert call(app, "/a").body == b"hello"
    text = call(app, "/metrics").body.decode()
    assert 'http_requests_total{path="/x"} 3.0' in text
    assert "Theirs." in text
    assert "HTTP requests answered" not in text
    assert 'http_request_duration_seconds_count{handler="/a",method="GET",status_code="200"} 1.0' in text
    assert len(caplog.records) == 1
    assert (
        caplog.records[0]
        .getMessage()
        .startswith("not exposed, because the name is taken: http_requests_total: the application has")
    )


def test_a_gauge_of_the_service_with_our_name_stays_its_own(registry: CollectorRegistry) -> None:
    Gauge("http_requests_in_progress", "Theirs.", registry=registry).set(41)
    app = service()
    instrument(app, registry=registry, config=Settings())
    call(app, "/a")
    assert registry.get_sample_value("http_requests_in_progress") == 41


def test_what_is_no_application_is_refused() -> None:
    with pytest.raises(TypeError, match="takes a FastAPI or Starlette application, not function"):
        instrument(hello)  # type: ignore[arg-type]


def test_the_middleware_shows_the_application_that_it_wraps() -> None:
    inside = service()
    wrapped = MetricsMiddleware(inside, instruments=Instruments(Settings(), registry=CollectorRegistry()))
    assert wrapped.app is inside
