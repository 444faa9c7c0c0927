"""Probes are answered from cached answers, in place of a 404 only, and show a stranger little."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from backend_instrumentation import instrument
from backend_instrumentation.health import Health, sql_ping

from ..asgi_driver import Answer, acall, call, counted, start
from .health_support import settled, until

SLOW = {"period": 60, "timeout": 1}


@pytest.fixture
def health() -> Iterator[Health]:
    made = Health()
    yield made
    made.stop()


def body(answer: Answer) -> Any:
    assert answer.raised is None
    return json.loads(answer.body)


def service(health: Health, **options: Any) -> Starlette:
    app = Starlette(routes=[Route("/work", lambda _: PlainTextResponse("done"))])
    health.attach(app, **options)
    return app


def connect() -> Any:
    raise ConnectionError("postgresql://ada:hunter2@db/orders refused, password=hunter2")


def test_a_stranger_sees_the_state_and_names_only(health: Health) -> None:
    health.dependency("orders-db", sql_ping(connect), **SLOW)
    health.functional("prices", lambda: True, **SLOW)
    app = service(health)
    health.start()
    settled(health)
    assert (call(app, "/health").status, body(call(app, "/health"))) == (200, {"status": "ok"})
    ready = call(app, "/ready")
    assert ready.status == 503
    assert ready.headers["content-type"] == "application/health+json"
    assert ready.headers["cache-control"] == "no-store"
    assert body(ready) == {"status": "fail", "checks": [{"name": "orders-db", "status": "fail"}]}
    detail = call(app, "/health/detail")
    assert (detail.status, body(detail)) == (503, {"status": "fail"})
    assert call(app, "/work").body == b"done"
    assert call(app, "/ready", method="POST").status == 404


def test_details_are_for_whom_the_application_allows(health: Health) -> None:
    health.dependency("orders-db", sql_ping(connect), **SLOW)

    async def allow(request: Request) -> bool:
        if "authorization" not in request.headers:
            raise HTTPException(401, headers={"www-authenticate": "Bearer"})
        return request.headers["authorization"] == "Bearer right"

    app = service(health, allow=allow)
    health.start()
    settled(health)
    refused = call(app, "/health/detail")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert body(call(app, "/health/detail", headers=[("authorization", "Bearer wrong")])) == {
        "status": "fail"
    }
    detail = body(call(app, "/health/detail", headers=[("authorization", "Bearer right")]))
    (entry,) = detail["checks"]["orders-db"]
    assert entry["status"] == "fail"
    assert entry["componentType"] == "dependency"
    assert entry["output"].startswith("ConnectionError: postgresql://[redacted]@db/orders refused")
    assert "hunter2" not in json.dumps(detail)
    assert entry.keys() >= {"time", "ageSeconds", "stale", "critical", "groups", "durationSeconds"}


def test_a_broken_permission_shows_no_details(health: Health) -> None:
    def allow(_: Request) -> bool:
        raise RuntimeError

    app = service(health, allow=allow)
    assert body(call(app, "/health/detail")) == {"status": "pass"}


def test_liveness_fails_with_a_part_of_the_process_only(health: Health) -> None:
    app = service(health)
    health.dependency("orders-db", lambda: False, **SLOW)
    health.start()
    settled(health)
    assert call(app, "/health").status == 200
    health.heartbeat("worker", lambda: False, **SLOW)
    settled(health)
    assert (call(app, "/health").status, body(call(app, "/health"))) == (503, {"status": "fail"})


def test_a_route_of_the_application_wins_and_a_catch_all_does_not(health: Health, tmp_path: Any) -> None:
    own = Starlette(
        routes=[
            Route("/ready", lambda _: PlainTextResponse("mine")),
            Mount("/", StaticFiles(directory=tmp_path)),
        ]
    )
    health.attach(own)
    assert call(own, "/ready").body == b"mine"
    assert body(call(own, "/health/startup")) == {"status": "pass"}


@pytest.mark.parametrize("first", ["health", "instrument"])
@pytest.mark.parametrize("kind", [Starlette, FastAPI])
def test_probes_are_not_counted_in_either_order(health: Health, first: str, kind: Any) -> None:
    app, registry = kind(), CollectorRegistry()
    if first == "health":
        health.attach(app)
    handle = instrument(app, registry=registry)
    if first == "instrument":
        health.attach(app)
    assert {
        call(app, path).status for path in ("/health", "/ready", "/health/startup", "/health/detail")
    } == {200}
    assert call(app, "/nothing").status == 404
    assert sum(counted(registry).values()) == 1
    assert call(app, "/metrics").status == 200
    handle.uninstrument()


@pytest.mark.parametrize("first", ["health", "instrument"])
def test_probes_are_not_traced_in_either_order(health: Health, first: str) -> None:
    pytest.importorskip("opentelemetry.sdk")
    from ..spans_kept import kept_spans, sent

    with kept_spans() as (manager, kept):
        app = FastAPI()
        if first == "health":
            health.attach(app)
        handle = instrument(app, registry=CollectorRegistry(), tracing=manager)
        if first == "instrument":
            health.attach(app)
        assert call(app, "/ready").status == 200
        assert call(app, "/nothing").status == 404
        sent(manager, kept)
        assert len(kept.spans) == 1
        handle.uninstrument()


def test_paths_are_chosen_and_none_serves_nothing(health: Health) -> None:
    app = service(health, ready_path="/internal/ready", live_path=None, startup_path=None)
    assert call(app, "/internal/ready").status == 200
    assert {call(app, path).status for path in ("/health", "/ready", "/health/startup")} == {404}


@pytest.mark.parametrize("paths", [{"ready_path": "ready"}, {"ready_path": "/health"}, {"live_path": 7}])
def test_what_is_no_path_is_refused(health: Health, paths: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is no path of a probe|must differ"):
        health.attach(Starlette(), **paths)


def test_checks_run_from_startup_to_shutdown(health: Health) -> None:
    ran: list[bool] = []
    health.add("one", lambda: ran.append(health.running), **SLOW)
    app = service(health)
    assert not health.running
    start(app)
    assert not health.running
    until(lambda: ran)


def test_without_a_lifespan_the_first_probe_starts_the_checks(health: Health) -> None:
    health.add("one", lambda: time.sleep(0.3), **SLOW)
    app = service(health)
    assert call(app, "/ready").status == 503
    settled(health)
    assert call(app, "/ready").status == 200


def test_probes_answer_while_the_thread_pool_is_full(health: Health) -> None:
    app = FastAPI()

    @app.get("/slow")
    def slow() -> None:
        time.sleep(1)

    health.dependency("db", lambda: True, period=0.05, timeout=1)
    health.attach(app)

    async def run() -> None:
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 2
        busy = [asyncio.create_task(acall(app, "/slow")) for _ in range(6)]
        await asyncio.sleep(0.2)
        await acall(app, "/ready")
        await asyncio.sleep(0.2)
        assert limiter.borrowed_tokens == 2
        before = time.monotonic()
        for path in ("/health", "/ready", "/health/detail"):
            assert (await acall(app, path)).status == 200
        assert time.monotonic() - before < 0.3
        assert limiter.borrowed_tokens == 2
        for each in busy:
            each.cancel()

    anyio.run(run)


def test_a_mounted_prefix_is_not_part_of_the_path(health: Health) -> None:
    app = service(health)
    assert call(app, "/api/ready", root_path="/api").status == 200


def test_draining_fails_readiness_and_not_liveness(health: Health) -> None:
    app = service(health)
    assert call(app, "/ready").status == 200
    health.drain()
    ready = call(app, "/ready")
    assert (ready.status, body(ready)["output"]) == (503, "the service is shutting down")
    assert call(app, "/health").status == 200


def test_a_health_that_is_disabled_answers_without_checks() -> None:
    from backend_instrumentation.health.monitoring_config import MonitoringConfig

    health = Health(MonitoringConfig(enabled=False))
    health.add("one", lambda: False)
    app = service(health)
    assert call(app, "/ready").status == 200
    assert not health.running


def test_json_answers_of_the_application_pass(health: Health) -> None:
    app = Starlette(routes=[Route("/items", lambda _: JSONResponse([1]))])
    health.attach(app)
    assert body(call(app, "/items")) == [1]
