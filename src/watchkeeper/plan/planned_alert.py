"""One alerting rule as the plan decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from watchkeeper.emit.promql import alert_template_escape
from watchkeeper.model.alert import Preset, Proof, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlannedAlert:
    """One alerting rule, decided to the last label.

    `labels` includes service, severity and team. User text in labels, `summary` and `description` is escaped already;
    the remaining template actions are ours and show the current value. `impact` and `mitigation` are plain text, empty
    where those of every runbook fit; `next_query` is PromQL to run first. `slo_kind` is FastBurn, SlowBurn and so on for
    an SLO's alert, None for others. The severity `none` is that of the Watchdog, which is for no person.
    """

    name: str
    preset: Preset | None
    service: str
    severity: Severity | Literal["none"]
    hold: Duration
    window: Duration | None
    expr: str
    comment: str
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
    keep_firing: Duration | None = None
    slo_kind: str | None = None
    mitigation: str = ""


def description_of(text: str, description_template: str) -> str:
    """Return an alert's description: the user's text, escaped, then our own template."""
    return " ".join(part for part in (alert_template_escape(text), description_template) if part)


def escaped_labels(labels: Mapping[str, str]) -> Pairs:
    """Return labels by name, each value escaped so that Prometheus' templates return it unchanged."""
    return tuple((name, alert_template_escape(value)) for name, value in sorted(labels.items()))
