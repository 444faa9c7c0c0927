"""The entries of alerts.yml, with the numbers of one stack filled in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml

from watchkeeper.emit.promql import number
from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack
from watchkeeper.plan.slo.recording_rule import RecordingRule

_LEAST_WINDOW = Duration.parse("5m")
_STALE = Duration.parse("1m")
# The share of the scrape timeout from which a target is slow.
_SLOW_PERCENT = 80
# A backup that takes longer than the one before, or a timer with a random delay, is not late.
_LATE_FACTOR = Decimal("1.1")


@dataclass(frozen=True, slots=True)
class OwnAlert:
    """One alert as the file has it; `proofs` are pairs of the labels that its series give it, and these series."""

    name: str
    severity: str
    hold: Duration
    expr: str
    meaning: str
    summary: str
    description: str
    impact: str
    mitigation: str
    query: str
    proofs: tuple[tuple[dict[str, str], tuple[dict[str, Any], ...]], ...]
    decoys: tuple[str, ...]
    silent: tuple[dict[str, Any], ...]
    records: tuple[RecordingRule, ...]


def own_alerts(stack: Stack, drill_every: Duration | None = None) -> tuple[OwnAlert, ...]:
    """Return the alerts that the stack can have and that its spec does not switch off, in the order of the file."""
    off = stack.self_monitoring.off
    settings = {
        "": "",
        "retention_size": stack.retention_size,
        "drill_every": drill_every,
        "backup_every": stack.backup_every,
    }
    return tuple(
        _alert(_filled(entry, _numbers(stack, drill_every)))
        for entry in _entries()
        if entry["name"] not in off and settings[entry.get("needs", "")] is not None
    )


def own_window(stack: Stack) -> Duration:
    """Return the range of at least four scrapes that the rules read."""
    return max(_LEAST_WINDOW, stack.least_window)


def late_after(every: Duration) -> Decimal:
    """Return the age in seconds from which the last backup is overdue."""
    return every.seconds * _LATE_FACTOR


def _numbers(stack: Stack, drill_every: Duration | None) -> dict[str, str]:
    timeout = stack.scrape_timeout.seconds * _SLOW_PERCENT / 100
    backup = {} if stack.backup_every is None else {"<backup_late>": number(late_after(stack.backup_every))}
    return backup | {
        "<window>": str(own_window(stack)),
        "<stale>": str(max(_STALE, stack.least_window)),
        "<drill_every>": str(drill_every),
        "<backup_every>": str(stack.backup_every),
        "<timeout>": number(timeout),
        "<samples>": str(stack.self_monitoring.samples),
    }


def _filled(value: Any, numbers: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(inner, numbers) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, numbers) for inner in value]
    if isinstance(value, str):
        for name, text in numbers.items():
            value = value.replace(name, text)
    return value


def _alert(entry: dict[str, Any]) -> OwnAlert:
    proofs = [entry, *entry.get("further", ())] if "proof" in entry else []
    return OwnAlert(
        name=entry["name"],
        severity=entry["severity"],
        hold=Duration.parse(entry.get("for", "0s")),
        expr=entry["expr"].rstrip(),
        meaning=entry["meaning"],
        summary=entry["summary"],
        description=entry["description"],
        impact=entry["impact"],
        mitigation=entry["mitigation"],
        query=entry["query"],
        proofs=tuple((dict(one.get("labels", {})), tuple(one["proof"])) for one in proofs),
        decoys=tuple(entry.get("decoys", ())),
        silent=tuple(entry.get("silent", ())),
        records=tuple(
            RecordingRule(one["record"], one["expr"].rstrip(), one["comment"].rstrip())
            for one in entry.get("records", ())
        ),
    )


@cache
def _entries() -> tuple[dict[str, Any], ...]:
    text = (
        resources.files("watchkeeper.plan.self_monitoring").joinpath("alerts.yml").read_text(encoding="utf-8")
    )
    # The base loader keeps every scalar a text.
    return tuple(yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)))  # noqa: S506
