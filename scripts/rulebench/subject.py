"""What every kind of rules is given: one SLO on counters, its windows grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OBJECTIVE = "99.9"
BUDGET = "0.001"
SCRAPE, CYCLE = 15, 30
"""Seconds between scrapes, and between evaluations of a group that has no interval of its own."""

RuleGroup = Mapping[str, Any]
"""A group as a rule file holds it: name, rules, and interval where it has its own."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One SLO: the selectors, without ranges, of its bad and of all events."""

    service: str
    slo: str
    bad: str
    total: str

    @property
    def id(self) -> str:
        """Return the name that tells it from the others."""
        return f"{self.service}-{self.slo}"


def on_service(service: str, slo: str) -> Subject:
    """Return an SLO on the requests of one service."""
    return _subject(service, slo, f'service="{service}"')


def on_all_services(service: str, slo: str) -> Subject:
    """Return an SLO on the requests of every service that is scraped."""
    return _subject(service, slo, EVERY_SERVICE)


EVERY_SERVICE = 'service=~"s[0-9]+"'


def _subject(service: str, slo: str, matcher: str) -> Subject:
    counter = "http_requests_total"
    return Subject(service, slo, f'{counter}{{{matcher},status_code=~"5.."}}', f"{counter}{{{matcher}}}")


def recording(name: str, expr: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a recording rule as a rule file holds it."""
    return {"record": name, "expr": expr, "labels": dict(labels)}


def alert(name: str, expr: str, labels: Mapping[str, str], hold: str | None = None) -> dict[str, Any]:
    """Return an alerting rule as a rule file holds it."""
    waiting = {} if hold is None else {"for": hold}
    return {"alert": name, "expr": expr, **waiting, "labels": dict(labels)}
