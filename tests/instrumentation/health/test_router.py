"""The router is off unless mounted, documents itself, and stands behind the application's dependencies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments, instrument
from backend_instrumentation.health import Health, MonitoringDashboard
from backend_instrumentation.logmetrics import configure_log, record_llm_call
from backend_instrumentation.router import monitoring_router, router

from ..asgi_driver import Answer, call
from .health_support import settled

PATHS = ("/metrics", "/health", "/ready", "/monitoring/services", "/monitoring/logs")


def body(answer: Answer) -> Any:
    assert answer.raised is None
    return json.loads(answer.body)


def allowed(key: Annotated[str, Header()] = "") -> None:
    if key != "right":
        raise HTTPException(403)


@pytest.fixture
def parts() -> Iterator[tuple[Instruments, Health, MonitoringDashboard]]:
    instruments = Instruments(registry=CollectorRegistry())
    health = Health()
    dashboard = MonitoringDashboard(health=health)
    yield instruments, health, dashboard
    health.stop()
    instruments.close()


@pytest.fixture
def app(parts: tuple[Instruments, Health, MonitoringDashboard]) -> FastAPI:
    instruments, health, dashboard = parts
    made = FastAPI()
    made.include_router(
        monitoring_router(
            instruments=instruments, health=health, dashboard=dashboard, dependencies=[Depends(allowed)]
        )
    )
    return made


def test_nothing_is_served_unless_it_is_mounted() -> None:
    app = FastAPI()
    assert {call(app, path).status for path in PATHS} == {404}


def test_dependencies_protect_all_but_the_probes(app: FastAPI) -> None:
    open_paths = {path for path in PATHS if call(app, path).status != 403}
    assert open_paths == {"/health", "/ready"}
    assert call(app, "/metrics", headers=[("key", "right")]).status == 200
    closed = FastAPI()
    closed.include_router(monitoring_router(probe_dependencies=[Depends(allowed)]))
    assert call(closed, "/ready").status == 403
    outside = FastAPI()
    outside.include_router(router, prefix="/internal", dependencies=[Depends(allowed)])
    assert {call(outside, f"/internal{path}").status for path in PATHS} == {403}


def test_probes_are_those_of_the_health(app: FastAPI, parts: Any) -> None:
    health: Health = parts[1]
    health.dependency("db", lambda: False, period=60, timeout=1)
    health.start()
    settled(health)
    ready = call(app, "/ready")
    assert (ready.status, body(ready)) == (
        503,
        {"status": "fail", "checks": [{"name": "db", "status": "fail"}]},
    )
    assert (call(app, "/health").status, body(call(app, "/health"))) == (200, {"status": "ok"})


def test_services_tools_and_system_are_shown(app: FastAPI, parts: Any) -> None:
    dashboard: MonitoringDashboard = parts[2]
    dashboard.add_service("files").record_request(0.25)
    dashboard.tools.record_call("search", 0.5)
    shown = body(call(app, "/monitoring/services", headers=[("key", "right")]))
    assert shown["services"][0] | {"uptime": 0, "last_activity": 0} == {
        **dashboard.services["files"].metrics().to_dict(), "uptime": 0, "last_activity": 0,
    }  # fmt: skip
    assert shown["tools"][0]["p95_duration"] == 0.5
    assert shown["system"].keys() >= {"cpu_percent", "memory_percent"}
    assert shown["firing"] == []


def test_logs_are_summarized_and_only_those_of_the_process(
    app: FastAPI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = [("key", "right")]
    monkeypatch.chdir(tmp_path)
    configure_log(tmp_path / "performance.jsonl")
    assert call(app, "/monitoring/logs", headers=key).status == 404
    record_llm_call("large", "openai", 0.5, 12, 80, 92, True)
    record_llm_call("large", "openai", 1.5, 12, 80, 92, False)
    summary = body(call(app, "/monitoring/logs?hours=2&paths=/etc/passwd", headers=key))
    (group,) = summary["groups"]
    assert (summary["records"], group["count"], group["success_ratio"], group["mean"]) == (2, 2, 0.5, 1.0)
    assert call(app, "/monitoring/logs?hours=0", headers=key).status == 422
    assert body(call(app, "/monitoring/logs?operation=none", headers=key))["records"] == 0


def test_the_openapi_page_documents_every_route(app: FastAPI) -> None:
    document = app.openapi()
    assert document["paths"].keys() == set(PATHS)
    assert document["components"]["schemas"].keys() >= {
        "LiveAnswer", "ReadyAnswer", "MonitoredServices", "ServiceMetrics", "LogSummary",
    }  # fmt: skip
    assert "503" in document["paths"]["/ready"]["get"]["responses"]
    assert "text/plain" in document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]


def test_the_plain_router_takes_the_newest_of_the_process() -> None:
    registry = CollectorRegistry()
    app = FastAPI()
    handle = instrument(app, registry=registry, metrics_path=None, health_path=None)
    app.include_router(router)
    dashboard = MonitoringDashboard()
    dashboard.add_service("newest")
    assert b"http_requests_total" in call(app, "/metrics").body
    assert [each["name"] for each in body(call(app, "/monitoring/services"))["services"]] == ["newest"]
    assert body(call(app, "/ready")) == {"status": "pass"}
    dashboard.stop_monitoring()
    handle.uninstrument()
