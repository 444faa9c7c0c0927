"""`up --with sentry` and the demo's page in a real browser: its load, its error and its click arrive in the three servers."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser import Browser, browser
from tests.conftest import need_bugsink
from tests.instrumentation.sentry_servers import SEED_TOKEN, Bugsink
from tests.instrumentation.tracing_servers import Jaeger, wait_until
from tests.integration.test_native_stack import BUNDLED, Site, ask, site
from tests.integration.test_native_stack import tools as tools
from tests.loading import load_plan
from watchkeeper.stack.native.supervisor import Supervisor
from watchkeeper.stack.processes import end_processes
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.sentry.bugsink_data import manage
from watchkeeper.stack.sentry.local_sentry import prepared_sentry

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
def running(tools: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack with the local Sentry server, in which the demo serves its page."""
    folder = tmp_path_factory.mktemp("frontend")
    made = site(folder / "root", BUNDLED.read_text(encoding="utf-8"))
    page = folder / "dist"
    with pytest.MonkeyPatch.context() as patch:
        need_bugsink()
        patch.setenv("HELLOAGENTS_FRONTEND", str(page))
        made.state.create()
        dsn = prepared_sentry(load_plan(made.spec), made.state, Progress()).dsn
        if not (SOURCES / "node_modules").is_dir():
            npm("ci")
        variables = {"VITE_SENTRY_DSN": dsn, "VITE_TRACES_SAMPLE_RATE": "1"}
        npm("run", "build", "--", f"--outDir={page}", variables=variables)
        try:
            done = made.run("up", "--with", "sentry")
            assert done.returncode == 0, done.stderr
            assert f"SENTRY_DSN={dsn}" in done.stdout
            # The load's beacons would be counted with the browser's.
            Supervisor(made.state).stop("load")
            yield made
        finally:
            made.run("down", "--volumes")
            end_processes(made.state, term_seconds=0)


@pytest.fixture(scope="module")
def bugsink(running: Site) -> Bugsink:
    folder = running.state.folder / "data" / "sentry"
    token = manage(folder, need_bugsink(), "shell", text=SEED_TOKEN).split()[-1]
    urls = running.status()[1]["urls"]
    return Bugsink(urls["Sentry"].rstrip("/"), "", token)


@pytest.fixture(scope="module")
def visited(running: Site) -> Iterator[Browser]:
    """Open the page, go to an agent, break it, and leave."""
    address = demo(running)
    with browser() as tab:
        tab.open(address, width=900, height=700)
        tab.wait("document.querySelectorAll('li a').length > 0")
        tab.value("document.querySelector('li a').click()")
        tab.wait("/\\d+ messages/.test(document.body.textContent)")
        tab.value("setTimeout(() => document.querySelector('button').click())")
        tab.wait("document.querySelector('h1').textContent === 'ada'")
        yield tab


def demo(running: Site) -> str:
    return str(running.status()[1]["urls"]["Demo"]).removesuffix("/docs")


def counted(running: Site, query: str) -> float:
    found = ask(running, query)
    return float(found[0]["value"][1]) if found else 0.0


def test_the_page_load_is_in_prometheus(visited: Browser, running: Site) -> None:
    query = "sum(page_load_seconds_count)"
    before = counted(running, query)
    # Another page in the same tab hides the first one.
    visited.open(f"{demo(running)}/agents/grace", width=900, height=700)
    wait_until(lambda: counted(running, query) == before + 1, "the page load is in Prometheus")
    visited.wait("/\\d+ messages/.test(document.body.textContent)")


def test_the_error_reaches_sentry_through_the_service_in_the_trace_of_the_click(
    visited: Browser, bugsink: Bugsink, running: Site
) -> None:
    errors: list[dict[str, Any]] = []

    def arrived() -> bool:
        errors[:] = [each["data"] for each in bugsink.events() if each["data"].get("exception")]
        return bool(errors)

    wait_until(arrived, "the error arrives")
    assert errors[0]["exception"]["values"][0]["value"] == "ada is out of order"
    trace = errors[0]["contexts"]["trace"]["trace_id"]
    jaeger = Jaeger({"query": int(running.status()[1]["urls"]["Jaeger"].rpartition(":")[2])})
    wait_until(
        lambda: "select message" in [each.name for each in jaeger.trace(trace)], "the query is in the trace"
    )
    assert "GET /api/v1/agents/{agent}/messages" in [each.name for each in jaeger.trace(trace)]
    assert not any(url.startswith(bugsink.url) for url in visited.requested), (
        "the browser itself asks no other host"
    )
    wait_until(
        lambda: counted(running, 'sum(web_error_reports_total{result="forwarded"})') > 0,
        "the forwarded report is counted",
    )


def test_a_failing_request_of_the_demo_is_in_sentry(running: Site, bugsink: Bugsink) -> None:
    httpx.post(f"{demo(running)}/faults", json={"error_ratio": 1}, timeout=10)
    assert httpx.get(f"{demo(running)}/api/v1/agents", timeout=10).status_code == 500
    httpx.delete(f"{demo(running)}/faults", timeout=10)
    wait_until(
        lambda: any(
            each["data"].get("tags", {}).get("handler") == "/api/v1/agents" for each in bugsink.events()
        ),
        "the failed request is in Sentry",
    )


def test_nobody_else_reads_the_password_and_its_page_asks_for_it(running: Site) -> None:
    folder = running.state.folder / "data" / "sentry"
    for name in ("password", "secret_key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert (folder / "password").read_text() not in (
        running.root / "monitoring/native/supervisord.conf"
    ).read_text()
    url = running.status()[1]["urls"]["Sentry"]
    assert "password" in httpx.get(url, timeout=20, follow_redirects=True).text


def test_without_the_flag_the_next_up_stops_it(running: Site) -> None:
    done = running.run("up")
    assert done.returncode == 0, done.stderr
    code, status = running.status()
    assert code == 0
    assert "Sentry" not in status["urls"]
    assert "sentry" not in {part["name"] for part in status["parts"]}
