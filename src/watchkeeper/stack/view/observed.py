"""What the running Prometheus reports about its targets, rules and alerts, as values."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from watchkeeper import naming
from watchkeeper.local_http import get, get_json
from watchkeeper.prometheus_api import moment

Health = Literal["ok", "failing", "waiting"]
_LISTEN = "containers do not reach a service that listens on 127.0.0.1 only: start it with --host 0.0.0.0"


@dataclass(frozen=True, slots=True)
class Target:
    """One scraped address; `waiting` until its first scrape."""

    job: str
    address: str
    service: str
    health: Health
    error: str

    @property
    def reason(self) -> str:
        """Return the error, with what a service on this machine has to do so that containers reach it."""
        if self.address.startswith("host.docker.internal:") and "connection refused" in self.error:
            return f"{self.error}; {_LISTEN}"
        return self.error


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `waiting` until its first evaluation, for at most two intervals.

    `interval` is its evaluation interval in seconds.
    """

    name: str
    group: str
    kind: str
    health: Health
    error: str
    interval: float = 0.0


@dataclass(frozen=True, slots=True)
class ActiveAlert:
    """An alert that fires or is pending; `since` is in Unix seconds."""

    name: str
    state: str
    severity: str
    service: str
    since: float
    summary: str


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that was observed at one moment."""

    targets: tuple[Target, ...]
    rules: tuple[Rule, ...]
    alerts: tuple[ActiveAlert, ...]


def observe(prometheus: str) -> Observed:
    """Return targets, rules and alerts of the Prometheus at that address; raise NoAnswer."""
    targets = get_json(f"{prometheus}/api/v1/targets?state=active")["data"]["activeTargets"]
    groups = get_json(f"{prometheus}/api/v1/rules")["data"]["groups"]
    young_since = moment(get_json(f"{prometheus}/api/v1/status/runtimeinfo")["data"]["lastConfigTime"])
    return parse(targets, groups, age=time.time() - young_since)


def parse(
    targets: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]], *, age: float
) -> Observed:
    """Return the API's answers as values; `age` is the seconds since the configuration was loaded."""
    return Observed(
        targets=tuple(sorted(map(_target, targets), key=lambda each: (each.job, each.address))),
        rules=tuple(_rule(rule, group, age) for group in groups for rule in group["rules"]),
        alerts=tuple(_alerts(groups)),
    )


def reload_state(server: str, *, prefix: str) -> tuple[bool, float]:
    """Return whether the server's last configuration reload succeeded, and when the last successful one was."""
    text = get(f"{server}/metrics").decode("utf-8", "replace")
    good = _metric(text, f"{prefix}_config_last_reload_successful")
    return good == 1, _metric(text, f"{prefix}_config_last_reload_success_timestamp_seconds")


def _metric(text: str, name: str) -> float:
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _target(entry: Mapping[str, Any]) -> Target:
    health: Health = {"up": "ok", "down": "failing"}.get(entry["health"], "waiting")  # type: ignore[assignment]
    labels = entry["labels"]
    return Target(
        job=entry["scrapePool"],
        address=entry["discoveredLabels"].get("__address__", labels.get("instance", "")),
        service=labels.get("service", ""),
        health=health,
        error=_plain_error(entry["lastError"]),
    )


def _plain_error(error: str) -> str:
    """Return the end of Go's chain of causes, which is the useful part."""
    return re.sub(r'^Get "[^"]*": ', "", error)


def _rule(rule: Mapping[str, Any], group: Mapping[str, Any], age: float) -> Rule:
    known: dict[str, Health] = {"ok": "ok", "err": "failing"}
    # A rule that is long overdue is as bad as a failing one.
    unknown: Health = "waiting" if age < 2 * float(group["interval"]) + 5 else "failing"
    health = known.get(rule["health"], unknown)
    error = rule.get("lastError", "") or ("never evaluated" if health == "failing" else "")
    return Rule(rule["name"], group["name"], rule["type"], health, error, float(group["interval"]))


def _alerts(groups: Sequence[Mapping[str, Any]]) -> list[ActiveAlert]:
    found = [
        ActiveAlert(
            name=alert["labels"]["alertname"],
            state=alert["state"],
            severity=alert["labels"].get("severity", ""),
            service=alert["labels"].get("service", ""),
            since=moment(alert["activeAt"]),
            summary=alert["annotations"].get("summary", ""),
        )
        for group in groups
        for rule in group["rules"]
        for alert in rule.get("alerts", ())
        # It fires while all is well.
        if alert["labels"].get(naming.KIND_LABEL) != naming.WATCHDOG_KIND
    ]
    return sorted(
        found, key=lambda alert: (alert.state != "firing", alert.severity, alert.service, alert.name)
    )
