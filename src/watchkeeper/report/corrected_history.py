"""Corrections by hand: which recorded events each one takes out of a period, and the history without them."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.correction import Correction
from watchkeeper.prometheus_api import steps
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.history import Bin, History, ObjectiveHistory
from watchkeeper.report.notes_file import Note
from watchkeeper.report.objective_identity import Owners
from watchkeeper.report.read_history import bin_length, of_services
from watchkeeper.report.recorded_bins import Edges, Matchers
from watchkeeper.report.reporting_period import ReportingPeriod

# By the moment up to which events were counted.
_Counted = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class TakenOut:
    """What a correction takes out of the objective of this name: bad events, and how many fewer there are in all."""

    correction: Correction
    objective: str
    bad: float
    total: float


@dataclass(frozen=True, slots=True)
class _Events:
    """The recorded events in the span of a correction, by the objective's name."""

    bad: defaultdict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))
    total: defaultdict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))


def with_corrections(
    server: str, history: History, period: ReportingPeriod, facts: SpecFacts, services: Sequence[str] = ()
) -> tuple[History, tuple[TakenOut, ...]]:
    """Return the history without the events that corrections take out, and those events; raise NoAnswer.

    Events count at the evaluations in the span, and in the seconds after it in which its last events can still be seen.
    The period before is corrected in the same way.
    """
    last, owners = period.previous(), Owners(history.objectives)
    edges = Edges(period.start, period.until, bin_length(period)), Edges(last.start, last.until, last.seconds)
    found = {one.name: one for one in history.objectives}
    labels = {one.slo_id: one.split for one in facts.objectives}
    taken: list[TakenOut] = []
    for one in facts.corrections:
        span = one.span[0], one.span[1] + facts.seen_within
        of = (*of_services(one.services or services), *((("slo", "=", one.slo),) if one.slo else ()))
        now, before = (_read(server, one, span, each, of, owners, history.interval) for each in edges)
        for objective in [each for each in found.values() if _is_for(one, each, labels.get(each.slo_id, ""))]:
            found[objective.name], out = _corrected(objective, one, now, before)
            taken += [out] if _touches(span, edges[0]) else []
    return replace(history, objectives=tuple(found.values())), tuple(taken)


def notes_of(corrections: Iterable[Correction]) -> Iterator[Note]:
    """Yield what an incident in the span of a correction says of its cause."""
    for one in corrections:
        cause = f"corrected by {one.author}: {one.reason}"
        start, end = map(float, one.span)
        for service in one.services or ("",):
            yield Note(start, end, service, one.slo, cause, one.reason, one.ticket, one.value)


def _is_for(one: Correction, objective: ObjectiveHistory, by: str) -> bool:
    own = objective.labels
    is_for = one.is_for(own.get("service", ""), own.get("slo", ""))
    return is_for and one.value in ("", own.get(by, ""))


def _touches(span: tuple[int, int], edges: Edges) -> bool:
    return span[0] < edges.until and span[1] > edges.start


def _read(
    server: str,
    one: Correction,
    span: tuple[int, int],
    edges: Edges,
    of: Matchers,
    owners: Owners,
    interval: float,
) -> _Events:
    """Return the events in the common time of a span and a period, up to the end of each bin."""
    events = _Events()
    kinds = [(naming.BAD_BASE, events.bad)]
    if one.leaves_out == "all":
        kinds.append((naming.TOTAL_BASE, events.total))
    for series, found in kinds if _touches(span, edges) else ():
        for first, last, seconds in _parts(max(span[0], edges.start), min(span[1], edges.until), edges):
            query = f"sum_over_time({selector(series, of, range=f'{seconds}s')})"
            for each in steps(server, query, start=first, end=last, step=seconds):
                own = found[owners.name(each.labels)]
                for when, value in each.points:
                    # Two servers that record one objective do not count twice.
                    own[int(when)] = max(value * interval, own.get(int(when), 0.0))
    return events


def _parts(start: int, end: int, edges: Edges) -> Iterator[tuple[int, int, int]]:
    """Yield first end, last end and length of the parts of a span: up to the first end of a bin, bins, and the rest."""
    first = edges.start + -(-(start - edges.start) // edges.seconds) * edges.seconds
    if first >= end:
        yield end, end, end - start
        return
    if first > start:
        yield first, first, first - start
    yield from Edges(first, end, edges.seconds).parts()


def _corrected(
    objective: ObjectiveHistory, one: Correction, now: _Events, before: _Events
) -> tuple[ObjectiveHistory, TakenOut]:
    name, share = objective.name, float(one.share)
    bins = _without(objective.bins, now.bad[name], now.total[name], share)
    previous = objective.previous
    if previous is not None:
        (previous,) = _without((previous,), before.bad[name], before.total[name], share)
    found = replace(
        objective,
        bins=bins,
        previous=previous,
        uncorrected=objective.uncorrected if objective.uncorrected is not None else objective.bins,
    )
    bad, total = (
        sum(getattr(old, what) - getattr(new, what) for old, new in zip(objective.bins, bins, strict=True))
        for what in ("bad", "total")
    )
    return found, TakenOut(one, name, bad, total)


def _without(bins: Sequence[Bin], bad: _Counted, total: _Counted, share: float) -> tuple[Bin, ...]:
    """Return bins without a share of the bad events that were counted, and without others if `total` has them.

    A rollup counts where it begins, up to five minutes before its events, so what one bin does not have is in the one before.
    """
    ends = [one.end for one in bins]
    bads, totals = _by_bin(ends, bad), _by_bin(ends, total)
    due_bad = due_total = 0.0
    found: list[Bin] = []
    for index, one in reversed(list(enumerate(bins))):
        own_bad, own_total = share * bads.get(index, 0.0), totals.get(index, 0.0)
        less = min(one.bad, due_bad + own_bad)
        # What remains has no more bad events than events.
        fewer = min(max(due_total + own_total, less), one.total - (one.bad - less)) if total else 0.0
        due_bad = min(own_bad, due_bad + own_bad - less)
        due_total = max(0.0, min(own_total, due_total + own_total - fewer))
        found.append(replace(one, bad=one.bad - less, total=one.total - fewer))
    return tuple(reversed(found))


def _by_bin(ends: Sequence[int], counted: _Counted) -> dict[int, float]:
    found: defaultdict[int, float] = defaultdict(float)
    for when, events in counted.items():
        found[bisect_left(ends, when)] += events
    return found
