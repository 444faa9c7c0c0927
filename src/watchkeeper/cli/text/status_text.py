"""The status as text for people and as a document for programs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.overview.numbers_text import duration
from watchkeeper.stack.stack_status import Part, Status
from watchkeeper.stack.view.endpoints import Endpoints
from watchkeeper.stack.view.observed import ActiveAlert, Observed

_HEALTH = {"ok": ("up", "green"), "failing": ("down", "red"), "waiting": ("waiting", "yellow")}
_SEVERITY = {"critical": "red", "warning": "yellow"}


def as_document(status: Status) -> dict[str, Any]:
    """Return the status for programs; times are Unix seconds."""
    seen = status.observed
    return {
        "mode": status.mode,
        "healthy": status.healthy,
        "problems": list(status.problems),
        "urls": dict(urls(status.endpoints)),
        "parts": [asdict(part) for part in status.parts],
        "targets": [asdict(target) for target in seen.targets] if seen else [],
        "rules": [asdict(rule) for rule in seen.rules] if seen else [],
        "alerts": [asdict(alert) for alert in seen.alerts] if seen else [],
        "receivers_on_local_sinks": list(status.redirected),
    }


def urls(at: Endpoints) -> Iterator[tuple[str, str]]:
    """Yield the name and the address of each page that a person can open."""
    named = {
        "Front page": f"{at.front_page}/" if at.front_page else "",
        "Prometheus": at.prometheus,
        "Alertmanager": at.alertmanager,
        "Jaeger": at.jaeger,
        "Grafana": at.grafana,
        "Runbooks": at.runbooks,
        "Demo": f"{at.demo}/docs" if at.demo else "",
        "Sentry": f"{at.sentry}/" if at.sentry else "",
        "Sinks": f"{at.sinks}/" if at.sinks else "",
    }
    yield from ((name, url) for name, url in named.items() if url)


def as_text(
    status: Status,
    paint: Painter,
    *,
    receivers: Sequence[str] = (),
    backup: str = "",
    now: float | None = None,
) -> str:
    """Return the tables: parts, targets, rules, alerts, receivers, addresses, the last backup, and the verdict at the end."""
    moment = time.time() if now is None else now
    blocks = [_parts(status.parts, paint, moment)]
    if status.observed is not None:
        seen = status.observed
        blocks += [_targets(seen, paint), _rules(seen, paint), _alerts(seen.alerts, paint, moment)]
    if receivers:
        blocks.append(list(receivers))
    blocks.append([f"{name:<13} {url}" for name, url in urls(status.endpoints)])
    if backup:
        blocks.append([backup])
    if status.redirected:
        blocks.append(
            [
                f"Notifications to {', '.join(status.redirected)} go to the local sinks, because their secrets are missing."
            ]
        )
    blocks.append(_verdict(status, paint))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _parts(parts: tuple[Part, ...], paint: Painter, now: float) -> list[str]:
    rows = [
        (part.name, part.state.lower(), str(part.pid or "-"), _since(part.since, now), part.problem)
        for part in parts
    ]
    colours = ["red" if part.problem else "green" for part in parts]
    return columns(("PART", "STATE", "PID", "SINCE", ""), rows, paint, colours)


def _since(since: float, now: float) -> str:
    return duration(now - since) if since else "-"


def _targets(seen: Observed, paint: Painter) -> list[str]:
    rows = [(each.job, _HEALTH[each.health][0], each.address, each.error) for each in seen.targets]
    return columns(
        ("TARGET", "STATE", "ADDRESS", ""), rows, paint, [_HEALTH[each.health][1] for each in seen.targets]
    )


def _rules(seen: Observed, paint: Painter) -> list[str]:
    good = sum(rule.health == "ok" for rule in seen.rules)
    waiting = sum(rule.health == "waiting" for rule in seen.rules)
    broken = [rule for rule in seen.rules if rule.health == "failing"]
    rest = f", {waiting} not evaluated yet" if waiting else ""
    lines = [f"Rules: {good} of {len(seen.rules)} ok{rest}"]
    return lines + [f"  {paint(rule.name, 'red')} ({rule.group}): {rule.error}" for rule in broken]


def _alerts(alerts: tuple[ActiveAlert, ...], paint: Painter, now: float) -> list[str]:
    if not alerts:
        return ["Alerts: none"]
    rows = [
        (each.name, each.state, each.severity, each.service, duration(now - each.since), each.summary)
        for each in alerts
    ]
    colours = [_SEVERITY.get(each.severity, "cyan") if each.state == "firing" else "" for each in alerts]
    return columns(("ALERT", "STATE", "SEVERITY", "SERVICE", "FOR", ""), rows, paint, colours)


def _verdict(status: Status, paint: Painter) -> list[str]:
    if not status.healthy:
        count = len(status.problems)
        heading = paint(f"{count} problem{'s' if count > 1 else ''}:", "red")
        return [heading, *(f"  {problem}" for problem in status.problems)]
    seen = status.observed
    firing = sum(alert.state == "firing" for alert in seen.alerts) if seen else 0
    alerts = f"; {firing} alert{'s' if firing > 1 else ''} firing" if firing else ""
    return [paint("All is well: every target is up and every rule is ok" + alerts, "green")]
