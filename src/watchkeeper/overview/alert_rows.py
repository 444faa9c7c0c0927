"""Active alerts, from what Prometheus and Alertmanager answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from watchkeeper import naming
from watchkeeper.prometheus_api import Labels, Sample, moment

_SEVERITIES = ("critical", "warning")
# Alerts of these severities inform nobody of a fault, such as the Watchdog that always fires.
_HARMLESS = ("info", "none")


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that fires or is pending; `since` is in Unix seconds, 0 if unknown.

    `muted` says how Alertmanager keeps it back: silenced, inhibited, or empty. `receivers` are those of its routes.
    """

    name: str
    state: str
    severity: str
    service: str
    since: float
    summary: str
    kind: str = ""
    slo_id: str = ""
    labels: Labels | None = None
    muted: str = ""
    receivers: tuple[str, ...] = ()

    @property
    def is_firing(self) -> bool:
        """Return whether it fires."""
        return self.state == "firing"

    @property
    def is_fault(self) -> bool:
        """Return whether it fires and its severity is not info or none."""
        return self.is_firing and self.severity not in _HARMLESS


def alerts(listed: Iterable[Mapping[str, Any]]) -> tuple[Alert, ...]:
    """Return the alerts of Prometheus' `/api/v1/alerts`, the worst first."""
    return worst_first(
        _alert(
            one["labels"],
            one["state"],
            since=moment(one["activeAt"]),
            summary=one.get("annotations", {}).get("summary", ""),
        )
        for one in listed
        if not _is_watchdog(one["labels"])
    )


def alerts_of_series(samples: Iterable[Sample]) -> tuple[Alert, ...]:
    """Return the alerts of the series `ALERTS`, for servers that list no alerts."""
    return worst_first(
        _alert(
            {name: value for name, value in one.labels.items() if name not in ("__name__", "alertstate")},
            one.labels.get("alertstate", "firing"),
        )
        for one in samples
        if not _is_watchdog(one.labels)
    )


def _is_watchdog(labels: Labels) -> bool:
    """Return whether it is the alert that fires while all is well: the overview is about the others."""
    return labels.get(naming.KIND_LABEL) == naming.WATCHDOG_KIND


def _alert(labels: Labels, state: str, *, since: float = 0.0, summary: str = "") -> Alert:
    return Alert(
        name=labels.get("alertname", ""),
        state=state,
        severity=labels.get("severity", ""),
        service=labels.get("service", ""),
        since=since,
        summary=summary,
        kind=labels.get(naming.KIND_LABEL, ""),
        slo_id=labels.get("slo_id", ""),
        labels=labels,
    )


def worst_first(found: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return alerts in order: firing before pending, by severity, the newest first."""
    return tuple(sorted(found, key=_order))


def _order(alert: Alert) -> tuple[bool, int, float, str]:
    rank = _SEVERITIES.index(alert.severity) if alert.severity in _SEVERITIES else len(_SEVERITIES)
    return (not alert.is_firing, rank, -alert.since, alert.name)


def with_routing(found: Iterable[Alert], listed: Sequence[Mapping[str, Any]]) -> tuple[Alert, ...]:
    """Return the alerts with what Alertmanager's `/api/v2/alerts` adds: receivers, silences, inhibitions."""
    by_name: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in listed:
        by_name[one["labels"].get("alertname", "")].append(one)
    return tuple(_routed(alert, by_name[alert.name]) for alert in found)


def _routed(alert: Alert, listed: Iterable[Mapping[str, Any]]) -> Alert:
    own = (alert.labels or {}).items()
    # Alertmanager's alerts have Prometheus' external labels too.
    same = next((one for one in listed if own <= one["labels"].items()), None)
    if same is None:
        return alert
    status = same.get("status", {})
    muted = "silenced" if status.get("silencedBy") else "inhibited" if status.get("inhibitedBy") else ""
    receivers = tuple(one["name"] for one in same.get("receivers", ()))
    return replace(alert, muted=muted, receivers=receivers)
