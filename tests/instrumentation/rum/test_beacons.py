"""Beacons of pages: what is recorded, with which weight, and everything that is dropped."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse

from backend_instrumentation import instrument
from backend_instrumentation.config.settings import Settings
from backend_instrumentation.contract import BEACON_RESULTS
from backend_instrumentation.rum import attach_beacons, attach_tunnel
from backend_instrumentation.rum.beacon_route import _STATUS

from ..asgi_driver import call, counted
from .posting import JSON, apost, post, results

ROUTES = ("/", "/orders/{id}")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


def served(registry: CollectorRegistry, **options: Any) -> Starlette:
    app = FastAPI()
    instrument(app, registry=registry, config=Settings(), packs=["web"])
    attach_beacons(app, routes=ROUTES, **options)
    return app


def beacon(**changes: Any) -> bytes:
    return json.dumps({"route": "/", "load": 1840, **changes}).encode()


def sample(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def test_a_page_load_is_recorded_in_seconds_and_its_vitals_by_route(registry: CollectorRegistry) -> None:
    vitals = {"LCP": 1200.5, "INP": 80, "CLS": 0.1, "FID": 3}
    assert post(served(registry), "/page-loads", beacon(route="/orders/{id}", vitals=vitals)).status == 204
    assert sample(registry, "page_load_seconds_sum") == 1.84
    assert sample(registry, "page_load_seconds_bucket", le="1.5") == 0
    assert sample(registry, "page_load_seconds_bucket", le="2.0") == 1
    labels = {"vital": "LCP", "route": "/orders/{id}"}
    assert sample(registry, "web_vital_seconds_sum", **labels) == 1.2005
    known = {
        each.labels["vital"]
        for family in registry.collect()
        for each in family.samples
        if "vital" in each.labels
    }
    assert known == {"LCP", "INP"}
    assert results(registry, "web_beacons_total") == {"accepted": 1}


@pytest.mark.parametrize("value", [0, 3000, 600_000])
def test_a_load_on_a_bound_belongs_to_its_bucket(value: int, registry: CollectorRegistry) -> None:
    for rate in (1, 0.5):
        own = CollectorRegistry()
        post(served(own, sample_rate=rate), "/page-loads", beacon(load=value))
        assert sample(own, "page_load_seconds_bucket", le="3.0") == (1 / rate if value <= 3000 else 0)
        assert (
            sample(own, "page_load_seconds_bucket", le="+Inf")
            == sample(own, "page_load_seconds_count")
            == 1 / rate
        )


def test_a_sampled_load_counts_for_those_that_were_not_reported(registry: CollectorRegistry) -> None:
    app = served(registry, sample_rate=0.3)
    for load in (1000, 2000, 9000):
        post(app, "/page-loads", beacon(load=load, vitals={"TTFB": 100}))
    assert sample(registry, "page_load_seconds_count") == pytest.approx(10)
    assert sample(registry, "page_load_seconds_sum") == pytest.approx(40)
    assert sample(registry, "web_vital_seconds_count", vital="TTFB", route="/") == pytest.approx(10)
    assert results(registry, "web_beacons_total") == {"accepted": 3}


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (beacon(load=float("nan")), "out_of_bounds"),
        (beacon(load=float("inf")), "out_of_bounds"),
        (beacon(load=-1), "out_of_bounds"),
        (beacon(load=600_001), "out_of_bounds"),
        (b'{"route": "/", "load": 1e999}', "out_of_bounds"),
        (b'{"route": "/", "load": ' + b"9" * 4000 + b"}", "out_of_bounds"),
        (beacon(vitals={"LCP": -0.1}), "out_of_bounds"),
        (beacon(load="1840"), "malformed"),
        (beacon(load=True), "malformed"),
        (beacon(load=None), "malformed"),
        (beacon(load=[1]), "malformed"),
        (beacon(vitals=[1200]), "malformed"),
        (beacon(vitals={"LCP": None}), "malformed"),
        (beacon(route=7), "malformed"),
        (b'{"load": 1}', "malformed"),
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[1]", "malformed"),
        (b"null", "malformed"),
        (b"\xff\xfe\x00", "malformed"),
        (b"[" * 4096, "malformed"),
        (b'{"a":' * 800, "malformed"),
        (beacon(route="/orders/7"), "unknown_route"),
        (beacon(route=""), "unknown_route"),
        (beacon(route="/\u202e"), "unknown_route"),
        (beacon(padding="x" * 4096), "too_large"),
    ],
)
def test_a_bad_beacon_is_dropped_and_counted(body: bytes, result: str, registry: CollectorRegistry) -> None:
    assert post(served(registry), "/page-loads", body).status == _STATUS[result]
    assert results(registry, "web_beacons_total") == {result: 1}
    assert sample(registry, "page_load_seconds_count") == 0
    assert sample(registry, "instrumentation_errors_total") == 0


@pytest.mark.parametrize(
    "kind", ["", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/gif", "json"]
)
def test_another_content_type_is_refused(kind: str, registry: CollectorRegistry) -> None:
    assert post(served(registry), "/page-loads", beacon(), [("content-type", kind)]).status == 415
    assert results(registry, "web_beacons_total") == {"wrong_type": 1}


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "Application/JSON; charset=utf-8"])
def test_what_browsers_send_is_taken(kind: str, registry: CollectorRegistry) -> None:
    headers = [("content-type", kind), ("sec-fetch-site", "same-origin")]
    assert post(served(registry), "/page-loads", beacon(), headers).status == 204


def test_pages_of_other_sites_are_refused(registry: CollectorRegistry) -> None:
    assert (
        post(served(registry), "/page-loads", beacon(), [JSON, ("sec-fetch-site", "cross-site")]).status
        == 403
    )


@pytest.mark.parametrize("announced", ["4097", "9" * 40])
def test_a_body_that_announces_too_much_is_not_read(announced: str, registry: CollectorRegistry) -> None:
    headers = [JSON, ("content-length", announced)]
    assert post(served(registry), "/page-loads", b"", headers).status == 413


def test_a_body_in_parts_is_read_whole_or_left_at_the_limit(registry: CollectorRegistry) -> None:
    app = served(registry)
    assert post(app, "/page-loads", beacon(), part=7).status == 204
    assert post(app, "/page-loads", beacon(padding="x" * 9000), part=100).status == 413
    assert post(app, "/page-loads", beacon(), [JSON, ("content-length", "12")], part=7).status == 204
    assert post(app, "/page-loads", beacon(), part=7, leaves=True).status == 400
    assert results(registry, "web_beacons_total") == {"accepted": 2, "too_large": 1, "interrupted": 1}


def test_ten_thousand_routes_make_no_series(registry: CollectorRegistry) -> None:
    app = served(registry, burst=20_000, most_per_second=1e6)

    async def send() -> None:
        for number in range(10_000):
            await apost(app, "/page-loads", beacon(route=f"/orders/{number}", vitals={"LCP": 1}))

    asyncio.run(send())
    assert results(registry, "web_beacons_total") == {"unknown_route": 10_000}
    assert not [each for family in registry.collect() for each in family.samples if "route" in each.labels]


def test_an_address_that_sends_too_much_is_refused_and_others_are_not(registry: CollectorRegistry) -> None:
    app = served(registry, burst=3, per_address=0.001)
    statuses = [post(app, "/page-loads", beacon()).status for _ in range(5)]
    assert statuses == [204, 204, 204, 429, 429]
    assert post(app, "/page-loads", beacon(), address="10.0.0.2").status == 204


def test_beacons_are_no_requests_of_the_service(registry: CollectorRegistry) -> None:
    before = FastAPI()
    attach_beacons(before, routes=ROUTES)
    instrument(before, registry=registry, config=Settings(), packs=["web"])
    for app in (before, served(registry)):
        post(app, "/page-loads", beacon())
        post(app, "/page-loads", b"{")
    assert counted(registry) == {}
    assert sample(registry, "page_load_seconds_count") == 2


def test_the_applications_own_middleware_does_not_see_them(registry: CollectorRegistry) -> None:
    app = served(registry)

    async def refuse(*_: Any) -> PlainTextResponse:
        return PlainTextResponse("log in first", 401)

    app.add_middleware(BaseHTTPMiddleware, dispatch=refuse)
    assert post(app, "/page-loads", beacon()).status == 204
    assert call(app, "/page-loads").status == 401


def test_any_other_request_is_the_applications(registry: CollectorRegistry) -> None:
    app = served(registry)
    assert call(app, "/page-loads").status == 404
    assert post(app, "/page-loads/", beacon()).status == 404


def test_without_metrics_a_beacon_is_answered(registry: CollectorRegistry) -> None:
    app = Starlette()
    attach_beacons(app, routes=ROUTES)
    assert post(app, "/page-loads", beacon()).status == 204


@pytest.mark.parametrize(
    "wrong",
    [{"routes": []}, {"routes": ["orders"]}, {"routes": [f"/{n}" for n in range(201)]}, {"routes": ["/" + "x" * 200]},
     {"sample_rate": 0}, {"sample_rate": 1.1}, {"sample_rate": float("nan")}, {"sample_rate": True},
     {"path": "page-loads"}, {"path": "/a b"}, {"path": "/"}],
)  # fmt: skip
def test_options_that_cannot_be_used_are_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        attach_beacons(Starlette(), **{"routes": ROUTES, **wrong})


def test_each_result_has_its_series_and_its_status() -> None:
    assert set(BEACON_RESULTS) == set(_STATUS)


@pytest.mark.parametrize("attach", [lambda app: attach_beacons(app, routes=ROUTES, path="/reports"),
                                    lambda app: attach_tunnel(app, dsn="https://k@host/1")])  # fmt: skip
def test_a_route_of_the_application_is_not_taken_over(attach: Callable[[FastAPI], object]) -> None:
    app = FastAPI()

    @app.get("/reports")
    def listed() -> None: ...

    assert attach(app) is not False

    @app.post("/reports")
    def filed() -> None: ...

    with pytest.raises(ValueError, match="/reports is a route of the application"):
        attach(app)
