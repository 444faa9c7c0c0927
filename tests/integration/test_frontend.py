"""The page of the demo in a real browser: its load is a metric, its error arrives, and its click is one trace."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from prometheus_client import CollectorRegistry

from examples.helloagents.app import create_app
from tests.browser import Browser, browser
from tests.instrumentation.sentry_servers import Inbox, envelope_server
from tests.instrumentation.tracing_servers import Jaeger, free_ports, wait_until

pytestmark = pytest.mark.integration

SOURCES = Path(__file__).parents[2] / "examples" / "frontend"


def npm(*words: str, variables: dict[str, str] | None = None) -> None:
    """Run npm in the page's folder; skip without it, or fail where skipping is forbidden."""
    if shutil.which("npm") is None:
        if os.environ.get("WATCHKEEPER_REQUIRE_TOOLS"):
            pytest.fail("npm is missing")
        pytest.skip("npm is missing (Debian: apt-get install npm)")
    done = subprocess.run(
        ["npm", *words], cwd=SOURCES, env={**os.environ, **(variables or {})}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def inbox() -> Iterator[Inbox]:
    with envelope_server() as made:
        yield made


@pytest.fixture(scope="module")
def page(inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the page for the test's Sentry server."""
    if not (SOURCES / "node_modules").is_dir():
        npm("ci")
    folder = tmp_path_factory.mktemp("page") / "dist"
    variables = {"VITE_SENTRY_DSN": inbox.dsn, "VITE_TRACES_SAMPLE_RATE": "1"}
    npm("run", "build", "--", f"--outDir={folder}", variables=variables)
    return folder


@pytest.fixture(scope="module")
def service(page: Path, inbox: Inbox, jaeger_server: Jaeger) -> Iterator[tuple[str, CollectorRegistry]]:
    """Serve the page and the demo's API, with traces in a real Jaeger."""
    variables = {
        "HELLOAGENTS_FRONTEND": str(page),
        "VITE_SENTRY_DSN": inbox.dsn,
        "OTEL_SERVICE_NAME": "page-test",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"http://127.0.0.1:{jaeger_server.ports['http']}/v1/traces",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "JAEGER_ENABLE_TRACING": "true",
    }
    registry, port = CollectorRegistry(), free_ports(1)[0]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        server = uvicorn.Server(uvicorn.Config(create_app(registry=registry), port=port, log_level="error"))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        wait_until(lambda: server.started, "the service starts")
        yield f"http://127.0.0.1:{port}", registry
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def visited(service: tuple[str, CollectorRegistry]) -> Iterator[Browser]:
    """Open the page, go to an agent, break it, and leave."""
    with browser() as tab:
        tab.open(service[0], width=900, height=700)
        tab.wait("document.querySelectorAll('li a').length > 0")
        tab.value("document.querySelector('li a').click()")
        tab.wait("/\\d+ messages/.test(document.body.textContent)")
        tab.value("setTimeout(() => document.querySelector('button').click())")
        tab.wait("document.querySelector('h1').textContent === 'ada'")
        yield tab


def test_the_page_load_is_in_the_metrics(visited: Browser, service: tuple[str, CollectorRegistry]) -> None:
    address, registry = service
    # Another page in the same tab hides the first one.
    visited.open(f"{address}/agents/grace", width=900, height=700)
    wait_until(lambda: registry.get_sample_value("page_load_seconds_count") == 1, "the beacon arrives")
    assert 0 < (registry.get_sample_value("page_load_seconds_sum") or 0) < 60
    labels = {"vital": "TTFB", "route": "/"}
    assert registry.get_sample_value("web_vital_seconds_count", labels) == 1
    assert registry.get_sample_value("web_beacons_total", {"result": "accepted"}) == 1
    visited.wait("/\\d+ messages/.test(document.body.textContent)")


def test_the_error_reaches_sentry_through_the_service_in_the_trace_of_the_click(
    visited: Browser, inbox: Inbox, jaeger_server: Jaeger, service: tuple[str, CollectorRegistry]
) -> None:
    errors: list[dict[str, Any]] = []

    def arrived() -> bool:
        errors[:] = [each for each in inbox.events if each.get("exception")]
        return bool(errors)

    wait_until(arrived, "the error arrives")
    assert errors[0]["exception"]["values"][0]["value"] == "ada is out of order"
    trace = errors[0]["contexts"]["trace"]["trace_id"]

    def spans() -> list[str]:
        return [each.name for each in jaeger_server.spans("page-test") if each.trace == trace]

    wait_until(lambda: "select message" in spans(), "the query is in the trace")
    assert "GET /api/v1/agents/{agent}/messages" in spans()
    assert not any(f":{inbox.port}" in url for url in visited.requested), (
        "the browser itself asks no other host"
    )
    assert service[1].get_sample_value("web_error_reports_total", {"result": "forwarded"})


def test_health_and_metrics_are_served_beside_the_page(
    visited: Browser, service: tuple[str, CollectorRegistry]
) -> None:
    for path, part in (("/metrics", "page_load_seconds_count"), ("/health", "ok")):
        assert part in visited.value(f"fetch('{service[0]}{path}').then((answer) => answer.text())")
