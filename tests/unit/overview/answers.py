"""What Prometheus answers about objectives, in the form of its API, and a server that answers so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.objective_rows import Objective, objectives
from watchkeeper.prometheus_api import Sample

NAMES = {
    "target": "slo:objective:ratio",
    "remaining": "slo:error_budget:remaining_ratio",
    "burn_1h": "slo:burn_rate:1h",
    "burn_6h": "slo:burn_rate:6h",
    "exhaustion": "slo:error_budget:exhaustion_seconds",
    "events": "slo:total:rate_base",
    "bad": "slo:bad:rate_base",
}
WELL = {"target": 0.995, "remaining": 0.9, "burn_1h": 0.2, "burn_6h": 0.1, "events": 8.0, "bad": 0.0}


def samples(
    slo: str, service: str = "checkout", labels: dict[str, str] | None = None, **values: float
) -> list[Sample]:
    """Return the recorded series of one objective; values that are not given are those of a healthy one."""
    own = {"service": service, "slo": slo, "slo_id": f"{service}-{slo}", "team": "payments", **(labels or {})}
    return [Sample({"__name__": NAMES[name], **own}, value) for name, value in {**WELL, **values}.items()]


def alert(
    slo: str, kind: str = "fast_burn", state: str = "firing", service: str = "checkout", **more: str
) -> Alert:
    """Return an alert of one objective."""
    labels = {"alertname": f"{slo}-{kind}", "service": service, "slo_id": f"{service}-{slo}", **more}
    return Alert(labels["alertname"], state, "critical", service, 100.0, "", kind, f"{service}-{slo}", labels)


def rows(*found: list[Sample], alerts: tuple[Alert, ...] = ()) -> tuple[Objective, ...]:
    """Return the objectives of some series, all with a window of 30d."""
    every = [sample for each in found for sample in each]
    return objectives(every, {sample.labels["slo_id"]: "30d" for sample in every}, alerts)


Answer = Callable[[str, dict[str, str]], tuple[int, Any]]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """Serve what `answer` returns for a path and its parameters: a status, and a document or bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            status, document = answer(parts.path, {key: one[0] for key, one in parse_qs(parts.query).items()})
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()


def vector(found: list[Sample]) -> dict[str, Any]:
    """Return the API's answer with these samples."""
    result = [{"metric": dict(one.labels), "value": [1.0, str(one.value)]} for one in found]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}
