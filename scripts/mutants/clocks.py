"""Proofs of the rules that read a clock: months and quarters, and when a window of planned work is open.

What a rule must show at a moment is the plan's own arithmetic, which reads no PromQL. Each moment is a test of its own
whose second evaluation is at that moment: so the tests are in years of today, and cost two evaluations each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path

from scripts.mutants.proofs import Proof
from watchkeeper import naming
from watchkeeper.emit.promql import matcher
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.model.zone_clock import ZoneClock
from watchkeeper.plan.calendar.calendar_series import CalendarSeries
from watchkeeper.plan.maintenance.window_rule import WindowRule
from watchkeeper.plan.plan import Plan, PlannedService

_DAY = 86_400
Labels = tuple[tuple[str, str], ...]
# What the rules read of each other.
_READ = (
    naming.MAINTENANCE_CLOCK, naming.MAINTENANCE_OPEN, naming.CALENDAR_CLOCK, naming.CALENDAR_FIRST, naming.CALENDAR_NEXT,
    naming.CALENDAR_BEGINS,
)  # fmt: skip
# Weeks of winter and summer time, and years in which clocks are moved on the first and the last possible day.
_WEEKS = ((2027, 1, 4), (2027, 7, 5))
_YEARS = (2027, 2029, 2037)
_TURNS = ((2027, 1), (2027, 3), (2027, 4), (2027, 10), (2027, 11), (2028, 2))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a recorded series must be at an instant, in Unix seconds; None for no value."""

    at: int
    record: str
    labels: Labels
    want: int | None


def clock_proofs(plan: Plan) -> Iterator[Proof]:
    """Yield the proofs of the clocks of every service, each by a path below the root from which it finds its rules."""
    for service in plan.services:
        months = list(
            chain.from_iterable(
                _months(slo.spec.calendar, service) for slo in service.slos if slo.spec.calendar is not None
            )
        )
        early = int(plan.stack.evaluation_interval.seconds)
        opened = [one for window in service.maintenance for one in _opened(window, service, early)]
        clocks = {one.location: one.clock for one in service.maintenance}
        for rules, group, found in (
            (naming.calendar_path(service.name), naming.calendar_group(service.name), months),
            (
                naming.maintenance_path(service.name),
                naming.maintenance_group(service.name),
                [*opened, *_clocks(clocks, service, naming.MAINTENANCE_CLOCK)],
            ),
        ):
            yield from _together(service, rules, group, found)


def _together(service: PlannedService, rules: str, group: str, found: Sequence[Shown]) -> Iterator[Proof]:
    """Yield the proof of a group, all of whose moments are played together."""
    recorded = [rule for rule in (*service.window_rules, *service.calendar_rules) if rule.record in _READ]
    files = []
    for at in sorted({one.at for one in found}):
        out = ProofFile("", (f"../../{rules}",), f"{at}s", (group,))
        title = f"{group} at {datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
        out.test(title, f"{at}s", (one for rule in recorded for one in _decoys(rule)))
        for one in dict.fromkeys(one for one in found if one.at == at):
            series = _series(one.record, one.labels)
            expected = [] if one.want is None else [(series, str(one.want))]
            out.expect(
                _series(one.record, one.labels, without="team", further='team!="former"'), f"{at}s", expected
            )
        files.append((Path("monitoring", "clocks", f"{group}-{at}.yml"), out.text()))
    if files:
        (path, text), *further = files
        yield Proof(path, group, text, (Path(rules),), tuple(further))


def _decoys(rule: WindowRule) -> Iterator[tuple[str, str]]:
    """Yield series that no rule may read, the greatest of all, and one of a former team that changes nothing."""
    for name, _ in rule.labels:
        if name not in ("team", "reason", "author"):
            labels = tuple((label, "others" if label == name else value) for label, value in rule.labels)
            yield _series(rule.record, labels), "7000000000x1"
    if rule.record == naming.MAINTENANCE_OPEN:
        # It is 1 or there is none: that of a former team says nothing else.
        return
    former = tuple((label, "former" if label == "team" else value) for label, value in rule.labels)
    yield _series(rule.record, former), "_ 0"


def _series(record: str, labels: Labels, *, without: str = "", further: str = "") -> str:
    parts = [matcher(name, "=", value) for name, value in labels if name != without]
    return f"{record}{{{','.join([*parts, *([further] if further else [])])}}}"


def _months(window: CalendarWindow, service: PlannedService) -> Iterator[Shown]:
    names = (naming.CALENDAR_FIRST, naming.CALENDAR_NEXT, naming.CALENDAR_BEGINS, naming.CALENDAR_SECONDS)
    labels = CalendarSeries(service.name, window).labels
    for year, month in _TURNS:
        begin, end = window.span(_unix(year, month, 15))
        days = begin + window.clock.ahead(begin), end + window.clock.ahead(end)
        # A clock that is wrong by an hour or by half of one is noticed around the turn.
        for at in (begin, begin + 5 * _DAY // 7, end - 1800, end - 1):
            for name, want in zip(names, (*days, begin, end - begin), strict=True):
                yield Shown(at, name, _all(service, name, labels), want)
    yield from _clocks({window.location: window.clock}, service, naming.CALENDAR_CLOCK)


def _opened(window: Maintenance, service: PlannedService, early: int) -> Iterator[Shown]:
    labels = _all(service, naming.MAINTENANCE_OPEN, (("maintenance", window.name),))
    for begin, end in _spans(window):
        moments = ((begin - early - 1, None), (begin - early, 1), (end - 1, 1), (end, None))
        for at, want in moments:
            yield Shown(at, naming.MAINTENANCE_OPEN, labels, want)
            yield Shown(at, naming.MAINTENANCE_ENDS, labels, None if want is None else end)
    for at in _closed_days(window):
        yield Shown(at, naming.MAINTENANCE_OPEN, labels, None)


def _spans(window: Maintenance) -> Iterator[tuple[int, int]]:
    if window.span is not None:
        yield window.span
        return
    for number, week in enumerate(_WEEKS):
        start = _unix(*week)
        # Every day of the first week; one of the others shows that the clock is read at all.
        yield from list(window.spans(start, start + 7 * _DAY))[slice(None if number == 0 else 1)]


def _closed_days(window: Maintenance) -> Iterator[int]:
    """Yield, of the days of a week on which it is not open, the moments at which it would be on another day."""
    start = _unix(*_WEEKS[0])
    spans = list(window.spans(start - _DAY, start + 8 * _DAY))
    for part in window.weekly:
        for day in range(7):
            at = window.clock.moment(start + day * _DAY + part.start) + 60
            if not any(begin <= at < end for begin, end in spans):
                yield at


def _clocks(clocks: Mapping[str, ZoneClock], service: PlannedService, record: str) -> Iterator[Shown]:
    for location, clock in clocks.items():
        if not clock.shifts:
            continue
        labels = _all(service, record, (("location", location),))
        moments = [one for year in _YEARS for one in _changes(clock, year)]
        # Around New Year all changes of the year are undone; the clocks of both must know it at the same moment.
        begins = _unix(_YEARS[-1] + 1, 1, 1) - clock.offset
        moments += _turns_beside(clock, _YEARS[0])
        moments += [begins - 5400, begins - 1800, begins - 60, begins, begins + 1800, begins + 40 * _DAY]
        for at in moments:
            yield Shown(at, record, labels, at + clock.ahead(at))


def _changes(clock: ZoneClock, year: int) -> Iterator[int]:
    for at in range(_unix(year, 1, 1), _unix(year + 1, 1, 1), 900):
        if clock.ahead(at) != clock.ahead(at - 1):
            yield from (at, at - 1, at + 40 * _DAY, at - 20 * _DAY)


def _turns_beside(clock: ZoneClock, year: int) -> Iterator[int]:
    """Yield moments around the beginning and the end of each month in which the clock is moved, on the clock of New Year."""
    for shift in clock.shifts:
        for month in (shift.month, shift.month + 1):
            turn = _unix(year, month, 1) - clock.offset
            yield from (turn - 600, turn + 600)


def _all(service: PlannedService, record: str, some: Labels) -> Labels:
    """Return all labels of the rule that records a series with some of its labels."""
    rules = (*service.window_rules, *service.calendar_rules)
    return next(rule.labels for rule in rules if rule.record == record and set(some) <= set(rule.labels))


def _unix(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, tzinfo=timezone.utc).timestamp())
