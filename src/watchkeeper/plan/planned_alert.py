"""One alerting rule as the plan decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from watchkeeper.emit.promql import alert_template_escape
from watchkeeper.model.alert import Preset, Proof, Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Route
from watchkeeper.model.position import Position
from watchkeeper.model.text_references import references

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PlannedAlert:
    """One alerting rule, decided to the last label.

    `labels` includes service, severity and team. User text in labels, `summary` and `description` is escaped already;
    the remaining template actions are ours, or references that the spec may contain, and show current values. `impact`
    and `mitigation` are plain text, empty where those of every runbook fit; `next_query` is PromQL to run first.
    `slo_kind` is FastBurn, SlowBurn and so on for an SLO's alert, None for others. `route` is the entry of the spec that
    says whom it notifies, None for nobody. The severity `none` is that of the Watchdog, which is for no person. `by`
    is the label whose values have an alert each, None for one alert.
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
    route: Route | None
    proof: Proof | None
    where: Position
    keep_firing: Duration | None = None
    slo_kind: str | None = None
    mitigation: str = ""
    by: str | None = None

    @property
    def receivers(self) -> tuple[str, ...]:
        """Return the names of the spec's receivers that it must reach, in the spec's order."""
        return self.route.receivers if self.route is not None else ()


def description_of(text: str, description_template: str) -> str:
    """Return an alert's description: our own template, which shows the current values, then the user's escaped text."""
    return " ".join(part for part in (description_template, text) if part)


def with_references(text: str) -> str:
    """Return a user's text as a template: its references are filled in, everything else is escaped."""
    parts, end = [], 0
    for one in references(text):
        if one.action:
            parts += [alert_template_escape(text[end : one.offset]), one.action]
            end = one.offset + len(one.written)
    return "".join((*parts, alert_template_escape(text[end:])))


def escaped_labels(labels: Mapping[str, str]) -> Pairs:
    """Return labels by name, each value escaped so that Prometheus' templates return it unchanged."""
    return tuple((name, alert_template_escape(value)) for name, value in sorted(labels.items()))
