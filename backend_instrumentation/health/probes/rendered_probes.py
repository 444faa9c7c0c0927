"""Writes the probes of a service for Kubernetes and for Compose, with times that fit its checks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from ..checks.check_definition import STARTUP
from ..service_health import Health
from .health_endpoints import ProbePaths

_PROBE_SECONDS: Final = 2
"""Probes read cached answers: a server that takes longer does not answer at all."""
_LIVE_PERIOD: Final = 10
_SERVER_SECONDS: Final = 10
"""What a server needs for its last requests after draining."""


@dataclass(frozen=True, slots=True)
class ProbeSnippets:
    """YAML for the container of a Kubernetes pod, for the pod itself, and for a service of a Compose file."""

    kubernetes_container: str
    kubernetes_pod: str
    compose: str


def probe_snippets(
    health: Health, *, port: int = 8000, paths: ProbePaths | None = None, drain_seconds: float = 5.0
) -> ProbeSnippets:
    """Return the snippets for the checks that the service has now; `drain_seconds` is that of `attach`."""
    paths = ProbePaths() if paths is None else paths
    # Readiness must be seen to fail while the service drains.
    ready_period = max(1, math.floor(drain_seconds / 2))
    startup_tries = max(3, math.ceil(_startup_seconds(health) / ready_period) + 1)
    grace = math.ceil(drain_seconds) + _SERVER_SECONDS
    container = [
        *_probe("startupProbe", paths.startup, port, ready_period, startup_tries),
        *_probe("livenessProbe", paths.live, port, _LIVE_PERIOD, 3),
        *_probe("readinessProbe", paths.ready, port, ready_period, 1),
    ]
    return ProbeSnippets(
        "\n".join([*container, ""]),
        f"terminationGracePeriodSeconds: {grace}\n",
        _compose(paths, port, startup_tries * ready_period, grace),
    )


def _startup_seconds(health: Health) -> float:
    checks = [answer.check for answer in health.answers(STARTUP)] or [each.check for each in health.answers()]
    return max((each.timeout + each.period * (each.failures - 1) for each in checks), default=0.0)


def _probe(name: str, path: str | None, port: int, period: int, tries: int) -> list[str]:
    if path is None:
        return []
    return [
        f"{name}:",
        f"  httpGet: {{path: {path}, port: {port}}}",
        f"  timeoutSeconds: {_PROBE_SECONDS}",
        f"  periodSeconds: {period}",
        f"  failureThreshold: {tries}",
    ]


def _compose(paths: ProbePaths, port: int, start: int, grace: int) -> str:
    path = paths.ready or paths.live
    if path is None:
        return ""
    url = f"http://127.0.0.1:{port}{path}"
    code = f"import urllib.request; urllib.request.urlopen('{url}', timeout={_PROBE_SECONDS})"
    return "\n".join([
        "healthcheck:",
        f'  test: ["CMD", "python", "-c", "{code}"]',
        f"  interval: {_LIVE_PERIOD}s",
        f"  timeout: {_PROBE_SECONDS + 1}s",
        "  retries: 3",
        f"  start_period: {start}s",
        f"stop_grace_period: {grace}s",
        "",
    ])  # fmt: skip
