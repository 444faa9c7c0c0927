"""What a backtest found, as tables and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from watchkeeper.cli.text.table import Painter, columns
from watchkeeper.plan.human_format import clock
from watchkeeper.replay.backtest import BacktestedService, BacktestedSlo, Fired, Incident
from watchkeeper.replay.grid import Grid

# Series that begin so soon after the period are no shorter history.
_TOLERANCE = 3_600


@dataclass(frozen=True, slots=True)
class Judged:
    """A service with the incidents of each objective that had no page."""

    service: BacktestedService
    missed: tuple[tuple[BacktestedSlo, Incident], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The backtest of one spec; incidents count from the share `least` of the budget."""

    spec: str
    found: tuple[BacktestedService, ...]
    least: float
    grid: Grid

    @property
    def has_history(self) -> bool:
        """Return whether any objective has events."""
        return any(slo.since is not None for service in self.found for slo in service.slos)

    @property
    def services(self) -> tuple[Judged, ...]:
        """Return each service with its missed incidents; a page of the service is one of each objective."""
        return tuple(
            Judged(
                one,
                tuple(
                    (slo, incident)
                    for slo in one.slos
                    for incident in slo.missed((*one.fired, *slo.fired), self.least)
                ),
            )
            for one in self.found
        )

    @property
    def pages(self) -> tuple[Fired, ...]:
        """Return all pages."""
        return tuple(one for service in self.found for one in service.all_fired if one.is_page)


def lines(shown: Shown, paint: Painter, *, every: bool) -> Iterator[str]:
    """Yield a line for each objective, the pages or all alerts, the incidents without a page, and what is not known."""
    for judged in shown.services:
        for slo in judged.service.slos:
            yield _summary(slo, judged, shown)
    rows = [one for service in shown.found for one in service.all_fired if every or one.is_page]
    yield ""
    if rows:
        header = ("FROM (UTC)", "ALERT", "SEVERITY", "LASTS", "AFTER", "SPENT", "EVENTS/S", "")
        colours = ["red" if one.is_page else "" for one in rows]
        yield from columns(header, [_row(one) for one in rows], paint, colours)
    else:
        yield "nobody would have been paged"
    for judged in shown.services:
        for slo, incident in judged.missed:
            yield f"{paint('no page', 'red')}: {slo.slo_id}: {_incident(incident)}"
        for name in judged.service.not_replayed:
            yield f"{judged.service.name}/{name}: not replayed, because it reads recorded series"
        for slo_id in judged.service.by_label:
            yield f"{slo_id}: not replayed, because each value of its label has a budget"


def _summary(slo: BacktestedSlo, judged: Judged, shown: Shown) -> str:
    if slo.since is None:
        return f"{slo.slo_id}: no events in this time"
    pages = sum(one.is_page for one in slo.fired)
    counted = [one for one in slo.incidents if one.spent >= shown.least]
    missed = sum(one is slo for one, _ in judged.missed)
    left = "unknown" if slo.left is None else f"{slo.left:.1%}"
    return (
        f"{slo.slo_id}: {_count(pages, 'page')}, {_count(len(slo.fired) - pages, 'other alert')}; "
        f"{_count(len(counted), 'incident')}, {missed} without a page; {left} of the budget left"
        f"{_short(slo.since, shown.grid)}"
    )


def _short(since: int, grid: Grid) -> str:
    if since <= grid.start + _TOLERANCE:
        return ""
    has, asked = clock(grid.end - since), clock(grid.end - grid.start + grid.step)
    return f"; its history begins {_time(since)}: {has} of {asked}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _row(one: Fired) -> tuple[str, ...]:
    lasts = "still" if one.end is None else clock(one.end - one.start)
    return (
        _time(one.start),
        one.alert.name,
        one.alert.severity,
        lasts,
        "" if one.late is None else clock(one.late),
        "" if one.spent is None else f"{one.spent:.1%}",
        "" if one.rate is None else f"{one.rate:.3g}",
        f"inhibited by {one.inhibited}" if one.inhibited else "",
    )


def _incident(one: Incident) -> str:
    return (
        f"{_time(one.start)} to {_time(one.end)}: {one.spent:.1%} of the budget spent, "
        f"{one.error_ratio:.2%} of {one.rate:.3g} events a second were bad"
    )


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def compared(old: Shown, new: Shown) -> Iterator[str]:
    """Yield how many pages and missed incidents each of two specs has, and the pages that only one of them has."""
    for one in (old, new):
        missed = sum(len(judged.missed) for judged in one.services)
        yield f"{one.spec}: {_count(len(one.pages), 'page')}, {_count(missed, 'incident')} without one"
    for one, other in ((old, new), (new, old)):
        for page in one.pages:
            if not any(_meet(page, each) for each in other.pages):
                yield f"only with {one.spec}: {_time(page.start)} {page.alert.name}"
    for page in old.pages:
        again = next((each for each in new.pages if _meet(page, each)), None)
        if again is not None and again.start != page.start:
            way = "later" if again.start > page.start else "sooner"
            yield f"{_time(page.start)} {page.alert.name}: {clock(abs(again.start - page.start))} {way} with {new.spec}"


def _meet(one: Fired, other: Fired) -> bool:
    """Return whether two pages of one name fire at some common time."""
    is_before = one.end is not None and one.end <= other.start
    is_after = other.end is not None and other.end <= one.start
    return one.alert.name == other.alert.name and not is_before and not is_after


def document(shown: Shown) -> dict[str, Any]:
    """Return the backtest of one spec for programs; moments are Unix seconds, shares are ratios."""
    return {
        "spec": shown.spec,
        "from": shown.grid.start,
        "to": shown.grid.end,
        "objectives": [
            {
                "slo_id": slo.slo_id,
                "since": slo.since,
                "error_budget_remaining_ratio": slo.left,
                "missed": [_incident_document(each) for one, each in judged.missed if one is slo],
                "incidents": [
                    _incident_document(each) for each in slo.incidents if each.spent >= shown.least
                ],
            }
            for judged in shown.services
            for slo in judged.service.slos
        ],
        "alerts": [_fired_document(one) for service in shown.found for one in service.all_fired],
        "not_replayed": [
            *(f"{one.name}/{name}" for one in shown.found for name in one.not_replayed),
            *(slo_id for one in shown.found for slo_id in one.by_label),
        ],
    }


def _incident_document(one: Incident) -> dict[str, Any]:
    return {
        "start": one.start,
        "end": one.end,
        "budget_spent_ratio": one.spent,
        "error_ratio": one.error_ratio,
        "events_per_second": one.rate,
    }


def _fired_document(one: Fired) -> dict[str, Any]:
    return {
        "alert": one.alert.name,
        "service": one.alert.service,
        "severity": one.alert.severity,
        "start": one.start,
        "end": one.end,
        "seconds_after_start_of_incident": one.late,
        "budget_spent_ratio": one.spent,
        "events_per_second": one.rate,
        "inhibited_by": one.inhibited or None,
    }
