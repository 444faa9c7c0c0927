"""A fake stack for drills: Prometheus and Alertmanager react to a fault at once, and the sinks are real."""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.loading import load_spec
from tests.unit.sinks.running_sinks import running_sinks
from watchkeeper.drill.choose_alert import choose_alert, notifying_route, planned
from watchkeeper.drill.sequence import Drill
from watchkeeper.drill.targets import targets_of
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Receiver
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.view.endpoints import Endpoints

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
ALERT, SERVICE = "ServiceDown", "helloagents"
Notify = Callable[["FakeStack", str], None]
_AT_ONCE = Duration(0)


@dataclass
class FakeStack:
    """A demo with or without a fault; `notify` sends what Alertmanager would when that changes."""

    sinks: str
    notify: Notify
    broken: bool = False
    is_silent: bool = False
    url: str = ""
    calls: list[str] = field(default_factory=list)

    def stop_program(self, name: str) -> None:
        self.calls.append(f"stop {name}")
        self.broken = True
        self.notify(self, "firing")

    def start_program(self, name: str) -> None:
        self.calls.append(f"start {name}")
        self.broken = False
        self.notify(self, "resolved")

    def answer(self, path: str) -> object:
        labels = {"alertname": ALERT, "service": SERVICE}
        shown = {"labels": labels, "state": "firing", "fingerprint": "1", "status": {"inhibitedBy": []}}
        alerts = [shown] if self.broken else []
        if path.startswith("/api/v2/alerts"):
            return alerts
        if path.startswith("/api/v1/query"):
            up = {"metric": {"service": SERVICE}, "value": [0, "1"]}
            return {"data": {"result": [] if self.broken else [up]}}
        return {"data": {"alerts": alerts}}


def slack(stack: FakeStack, status: str, *, receiver: str = "slack", service: str = SERVICE) -> None:
    """Post to the sinks as Alertmanager posts to a Slack receiver of that name."""
    head, colour = ("[FIRING:1]", "danger") if status == "firing" else ("[RESOLVED]", "good")
    message = {"attachments": [{"title": f"{head} {ALERT} {service}", "color": colour}]}
    _post(f"{stack.sinks}/slack/local?receiver={receiver}", message)


def pagerduty(stack: FakeStack, status: str) -> None:
    """Post to the sinks as Alertmanager posts to the PagerDuty receiver."""
    head = "[FIRING:1]" if status == "firing" else "[RESOLVED]"
    event = {
        "routing_key": "local-sink",
        "dedup_key": "one",
        "event_action": "trigger" if status == "firing" else "resolve",
        "payload": {
            "summary": f"{head} {ALERT} {SERVICE}",
            "source": "test",
            "severity": "critical",
            "class": ALERT,
            "component": SERVICE,
        },
    }
    _post(f"{stack.sinks}/pagerduty/v2/enqueue?receiver=pagerduty", event)


def webhook(stack: FakeStack, status: str) -> None:
    """Post to the sinks as Alertmanager posts to a webhook receiver."""
    alerts = [{"status": status, "labels": {"alertname": ALERT, "service": SERVICE}}]
    _post(f"{stack.sinks}/webhook/local?receiver=hook", {"status": status, "alerts": alerts})


@contextlib.contextmanager
def fake_stack(folder: Path, notify: Notify) -> Iterator[FakeStack]:
    """Serve a healthy stack until the end of the block."""
    with running_sinks(folder) as sinks:
        made = FakeStack(sinks.url, notify)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def drill_in(stack: FakeStack, *, receivers: tuple[str, ...] = ("pagerduty", "slack")) -> Drill:
    """Return a drill of the bundled spec's ServiceDown with these receivers, which waits for two seconds."""
    spec = _with_receivers(load_spec(BUNDLED)[0], receivers)
    plan = plan_of(spec, BUNDLED)
    alert, fault = choose_alert(spec, ALERT)
    own = planned(plan, alert)
    route = notifying_route(plan, own)
    at = Endpoints(stack.url, stack.url, "", "", "", stack.url, "", stack.sinks)
    return Drill(
        alert=replace(own, hold=_AT_ONCE, window=None),
        fault=fault,
        route=replace(route, group_wait=_AT_ONCE, group_interval=_AT_ONCE),
        targets=targets_of(route),
        stack=replace(spec.stack, scrape_interval=_AT_ONCE, evaluation_interval=_AT_ONCE),
        at=at,
        programs=stack,
        leeway=2.0,
    )


def client_of(stack: FakeStack) -> SinkClient:
    """Return a client of the stack's sinks."""
    return SinkClient(stack.sinks)


def _with_receivers(spec: Spec, names: tuple[str, ...]) -> Spec:
    known = {receiver.name: receiver for receiver in spec.notify.receivers}

    def named(name: str) -> Receiver:
        return known.get(name) or replace(known[name.partition("-")[0]], name=name)

    routes = tuple(
        replace(route, receivers=names) if route.severity == "critical" else route
        for route in spec.notify.routes
    )
    receivers = tuple((known | {name: named(name) for name in names}).values())
    return replace(spec, notify=replace(spec.notify, receivers=receivers, routes=routes))


def _handler(stack: FakeStack) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(stack.answer(self.path)).encode()
            self.send_response(503 if stack.is_silent else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
            """Keep the tests' output clean."""

    return Handler


def _post(url: str, message: object) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data=json.dumps(message).encode(), headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with contextlib.suppress(urllib.error.HTTPError), opener.open(request, timeout=5):
        pass
