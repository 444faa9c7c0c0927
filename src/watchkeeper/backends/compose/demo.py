"""The demo: the monitored example service, its load, and the local sinks for Slack, PagerDuty and mail."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import naming
from watchkeeper.backends.compose.parts import SCRATCH, Service, confined, fetched, folder, healthcheck, port
from watchkeeper.emit.yaml import Commented
from watchkeeper.model.stack import Limits
from watchkeeper.plan.plan import Plan, PlannedService

_USER = "10001:10001"
_ANY = "0.0.0.0"  # noqa: S104 -- inside a container, whose port is open to this machine only
_SINKS_HTTP = 9199
_SINKS_SMTP = 1025


def demo(plan: Plan) -> dict[str, Service]:
    """Return the demo's services by their names in the network, or none when the plan has no demo."""
    service = next((each for each in plan.services if each.is_demo), None)
    if service is None:
        return {}
    return {service.name: _service(plan, service), "load": _load(plan, service), "sinks": _sinks(plan)}


def _service(plan: Plan, service: PlannedService) -> Service:
    listen = _port_of(service)
    config, _, file = naming.instrumentation_path(service.name).rpartition("/")
    return {
        **_image(plan),
        "build": Commented(
            {"context": ".", "dockerfile": "examples/helloagents/Dockerfile"},
            "Built at the first start; the load generator and the sinks use the same image.",
        ),
        "command": ["python", "-m", "examples.helloagents", f"--host={_ANY}", f"--port={listen}"],
        "environment": {
            "INSTRUMENTATION_CONFIG": f"/etc/instrumentation/{file}",
            **service.tracing_environment("http://jaeger:4318"),
            "SENTRY_DSN": "${SENTRY_DSN:-}",
        },
        "ports": [port(plan.stack.ports.demo, listen)],
        "volumes": [folder(f"./{config}", "/etc/instrumentation")],
        "tmpfs": SCRATCH,
        "healthcheck": healthcheck(*fetched(f"http://127.0.0.1:{listen}{service.metrics_path}")),
        **confined(_USER, pids=100, limits=Limits(Decimal("0.5"), "384m")),
    }


def _load(plan: Plan, service: PlannedService) -> Service:
    url = f"http://{service.name}:{_port_of(service)}"
    return {
        **_image(plan),
        "command": ["python", "-m", "examples.helloagents.load", f"--url={url}"],
        "depends_on": {service.name: {"condition": "service_healthy"}},
        **confined(_USER, pids=100, limits=Limits(Decimal("0.25"), "128m")),
    }


def _sinks(plan: Plan) -> Service:
    return {
        **_image(plan),
        "command": [
            "python",
            "-m",
            "watchkeeper.sinks",
            f"--http={_ANY}:{_SINKS_HTTP}",
            f"--smtp={_ANY}:{_SINKS_SMTP}",
            "--journal=/tmp/sinks.jsonl",
        ],
        "ports": [port(plan.stack.ports.sinks, _SINKS_HTTP)],
        "tmpfs": SCRATCH,
        "healthcheck": healthcheck(*fetched(f"http://127.0.0.1:{_SINKS_HTTP}/health")),
        **confined(_USER, pids=50, limits=Limits(Decimal("0.25"), "128m")),
    }


def _port_of(service: PlannedService) -> int:
    return int(service.compose_targets[0].rpartition(":")[2])


def _image(plan: Plan) -> Service:
    return {"image": f"${{DEMO_IMAGE:-{plan.stack.images.demo}}}"}
