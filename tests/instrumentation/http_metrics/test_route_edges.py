"""The label `handler` is right behind middleware and proxies, among several applications, and for late routes."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, Router

from backend_instrumentation import Instruments, MetricsMiddleware, instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics.handler import HandlerNames

from ..asgi_driver import call, counted
from ..routing import fastapi_inside, handlers, hello, items


def test_a_redirect_by_a_middleware_is_named_after_the_route_that_was_asked_for() -> None:
    app = Starlette(routes=[Route("/a/{x}", hello)])
    app.add_middleware(HTTPSRedirectMiddleware)
    assert handlers(app, "/a/1") == ["/a/{x}"]


def test_a_request_that_a_middleware_answers_is_named_after_the_route_that_it_asked_for() -> None:
    class Closed:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("closed", 503)(scope, receive, send)

    app = FastAPI()
    app.include_router(items(), prefix="/api")
    app.add_middleware(Closed)
    assert handlers(app, "/api/items/1", "/elsewhere") == ["/api/items/{item}", "__unmatched__"]


def test_a_middleware_that_copies_the_scope_does_not_hide_the_route() -> None:
    class Copying:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(dict(scope), receive, send)

    app = FastAPI()
    app.include_router(items(), prefix="/api")
    app.add_middleware(Copying)
    assert handlers(app, "/api/items/1") == ["/api/items/{item}"]


def test_the_root_path_of_a_proxy_is_no_part_of_the_template() -> None:
    app = FastAPI()
    app.include_router(items())
    app.mount("/mnt", Starlette(routes=[Route("/s/{x}", hello)]))
    paths = ("/items/1", "/behind/items/1", "/behind/mnt/s/1")
    assert handlers(app, *paths, root_path="/behind") == [
        "/items/{item}",
        "/items/{item}",
        "/mnt/s/{x}",
    ]


def test_a_mounted_application_may_be_the_one_that_is_instrumented() -> None:
    registry = CollectorRegistry()
    inside, outside = fastapi_inside(), FastAPI()
    instrument(inside, registry=registry, config=Settings())
    outside.mount("/mnt", inside)
    call(outside, "/mnt/sub/items/1")
    assert counted(registry) == {("GET", "/sub/items/{item}", "200"): 1}


def test_a_request_through_two_instrumented_applications_counts_once() -> None:
    registry = CollectorRegistry()
    inside, outside = fastapi_inside(), FastAPI()
    instrument(inside, registry=registry, config=Settings())
    outside.mount("/mnt", inside)
    instrument(outside, registry=registry, config=Settings())
    call(outside, "/mnt/sub/items/1")
    assert counted(registry) == {("GET", "/mnt/sub/items/{item}", "200"): 1}


def test_a_middleware_round_a_bare_router_knows_the_routers_routes() -> None:
    registry = CollectorRegistry()
    router = Router(routes=[Route("/s/{x}", hello)])
    wrapped = MetricsMiddleware(router, instruments=Instruments(Settings(), registry=registry))
    call(wrapped, "/s/1")
    assert counted(registry) == {("GET", "/s/{x}", "200"): 1}


def test_an_application_that_is_mounted_in_itself_is_still_named() -> None:
    app = Starlette(routes=[Route("/s/{x}", hello)])
    app.mount("/again", app)
    assert handlers(app, "/s/1", "/again/s/1") == ["/s/{x}", "/again/s/{x}"]


@pytest.mark.parametrize("kind", [FastAPI, Starlette])
def test_a_route_added_while_serving_is_known_at_once(kind: type[Starlette]) -> None:
    app = kind()
    app.add_route("/early", hello)
    registry = CollectorRegistry()
    instrument(app, registry=registry, config=Settings())
    call(app, "/early")
    app.add_route("/late/{x}", hello)
    call(app, "/late/1")  # no scrape in between, which would read the routes again
    assert counted(registry) == {("GET", "/early", "200"): 1, ("GET", "/late/{x}", "200"): 1}


def test_a_route_added_deep_down_while_serving_is_known_within_a_second() -> None:
    now = 0.0
    inside = Starlette()
    names = HandlerNames(Starlette(routes=[Mount("/mnt", app=inside)]), clock=lambda: now)
    names.refresh()
    inside.add_route("/late", hello)
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/mnt/late", "route": inside.routes[0]}
    assert names.named(scope, root_path="", status=200).handler == "/mnt"
    now = 1.1
    assert names.named(scope, root_path="", status=200).handler == "/mnt/late"
