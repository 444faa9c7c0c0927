"""A real Jaeger v2 with its storage in memory, and what its API says of the spans that it got."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

PATIENCE_SECONDS = 60.0
CONFIG = """
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: {{receivers: [otlp], exporters: [jaeger_storage_exporter]}}
  telemetry: {{metrics: {{level: none}}, logs: {{level: warn}}}}
extensions:
  jaeger_storage: {{backends: {{memory: {{memory: {{max_traces: 10000}}}}}}}}
  jaeger_query:
    storage: {{traces: memory}}
    http: {{endpoint: "127.0.0.1:{query}"}}
    grpc: {{endpoint: "127.0.0.1:{query_grpc}"}}
receivers:
  otlp:
    protocols:
      http: {{endpoint: "127.0.0.1:{http}"}}
      grpc: {{endpoint: "127.0.0.1:{grpc}"}}
exporters:
  jaeger_storage_exporter: {{trace_storage: memory}}
"""


@dataclass(frozen=True)
class Found:
    """A span as Jaeger's API shows it."""

    id: str
    trace: str
    service: str
    name: str
    parent: str | None
    tags: dict[str, Any]
    logs: list[dict[str, Any]]


@dataclass(frozen=True)
class Jaeger:
    """A running Jaeger and its ports."""

    ports: dict[str, int]

    def spans(self, service: str) -> list[Found]:
        """Return all spans of the traces in which that service took part."""
        answer = self._get(f"/api/traces?service={service}&limit=200&lookback=1h")
        return [found for trace in answer for found in _found(trace)]

    def trace(self, trace_id: str) -> list[Found]:
        """Return the spans of one trace; none while Jaeger does not have it."""
        return [found for trace in self._get(f"/api/traces/{trace_id}") for found in _found(trace)]

    def wait_for(self, service: str, count: int) -> dict[str, Found]:
        """Return the spans of that service by name, once there are that many."""
        wait_until(lambda: len(self._of(service)) >= count, f"{count} spans of {service}")
        return {each.name: each for each in self._of(service)}

    def _of(self, service: str) -> list[Found]:
        return [each for each in self.spans(service) if each.service == service]

    def _get(self, path: str) -> list[dict[str, Any]]:
        url = f"http://127.0.0.1:{self.ports['query']}{path}"
        answer = httpx.get(url, timeout=10, trust_env=False).json()
        return answer.get("data") or []


def _found(trace: dict[str, Any]) -> Iterator[Found]:
    for span in trace["spans"]:
        parents = [each["spanID"] for each in span["references"] if each["refType"] == "CHILD_OF"]
        yield Found(
            id=span["spanID"],
            trace=span["traceID"],
            service=trace["processes"][span["processID"]]["serviceName"],
            name=span["operationName"],
            parent=parents[0] if parents else None,
            tags={tag["key"]: tag["value"] for tag in span["tags"]},
            logs=[{field["key"]: field["value"] for field in log["fields"]} for log in span["logs"]],
        )


@contextmanager
def running_jaeger(binary: str, folder: Path, ports: dict[str, int] | None = None) -> Iterator[Jaeger]:
    """Run Jaeger on free ports of the loopback address, or on those given."""
    names = ("http", "grpc", "query", "query_grpc")
    ports = ports or dict(zip(names, free_ports(len(names)), strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jaeger.yaml").write_text(CONFIG.format(**ports), encoding="utf-8")
    with (folder / "jaeger.log").open("ab") as log:
        command = [str(binary), "--config", str(folder / "jaeger.yaml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        text = folder / "jaeger.log"
        wait_until(lambda: process.poll() is not None or all(map(listens, ports.values())), "Jaeger listens")
        assert process.poll() is None, text.read_text(encoding="utf-8")[-3000:]
        yield Jaeger(ports)
    finally:
        process.kill()
        process.wait(timeout=PATIENCE_SECONDS)


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)
