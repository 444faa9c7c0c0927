"""The addresses of the parts of a running stack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from watchkeeper import naming
from watchkeeper.local_http import Login, remember_login
from watchkeeper.model.stack import LOOPBACK, Stack
from watchkeeper.model.stack_access import CA_FILE, OWN_USER, PASSWORD_FILE

if TYPE_CHECKING:
    # The status reads addresses from a record; importing the plan would be a third of its first screen.
    from watchkeeper.plan.plan import Plan

Mode = Literal["native", "compose"]


@dataclass(frozen=True, slots=True)
class StackAccess:
    """What the stack's own clients need: the folder of access, the name in the certificate, and a private authority.

    The name is empty without TLS.
    """

    folder: str
    server_name: str
    has_authority: bool


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
    sentry: str = ""
    access: StackAccess | None = None


def endpoints(
    plan: Plan,
    *,
    mode: Mode,
    sinks: bool,
    front_page: bool = False,
    sentry: bool = False,
    root: Path = Path(),
) -> Endpoints:
    """Return the addresses of the plan's stack on this machine; `root` is the folder of the rendered files."""
    ports, server = plan.stack.ports, f"{plan.stack.scheme}://{plan.stack.reached_at}"
    demo = next((service for service in plan.services if service.is_demo), None)
    return Endpoints(
        prometheus=f"{server}:{ports.prometheus}",
        alertmanager=f"{server}:{ports.alertmanager}",
        jaeger=f"{server}:{ports.jaeger}",
        jaeger_health=_at(ports.jaeger_health),
        grafana=f"{server}:{ports.grafana}" if mode == "compose" else "",
        demo=_at(ports.demo) if demo else "",
        demo_metrics=_at(ports.demo) + demo.metrics_path if demo else "",
        sinks=_at(ports.sinks) if sinks else "",
        # It listens on this machine only, whatever the others do.
        front_page=f"{plan.stack.scheme}://{LOOPBACK}:{ports.front_page}" if front_page else "",
        # With a front page they are below it.
        runbooks=f"{_at(ports.front_page)}/runbooks/" if mode == "compose" and plan.serves_runbooks else "",
        sentry=_at(ports.sentry) if sentry else "",
        access=_access(plan.stack, root),
    )


def _access(stack: Stack, root: Path) -> StackAccess | None:
    if stack.access is None:
        return None
    tls = stack.access.tls
    name = "" if tls is None else tls.server_name
    return StackAccess(str(root / naming.ACCESS), name, tls is not None and tls.authority == "private")


def log_in(at: Endpoints) -> None:
    """Let every request of this process to the servers of a stack carry its login, if it has one."""
    login = None
    if at.access is not None:
        authority = f"{at.access.folder}/{CA_FILE}" if at.access.has_authority else ""
        password = f"{at.access.folder}/{PASSWORD_FILE}"
        login = Login(OWN_USER, password, at.access.server_name, authority)
    for server in (at.prometheus, at.alertmanager, at.jaeger, at.grafana, at.front_page):
        remember_login(server, login)


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
    if at.sentry:
        checks["sentry"] = f"{at.sentry}/health/ready"
    if at.runbooks:
        checks["runbooks"] = at.runbooks
    if at.front_page:
        checks["front-page"] = f"{at.front_page}/health"
    return checks


def _at(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
