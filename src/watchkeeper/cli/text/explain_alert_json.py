"""The same facts of an alert for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from watchkeeper.cli.text.alert_facts import AlertFacts
from watchkeeper.cli.text.explain_text import tier_as_dict
from watchkeeper.plan.plan import PlannedRoute


def alert_as_dict(facts: AlertFacts) -> dict[str, object]:
    """Return one alert as values for JSON; durations are in seconds."""
    alert = facts.alert
    return {
        "alert": alert.name,
        "alert_kind": facts.kind,
        "service": alert.service,
        "severity": alert.severity,
        "spec": asdict(alert.where),
        "made_by": _made_by(facts),
        "expr": alert.expr,
        "rule": {"file": facts.rule_path, "line": facts.line},
        "for_seconds": float(alert.hold.seconds),
        "keep_firing_seconds": float(alert.keep_firing.seconds) if alert.keep_firing is not None else 0.0,
        "route": _route(facts.route, _outside(facts)) if facts.route is not None else None,
        "inhibits": list(facts.inhibits),
        "inhibited_by": list(facts.inhibited_by),
        "runbook": {"file": alert.runbook_path, "url": alert.runbook_url},
        "query": alert.next_query,
        "unproven": facts.unproven,
        "proof": [asdict(one) for one in facts.proof],
    }


def _made_by(facts: AlertFacts) -> dict[str, object]:
    slo = facts.slo
    if slo is None:
        return {"preset": facts.alert.preset, **dict(facts.numbers)}
    return {
        "slo_id": slo.slo_id,
        "objective": float(slo.parameters.objective),
        "window": slo.parameters.window_name,
        "policy": facts.policy,
        "tiers": [tier_as_dict(tier, slo) for tier in facts.tiers],
    }


def _outside(facts: AlertFacts) -> Sequence[str]:
    return facts.alert.route.settings.outside if facts.alert.route is not None else ()


def _route(route: PlannedRoute, outside: Sequence[str]) -> dict[str, object]:
    return {
        "receivers": [one.name for one in route.integrations],
        "group_by": list(route.group_by),
        "group_wait_seconds": float(route.group_wait.seconds),
        "group_interval_seconds": float(route.group_interval.seconds),
        "repeat_interval_seconds": float(route.repeat_interval.seconds),
        "mutes": list(route.mutes),
        "active_hours": list(route.active_hours),
        "outside_hours": list(outside),
    }
