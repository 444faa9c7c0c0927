"""The plan as frozen values: the only thing that backends see."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.alert import Preset, Proof, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Mute, Receiver
from watchkeeper.model.position import Position
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.stack import Stack

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlannedAlert:
    """One alerting rule, decided to the last label.

    `labels` includes service, severity and team. User text in labels, `summary` and `description` is escaped already;
    the template actions that are left are ours and show the current value. `impact` is plain user text,
    `next_query` is PromQL to run first.
    """

    name: str
    preset: Preset | None
    service: str
    severity: Severity
    hold: Duration
    window: Duration | None
    expr: str
    why: str
    summary: str
    description: str
    impact: str
    next_query: str
    runbook_path: str
    runbook_url: str
    labels: Pairs
    receivers: tuple[str, ...]
    proof: Proof | None
    where: Position


@dataclass(frozen=True, slots=True)
class PlannedService:
    """One scraped service with its alerts; targets are host:port, as containers and as native processes see them."""

    name: str
    team: str
    description: str
    metrics_path: str
    compose_targets: tuple[str, ...]
    native_targets: tuple[str, ...]
    target_labels: Pairs
    packs: tuple[str, ...]
    buckets: tuple[tuple[str, tuple[Decimal, ...]], ...]
    metrics: tuple[Metric, ...]
    alerts: tuple[PlannedAlert, ...]
    alerts_path: str
    is_demo: bool
    spec: Service


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """One severity's route: a receiver group that holds several integrations; times are Alertmanager's own."""

    severity: Severity
    receiver: str
    integrations: tuple[Receiver, ...]
    group_by: tuple[str, ...]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration
    mutes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """One inhibition with its guards already in the matchers."""

    name: str
    source_matchers: tuple[str, ...]
    target_matchers: tuple[str, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routing:
    """Everything that Alertmanager is told; `fallback` is the visible receiver of what no route matches."""

    fallback: PlannedRoute
    routes: tuple[PlannedRoute, ...]
    inhibitions: tuple[InhibitRule, ...]
    mutes: tuple[Mute, ...]

    @property
    def secret_files(self) -> tuple[str, ...]:
        """Return the secret files of all receivers as the spec names them, each once, in alphabetical order."""
        routes = (self.fallback, *self.routes)
        found = {receiver.integration.secret_file for route in routes for receiver in route.integrations}
        return tuple(sorted(path for path in found if path is not None))


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole render, decided. `source` is the spec's path as headers show it."""

    source: str
    services: tuple[PlannedService, ...]
    routing: Routing
    stack: Stack
