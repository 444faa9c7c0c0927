"""Threshold alerts: a preset with its numbers, or the user's own expression."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Route
from watchkeeper.model.position import Position
from watchkeeper.model.text_file import TextFile

Severity = Literal["critical", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
Preset = Literal[
    "service_down",
    "error_ratio",
    "latency_quantile",
    "saturation",
    "gauge_below",
    "gauge_above",
    "health_failing",
    "replicas_below",
    "metric_conflict",
]


@dataclass(frozen=True, slots=True)
class ProofSeries:
    """One input series of a user's proof, in promtool's notation."""

    series: str
    values: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Series under which a raw expression must fire, and series under which it must stay silent."""

    fires: tuple[ProofSeries, ...]
    silent: tuple[ProofSeries, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One threshold alert of a service; `preset` or `expr` is set, never both.

    `threshold` is in the unit of what it is compared with: a ratio for error_ratio and saturation, seconds for
    latency_quantile, the gauge's own unit otherwise. `routes` has the alert's own receivers, if it names some.
    """

    name: str
    preset: Preset | None
    expr: str | None
    severity: Severity
    hold: Duration
    threshold: Decimal | None
    quantile: Decimal | None
    metric: str | None
    resource: str | None
    aggregate: str | None
    min_events: int | None
    external: bool
    summary: str | None
    description: str
    runbook: str | None
    labels: tuple[tuple[str, str], ...]
    proof: Proof | None
    where: Position
    threshold_where: Position
    runbook_notes: TextFile | None = None
    routes: tuple[Route, ...] = ()
