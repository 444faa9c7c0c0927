"""The real Jaeger takes the rendered configuration, runs beside another one, and keeps what it was given."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.conftest import need_tool
from tests.loading import load_plan
from watchkeeper.backends import jaeger

pytestmark = pytest.mark.tools

SPEC = "version: watchkeeper/v1\nservice: checkout\nstack: {scrape_interval: 1s, evaluation_interval: 1s}\n"
PORTS = (
    "OTLP_GRPC", "OTLP_HTTP", "QUERY", "QUERY_GRPC", "HEALTH", "METRICS", "SPAN_METRICS", "SAMPLING_HTTP",
    "SAMPLING_GRPC",
)  # fmt: skip
TRACE = "5b8efff798038103d269b633813fc60c"
PATIENCE = 60.0


@pytest.fixture(scope="module")
def binary() -> Path:
    return Path(need_tool("jaeger"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, SPEC)


def write(folder: Path, spec: str) -> Path:
    (folder / "spec.yml").write_text(spec, encoding="utf-8")
    for path, text in jaeger.render(load_plan(folder / "spec.yml")).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder / "monitoring/jaeger"


def validate(binary: Path, config: Path) -> subprocess.CompletedProcess[str]:
    command = [str(binary), "validate", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@dataclass(frozen=True)
class Running:
    """A live Jaeger and where its ports are."""

    process: subprocess.Popen[bytes]
    ports: dict[str, int]

    def get(self, port: str, path: str, **headers: str) -> httpx.Response:
        address = f"http://127.0.0.1:{self.ports[port]}{path}"
        return httpx.get(address, headers=headers, timeout=10, trust_env=False)

    def post_span(self) -> None:
        started = time.time_ns()
        span = {
            "traceId": TRACE,
            "spanId": "eee19b7ec3c1b174",
            "name": "GET /orders",
            "kind": 2,
            "startTimeUnixNano": str(started),
            "endTimeUnixNano": str(started + 250_000_000),
        }
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]}
        body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
        address = f"http://127.0.0.1:{self.ports['OTLP_HTTP']}/v1/traces"
        httpx.post(address, json=body, timeout=10, trust_env=False).raise_for_status()

    def operations(self) -> list[str]:
        answer = self.get("QUERY", f"/api/traces/{TRACE}").json()
        return [span["operationName"] for trace in answer["data"] or [] for span in trace["spans"]]


def is_listening(live: Running) -> bool:
    """Tell whether every port takes connections: the health report does not wait for that."""
    for port in live.ports.values():
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return False
    return True


@contextmanager
def running(binary: Path, folder: Path, state: Path) -> Iterator[Running]:
    """Run Jaeger on free ports of the loopback address until the block ends; it must end cleanly."""
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    environment = {
        **os.environ,
        **{f"JAEGER_{name}_PORT": str(port) for name, port in ports.items()},
        "JAEGER_LISTEN_HOST": "127.0.0.1",
        "JAEGER_STORAGE_DIR": str(state),
        "JAEGER_SAMPLING_FILE": str(folder / "sampling.json"),
        "JAEGER_PROMETHEUS_URL": "http://127.0.0.1:9",
    }
    state.mkdir(parents=True, exist_ok=True)
    with (state.parent / f"{state.name}.log").open("ab") as log:
        command = [str(binary), "--config", str(folder / "jaeger.yaml")]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        live = Running(process, ports)
        wait_until(lambda: live.process.poll() is not None or (is_healthy(live) and is_listening(live)))
        assert process.poll() is None, Path(log.name).read_text(encoding="utf-8")[-3000:]
        yield live
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=PATIENCE) == 0
    finally:
        process.kill()
        process.wait(timeout=PATIENCE)


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def is_healthy(live: Running) -> bool:
    try:
        return bool(live.get("HEALTH", "/status").json()["healthy"])
    except httpx.TransportError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.1)


@pytest.mark.parametrize("storage", ["badger", "memory"])
def test_jaeger_accepts_the_configuration_of_each_storage(binary: Path, tmp_path: Path, storage: str) -> None:
    config = write(tmp_path, f"{SPEC[:-2]}, traces: {{storage: {storage}}}}}\n") / "jaeger.yaml"
    done = validate(binary, config)
    assert (0, storage in config.read_text(encoding="utf-8")) == (done.returncode, True), done.stderr


def test_jaeger_refuses_the_configuration_with_a_misspelt_key(binary: Path, folder: Path) -> None:
    config = folder / "jaeger.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("ephemeral", "ephemereal"), encoding="utf-8")
    done = validate(binary, config)
    assert done.returncode != 0
    assert "ephemereal" in done.stderr


def test_a_trace_survives_a_restart(binary: Path, folder: Path, tmp_path: Path) -> None:
    state = tmp_path / "state" / "jaeger"
    with running(binary, folder, state) as live:
        live.post_span()
        wait_until(lambda: live.operations() == ["GET /orders"])
    with running(binary, folder, state) as live:
        assert live.operations() == ["GET /orders"]


def test_spans_become_metrics_in_seconds_with_exemplars(binary: Path, folder: Path, tmp_path: Path) -> None:
    with running(binary, folder, tmp_path / "state") as live:
        live.post_span()
        bucket = 'traces_span_metrics_duration_seconds_bucket{job="checkout"'

        def metrics() -> str:
            return live.get("SPAN_METRICS", "/metrics", accept="application/openmetrics-text").text

        wait_until(lambda: bucket in metrics())
        bound = next(
            line for line in metrics().splitlines() if line.startswith(bucket) and 'le="0.3"' in line
        )
        assert f'trace_id="{TRACE}"' in bound
        assert "otelcol_receiver_accepted_spans_total" in live.get("METRICS", "/metrics").text


def test_the_sampling_server_takes_an_edited_file_without_a_restart(
    binary: Path, folder: Path, tmp_path: Path
) -> None:
    with running(binary, folder, tmp_path / "state") as live:

        def rates() -> dict[str, float]:
            answer = live.get("SAMPLING_HTTP", "/api/sampling?service=checkout").json()["operationSampling"]
            single = {
                each["operation"]: each["probabilisticSampling"]["samplingRate"]
                for each in answer["perOperationStrategies"]
            }
            return {"default": answer["defaultSamplingProbability"], **single}

        assert rates() == {"default": 1, "GET /health": 0, "GET /metrics": 0, "GET /ready": 0}
        strategies = json.loads((folder / "sampling.json").read_text(encoding="utf-8"))
        strategies["default_strategy"]["param"] = 0.25
        (folder / "sampling.json").write_text(json.dumps(strategies), encoding="utf-8")
        wait_until(lambda: rates()["default"] == 0.25)


def test_two_jaegers_live_on_one_host(binary: Path, folder: Path, tmp_path: Path) -> None:
    with running(binary, folder, tmp_path / "one"), running(binary, folder, tmp_path / "two") as second:
        assert is_healthy(second)
