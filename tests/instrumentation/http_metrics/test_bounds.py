"""No client can make series: methods, paths, statuses and handlers are bounded."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.http_metrics import request_counter

from ..asgi_driver import call, counted


async def thing(name: str) -> str:
    return name


def app_with_routes(number: int, **settings: Any) -> tuple[FastAPI, CollectorRegistry]:
    app, registry = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), CollectorRegistry()
    for each in range(number):
        app.add_api_route(f"/thing{each}/{{name}}", thing)
    instrument(app, registry=registry, config=Settings(**settings))
    return app, registry


def samples(registry: CollectorRegistry) -> int:
    return sum(len(metric.samples) for metric in registry.collect() if metric.name.startswith("http_"))


def test_unknown_paths_make_one_series() -> None:
    app, registry = app_with_routes(1)
    for number in range(200):
        call(app, f"/nothing/{number}")
    assert counted(registry) == {("GET", "__unmatched__", "404"): 200}


def test_invented_methods_are_one_method() -> None:
    app, registry = app_with_routes(1)
    for number in range(200):
        call(app, "/thing0/x", method=f"INVENTED{number}")
    call(app, "/thing0/x", method="get")
    assert counted(registry) == {("_OTHER", "/thing0/{name}", "405"): 201}


def test_path_parameters_make_no_series() -> None:
    app, registry = app_with_routes(1)
    call(app, "/thing0/first")
    before = samples(registry)
    for number in range(200):
        call(app, f"/thing0/{number}", headers=[("host", f"host{number}")])
    assert samples(registry) == before


def test_handlers_beyond_the_cap_share_one_name() -> None:
    app, registry = app_with_routes(5, max_handlers=2)
    for each in range(5):
        call(app, f"/thing{each}/x")
    assert counted(registry) == {
        ("GET", "/thing0/{name}", "200"): 1,
        ("GET", "/thing1/{name}", "200"): 1,
        ("GET", "__overflow__", "200"): 3,
    }


@pytest.mark.parametrize(("status", "label"), [(0, "_OTHER"), (999, "_OTHER"), (100, "100"), (599, "599")])
def test_a_status_outside_http_is_other(status: int, label: str) -> None:
    async def odd(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app, registry = app_with_routes(0)
    app.mount("/odd", odd)
    call(app, "/odd/")
    assert counted(registry) == {("GET", "/odd", label): 1}


def test_many_tenants_of_a_mount_do_not_grow_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_counter, "MOST_CACHED", 20)
    app, registry = app_with_routes(0)
    inside = FastAPI()
    inside.add_api_route("/thing/{name}", thing)
    app.mount("/tenant/{tenant}", inside)
    remembered: list[int] = []
    build = request_counter.RequestCounter._remember

    def watching(self: request_counter.RequestCounter, *arguments: Any) -> None:
        build(self, *arguments)
        remembered.append(self.cached)

    monkeypatch.setattr(request_counter.RequestCounter, "_remember", watching)
    for number in range(100):
        call(app, f"/tenant/{number}/thing/x")
    assert counted(registry) == {("GET", "/tenant/{tenant}/thing/{name}", "200"): 100}
    assert max(remembered) == 20


def test_excluded_paths_and_templates_are_not_counted_and_not_initialized() -> None:
    app, registry = app_with_routes(2, exclude=frozenset({"/thing0/{name}", "/thing1/private"}))
    for path in ("/thing0/x", "/thing1/private", "/thing1/public"):
        call(app, path)
    assert counted(registry) == {("GET", "/thing1/{name}", "200"): 1}
    assert 'handler="/thing0/{name}"' not in call(app, "/metrics").body.decode()
