"""One look at the stack: which alerts are pending or fire, which are muted, and what the sinks received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.plan.plan import PlannedAlert
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.sinks.sink_client import SinkClient, SinkError
from watchkeeper.stack.view.endpoints import Endpoints

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The stack at `unix` seconds; alerts by name and service. A server that does not answer makes no snapshot."""

    unix: float
    states: Mapping[Key, str]
    muted: Mapping[Key, tuple[str, ...]]
    active: frozenset[Key]
    up: frozenset[str]
    deliveries: tuple[Delivery, ...]

    def state(self, alert: PlannedAlert) -> str:
        """Return the alert's state in Prometheus: inactive, pending or firing."""
        return self.states.get(_key(alert), "inactive")

    def muted_by(self, alert: PlannedAlert) -> tuple[str, ...]:
        """Return the names of the alerts that mute it in Alertmanager."""
        return self.muted.get(_key(alert), ())

    def is_over(self, alert: PlannedAlert) -> bool:
        """Return whether neither Prometheus nor Alertmanager has the alert."""
        return self.state(alert) == "inactive" and _key(alert) not in self.active


def look(at: Endpoints, since: float, now: float) -> Snapshot | None:
    """Return what the servers say now, with the deliveries since then; None where one does not answer."""
    try:
        in_prometheus = get_json(f"{at.prometheus}/api/v1/alerts")["data"]["alerts"]
        in_alertmanager = get_json(f"{at.alertmanager}/api/v2/alerts")
        targets = get_json(f"{at.prometheus}/api/v1/query?query=up")["data"]["result"]
        deliveries = tuple(SinkClient(at.sinks).deliveries(since=since))
    except (NoAnswer, SinkError):
        return None
    names = {one["fingerprint"]: one["labels"].get("alertname", "") for one in in_alertmanager}
    return Snapshot(
        unix=now,
        states=_states(in_prometheus),
        muted={
            _key_of(one["labels"]): tuple(names.get(by, by) for by in one["status"]["inhibitedBy"])
            for one in in_alertmanager
            if one["status"]["inhibitedBy"]
        },
        active=frozenset(_key_of(one["labels"]) for one in in_alertmanager),
        up=frozenset(one["metric"].get("service", "") for one in targets if one["value"][1] == "1"),
        deliveries=deliveries,
    )


def _states(alerts: list[dict[str, Any]]) -> dict[Key, str]:
    states: dict[Key, str] = {}
    for one in alerts:
        key = _key_of(one["labels"])
        states[key] = "firing" if "firing" in (one["state"], states.get(key)) else "pending"
    return states


def _key(alert: PlannedAlert) -> Key:
    return alert.name, alert.service


def _key_of(labels: Mapping[str, str]) -> Key:
    return labels.get("alertname", ""), labels.get("service", "")
