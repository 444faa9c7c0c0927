"""The addresses of the parts of a running stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from watchkeeper.model.stack import LOOPBACK

if TYPE_CHECKING:
    # The status reads addresses from a record; importing the plan would be a third of its first screen.
    from watchkeeper.plan.plan import Plan

Mode = Literal["native", "compose"]


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Addresses such as `http://127.0.0.1:9090`; empty for a part that does not run."""

    prometheus: str
    alertmanager: str
    jaeger: str
    jaeger_health: str
    grafana: str
    demo: str
    demo_metrics: str
    sinks: str
    front_page: str = ""
    runbooks: str = ""


def endpoints(plan: Plan, *, mode: Mode, sinks: bool, front_page: bool = False) -> Endpoints:
    """Return the addresses of the plan's stack on this machine."""
    ports = plan.stack.ports
    demo = next((service for service in plan.services if service.is_demo), None)
    return Endpoints(
        prometheus=_at(ports.prometheus),
        alertmanager=_at(ports.alertmanager),
        jaeger=_at(ports.jaeger),
        jaeger_health=_at(ports.jaeger_health),
        grafana=_at(ports.grafana) if mode == "compose" else "",
        demo=_at(ports.demo) if demo else "",
        demo_metrics=_at(ports.demo) + demo.metrics_path if demo else "",
        sinks=_at(ports.sinks) if sinks else "",
        front_page=_at(ports.front_page) if front_page else "",
        # With a front page they are below it.
        runbooks=f"{_at(ports.front_page)}/runbooks/" if mode == "compose" and plan.has_runbooks else "",
    )


def health_checks(at: Endpoints) -> dict[str, str]:
    """Return the addresses that answer 200 when a part is ready, by the part's name."""
    checks = {
        "prometheus": f"{at.prometheus}/-/ready",
        "alertmanager": f"{at.alertmanager}/-/ready",
        "jaeger": f"{at.jaeger_health}/status",
    }
    if at.grafana:
        checks["grafana"] = f"{at.grafana}/api/health"
    if at.demo:
        checks["demo"] = at.demo_metrics
    if at.sinks:
        checks["sinks"] = f"{at.sinks}/health"
    if at.runbooks:
        checks["runbooks"] = at.runbooks
    if at.front_page:
        checks["front-page"] = f"{at.front_page}/health"
    return checks


def _at(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
