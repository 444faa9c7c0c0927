"""Services that the real OpenTelemetry measures, scraped by a real Prometheus with our rules for `dialect: otel`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml

from tests.conftest import need_tool
from tests.loading import load_plan, load_spec
from tests.truth.server import free_port
from watchkeeper.cli import main
from watchkeeper.export.columns import queries
from watchkeeper.front_page.golden_signals import DURATION, ERRORS, read_signals
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import OTEL_BUCKETS
from watchkeeper.pipeline import render_files
from watchkeeper.prometheus_api import instant
from watchkeeper.verify.dashboards.shown_panels import Content, filled, name_of

pytestmark = pytest.mark.tools
SERVICES = ("instrumentation", "fastapi")
SPEC = """version: watchkeeper/v1
services:
{services}
stack: {{scrape_interval: 1s, evaluation_interval: 1s}}
"""
SERVICE = """- service: {name}
  targets: ["127.0.0.1:{port}"]
  dialect: otel
  slos:
  - {{name: availability, objective: 99%, sli: {{availability: http}}}}
  - {{name: latency, objective: 95%, window: 7d, sli: {{latency: http, threshold: 10s}}}}
  alerts: [{{preset: service_down}}, {{preset: error_ratio, above: 50%}}]
"""
GOOD, BUSY, BROKEN = 15, 3, 2
_PATIENCE = 90


@dataclass(frozen=True)
class Scraped:
    """A running Prometheus, the spec whose rules it evaluates, and the ports of the services."""

    server: str
    spec: Path
    ports: dict[str, int]


@contextmanager
def _running(command: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _until(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < until, what
        time.sleep(0.2)


def _get(port: int, path: str) -> str:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        return str(error.code)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def _requests(port: int, *, times: int) -> None:
    """Send requests of each kind: one in four fails, and health checks, which do not count, are as many as all others."""
    counts = {"/orders/1": GOOD, "/busy": BUSY, "/broken": BROKEN, "/health": GOOD + BUSY + BROKEN}
    for path, count in counts.items():
        for _ in range(count * times if times else 1):
            _get(port, path)


def _configured(folder: Path, ports: dict[str, int]) -> Path:
    """Write the spec, its rules and a configuration that scrapes the services; return the spec."""
    spec = folder / "spec.yml"
    services = "".join(SERVICE.format(name=name, port=port) for name, port in ports.items())
    spec.write_text(SPEC.format(services=services))
    rules = []
    for path, text in render_files(load_plan(spec)).items():
        if path.startswith("monitoring/prometheus/rules/"):
            rules.append(str(folder / path.replace("/", "-")))
            Path(rules[-1]).write_text(text)
    jobs = [
        {
            "job_name": name,
            "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": {"service": name}}],
        }
        for name, port in ports.items()
    ]
    whole = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": rules}
    (folder / "prometheus.yml").write_text(yaml.safe_dump({**whole, "scrape_configs": jobs}))
    return spec


def _value(server: str, query: str) -> float:
    found = instant(server, query)
    return found[0].value if found else 0.0


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    folder = tmp_path_factory.mktemp("otel")
    ports = {name: free_port() for name in SERVICES}
    spec, port = _configured(folder, ports), free_port()
    server = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        for name, own in ports.items():
            command = [sys.executable, "-m", "tests.integration.otel_service", str(own), name]
            stack.enter_context(_running(command, folder / f"{name}.log"))
        for own in ports.values():
            _until(lambda own=own: _answers(f"http://127.0.0.1:{own}/health"), "the service answers")  # type: ignore[misc]
            # Every series exists before the first scrape: increase() never counts a first event.
            _requests(own, times=0)
        flags = [f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"]
        command = [need_tool("prometheus"), *flags, f"--web.listen-address=127.0.0.1:{port}"]
        stack.enter_context(_running(command, folder / "prometheus.log"))
        _until(lambda: _answers(f"{server}/-/ready"), "Prometheus answers")
        _until(lambda: len(instant(server, "up == 1")) == len(SERVICES), "both are scraped")
        for own in ports.values():
            _requests(own, times=1)
        seen = f'count(http_server_request_duration_seconds_count{{http_route="/broken"}} > {BROKEN})'
        _until(lambda: _value(server, seen) == len(SERVICES), "all requests are scraped")
        yield Scraped(server, spec, ports)


@pytest.mark.parametrize("name", SERVICES)
def test_the_metrics_are_those_of_the_dialect(scraped: Scraped, name: str) -> None:
    text = _get(scraped.ports[name], "/metrics/")
    bounds = re.findall(r'^http_server_request_duration_seconds_bucket\{.*le="([0-9.]+)"', text, re.MULTILINE)
    assert {float(one) for one in bounds} == set(map(float, OTEL_BUCKETS))
    assert re.search(r'_count\{.*http_response_status_code="500",http_route="/broken"', text)
    assert re.search(r'_count\{.*http_response_status_code="200",http_route="/orders/\{order_id\}"', text)
    assert "\nhttp_server_active_requests{" in text


@pytest.mark.parametrize("name", SERVICES)
def test_the_rules_count_failures_and_neither_scrapes_nor_health_checks(scraped: Scraped, name: str) -> None:
    of = f'{{slo_id="{name}-availability"}}'
    wanted = (BUSY + BROKEN) / (GOOD + BUSY + BROKEN)
    _requests(scraped.ports[name], times=1)

    def measured() -> bool:
        found = instant(scraped.server, f"slo:bad:rate_base{of} / slo:total:rate_base{of}")
        # Counters this young are not extrapolated to before their beginning, each by another share.
        return bool(found) and found[0].value == pytest.approx(wanted, rel=0.1)

    _until(measured, f"{wanted:.0%} of the requests are bad")
    # Every answer was within 10s; those with 5xx are in neither.
    of = f'{{slo_id="{name}-latency"}}'
    good = f"slo:total:rate_base{of} > 0 and slo:bad:rate_base{of} == 0"
    _until(lambda: bool(instant(scraped.server, good)), "no request is slow")


@pytest.mark.parametrize("name", SERVICES)
def test_every_panel_on_requests_has_data(scraped: Scraped, name: str) -> None:
    page = render_files(load_plan(scraped.spec))[f"monitoring/grafana/dashboards/{name}/api-performance.json"]
    content = Content(json.loads(page), name)
    shown = {
        (name_of(panel), filled(target["expr"], tuple(content.variables)))
        for panel in content.graphs
        for target in panel["targets"]
    }
    assert len(shown) > 10
    _requests(scraped.ports[name], times=1)
    for panel, expr in sorted(shown):
        _until(lambda expr=expr: bool(instant(scraped.server, expr)), f"{panel} has data")  # type: ignore[misc]


@pytest.mark.parametrize("name", SERVICES)
def test_the_front_page_and_the_export_show_its_requests(scraped: Scraped, name: str) -> None:
    (service,) = [one for one in load_spec(scraped.spec)[0].services if one.name == name]
    # The charts' points are at whole half minutes: the next one is a moment that there already is.
    soon = time.time() + 30
    found, _ = read_signals(scraped.server, [(name, service.own, service.http)], end=soon, range_seconds=60)
    assert [one.title for one in found[name]] == ["Requests", ERRORS, DURATION]
    asked = [
        one for one in queries([name], Duration.parse("5m")) if one.column.startswith(("request", "latency"))
    ]
    assert [one.column for one in asked if not instant(scraped.server, one.query)] == []
    assert len(asked) == 6


def _doctor(
    scraped: Scraped, spec: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[dict[str, object]]]:
    code = main(["doctor", str(spec), "--prometheus", scraped.server, "--format", "json"])
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["services"]
    return code, found


def test_doctor_finds_every_series(scraped: Scraped, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = _doctor(scraped, scraped.spec, capsys)
    assert (code, [one["well"] for one in found]) == (0, [True, True]), found


def test_doctor_proposes_the_dialect(
    scraped: Scraped, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(scraped.spec.read_text().replace("  dialect: otel\n", ""))
    code, found = _doctor(scraped, spec, capsys)
    proposal = (
        "OpenTelemetry measures its requests, as http_server_request_duration_seconds: write `dialect: otel`"
    )
    assert (code, [one["findings"] for one in found]) == (1, [[proposal], [proposal]])
