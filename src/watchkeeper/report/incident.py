"""Incidents of an objective: rollups with more bad events than the objective allows, and the alerts about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from watchkeeper import naming
from watchkeeper.report.history import AlertSpan, Culprit, Faulty, ObjectiveHistory
from watchkeeper.report.notes_file import Note
from watchkeeper.report.reporting_period import ROLLUP, ReportingPeriod

# Two faults with less than this between them are one incident: the service had not recovered.
_APART = 3 * ROLLUP
# An incident whose last evaluation over budget is this close to the end of the report lasts.
_STILL = 120
# Smaller ones are summed up, unless an alert fired.
LEAST_SHARE = 0.01
_PAGE_KIND = naming.slo_alert_kind(naming.FAST_BURN)
# An alert belongs to an incident if it fires while the incident lasts, or so soon after it.
_AFTER = 2 * ROLLUP
# The longest window of a page: it may fire for errors of that time before.
_BEFORE_PAGE = 6 * 3_600


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; moments are Unix seconds, `end` is None while it lasts. `share` is of the period's budget.

    `alerts` fired during it, pages first. `late` is how many seconds after the start the first page fired.
    """

    start: float
    end: float | None
    until: float
    bad: float
    total: float
    share: float | None
    alerts: tuple[AlertSpan, ...] = ()
    late: float | None = None
    culprits: tuple[Culprit, ...] = ()
    note: Note | None = None

    @property
    def seconds(self) -> float:
        """Return its length, up to the end of the report while it lasts."""
        return self.until - self.start

    @property
    def paged(self) -> bool:
        """Return whether a page fired."""
        return self.late is not None

    @property
    def error_ratio(self) -> float:
        """Return its bad events as a share of all in its faulty rollups."""
        return self.bad / self.total if self.total else 0.0

    @property
    def resolved(self) -> float | None:
        """Return when the last of its alerts resolved, None if none fired or one still does."""
        ends = [alert.end for alert in self.alerts]
        return None if not ends or None in ends else max(end for end in ends if end is not None)


def is_page(alert: AlertSpan) -> bool:
    """Return whether an alert wakes somebody: FastBurn, and whatever is critical."""
    return alert.kind == _PAGE_KIND or alert.severity == "critical"


def incidents(
    history: ObjectiveHistory, alerts: Sequence[AlertSpan], period: ReportingPeriod, allowed: float | None
) -> tuple[Incident, ...]:
    """Return every incident of an objective, however small, by its start. `allowed` is the period's budget in events."""
    own = [alert for alert in alerts if _concerns(alert, history)]
    return tuple(_with_alerts(one, own) for one in _bare(history, period, allowed))


def matters(incident: Incident) -> bool:
    """Return whether an incident is listed by itself: it spent a hundredth of the budget, or an alert fired."""
    return bool(incident.alerts) or incident.share is None or incident.share >= LEAST_SHARE


def explained(alert: AlertSpan, found: Iterable[Incident]) -> bool:
    """Return whether one of some incidents explains a page."""
    return any(_explains(one, alert) for one in found)


def _explains(incident: Incident, alert: AlertSpan) -> bool:
    begins = alert.start is None or incident.start <= (alert.end or float("inf"))
    return begins and incident.until >= (alert.start or 0.0) - _BEFORE_PAGE


def _concerns(alert: AlertSpan, history: ObjectiveHistory) -> bool:
    if alert.slo_id:
        return alert.slo_id == history.slo_id and _is_of(alert, history.labels)
    return alert.service == history.labels.get("service", "")


def _is_of(alert: AlertSpan, labels: Mapping[str, str]) -> bool:
    """Return whether an objective's alert is about the value that these labels have, or about all of its values."""
    return all(labels.get(name, value) == value for name, value in alert.values)


def _bare(history: ObjectiveHistory, period: ReportingPeriod, allowed: float | None) -> Iterator[Incident]:
    for run in _runs(history.faulty):
        start, end = _edges(run, history.over_budget, period)
        bad, total = sum(one.bad for one in run), sum(one.total for one in run)
        is_refined = any(when > run[-1].end - 2 * ROLLUP for when in history.over_budget)
        # A rollup that began in the period may end after it.
        lasts = period.until - end <= (_STILL if is_refined else ROLLUP)
        until = float(period.until) if lasts else end
        yield Incident(start, None if lasts else end, until, bad, total, bad / allowed if allowed else None)


def _runs(faulty: Iterable[Faulty]) -> list[list[Faulty]]:
    runs: list[list[Faulty]] = []
    for one in faulty:
        if runs and one.end - runs[-1][-1].end <= _APART:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _edges(run: Sequence[Faulty], over: Sequence[float], period: ReportingPeriod) -> tuple[float, float]:
    """Return start and end: the first and last evaluation over budget, or else the edges of the rollups."""
    first, last = run[0].end - 2 * ROLLUP, run[-1].end
    inside = [when for when in over if first < when <= last]
    start = min(inside, default=run[0].end - ROLLUP)
    end = max(inside, default=last)
    # Where only the other edge was refined, this one is that of its rollup.
    start = start if start <= run[0].end else run[0].end - ROLLUP
    end = end if end > last - 2 * ROLLUP else last
    start = min(max(float(period.start), float(start)), float(period.until - 1))
    return start, max(min(float(end), float(period.until)), start + 1)


def _with_alerts(incident: Incident, alerts: Iterable[AlertSpan]) -> Incident:
    own = [alert for alert in alerts if _belongs(alert, incident)]
    ordered = tuple(sorted(own, key=lambda alert: (not is_page(alert), alert.start or 0.0, alert.name)))
    pages = [alert.start or incident.start for alert in ordered if is_page(alert)]
    late = max(0.0, min(pages) - incident.start) if pages else None
    return replace(incident, alerts=ordered, late=late)


def _belongs(alert: AlertSpan, incident: Incident) -> bool:
    return (alert.start or 0.0) <= incident.until + _AFTER and (alert.end or float("inf")) >= incident.start


def with_notes(
    found: Iterable[Incident], notes: Sequence[Note], history: ObjectiveHistory
) -> tuple[Incident, ...]:
    """Return the incidents with the first note that overlaps each."""
    labels = history.labels
    own = [
        note
        for note in notes
        if note.is_about(labels.get("service", ""), labels.get("slo", ""), history.slo_id)
        and note.value in ("", *labels.values())
    ]
    return tuple(
        replace(one, note=next((note for note in own if note.overlaps(one.start, one.until)), None))
        for one in found
    )
