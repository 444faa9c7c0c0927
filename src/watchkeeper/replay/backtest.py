"""What a spec's alerts would have done in the past: each alert with what it cost until then, and incidents without a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from watchkeeper.model.slo import TILE
from watchkeeper.plan.inhibitions import inhibited_by
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService
from watchkeeper.replay.alert_states import Span
from watchkeeper.replay.past_events import Past, can_be_replayed, queries_of, replayed_slo
from watchkeeper.replay.replayed_alerts import Replayed, can_be_asked, slo_alerts, threshold_alerts, up_of
from watchkeeper.replay.replayed_slo import ReplayedSlo

_TILE = int(TILE.seconds)
# Two faults with less than this between them are one incident; an alert belongs to it if it fires so soon after it.
_APART, _AFTER = 3 * _TILE, 2 * _TILE


@dataclass(frozen=True, slots=True)
class Fired:
    """An alert that would have fired, in Unix seconds; `end` is None while it still does.

    Of an objective's alert: `late` is how many seconds after the incident began, `spent` the share of the whole budget
    that the incident had spent by then, `rate` the events a second. `inhibited` names an alert that already fires.
    """

    alert: PlannedAlert
    start: int
    end: int | None
    late: int | None = None
    spent: float | None = None
    rate: float | None = None
    inhibited: str = ""

    @property
    def is_page(self) -> bool:
        """Return whether it wakes somebody."""
        return self.alert.severity == "critical" and not self.inhibited


@dataclass(frozen=True, slots=True)
class Incident:
    """Rollups in a row with more bad events than the objective allows; `spent` is a share of the whole budget."""

    start: int
    end: int
    spent: float
    error_ratio: float
    rate: float


@dataclass(frozen=True, slots=True)
class BacktestedSlo:
    """One objective; `since` is its first event that Prometheus knows, None without any. `left` is a share of the budget."""

    slo_id: str
    since: int | None
    left: float | None
    incidents: tuple[Incident, ...]
    fired: tuple[Fired, ...]

    def missed(self, pages: Sequence[Fired], least: float) -> tuple[Incident, ...]:
        """Return the incidents that spent so much of the budget and had no page among these."""
        return tuple(
            one
            for one in self.incidents
            if one.spent >= least
            and not any(
                page.start <= one.end + _AFTER and (page.end is None or page.end >= one.start)
                for page in pages
                if page.is_page
            )
        )


@dataclass(frozen=True, slots=True)
class BacktestedService:
    """A service with its objectives, its threshold alerts, and the names of those that nobody can replay.

    `by_label` are the ids of objectives with a budget for each value of a label, which are not replayed.
    """

    name: str
    slos: tuple[BacktestedSlo, ...]
    fired: tuple[Fired, ...]
    not_replayed: tuple[str, ...]
    by_label: tuple[str, ...] = ()

    @property
    def all_fired(self) -> tuple[Fired, ...]:
        """Return all alerts in the order of their time."""
        every = (*self.fired, *(each for slo in self.slos for each in slo.fired))
        return tuple(sorted(every, key=lambda one: (one.start, one.alert.name)))


def ask(past: Past, plans: Sequence[Plan]) -> None:
    """Ask at once for all that the specs need, each query once; raise NoAnswer."""
    queries: dict[str, None] = {}
    for plan in plans:
        for service in plan.services:
            for slo in filter(can_be_replayed, service.slos):
                queries |= dict.fromkeys(query for query in queries_of(slo) if query is not None)
            queries[up_of(service)] = None
            queries |= dict.fromkeys(alert.expr for alert in service.alerts if can_be_asked(alert))
    past.ask(queries)


def backtest(past: Past, plan: Plan) -> tuple[BacktestedService, ...]:
    """Return what the alerts of a plan would have done; the past has been asked. Raise NoAnswer."""
    return tuple(_service(past, plan, service) for service in plan.services)


def _service(past: Past, plan: Plan, service: PlannedService) -> BacktestedService:
    thresholds = list(threshold_alerts(past, service))
    slos: list[BacktestedSlo] = []
    every = list(thresholds)
    for slo in filter(can_be_replayed, service.slos):
        # Only what it says is kept: an objective has millions of numbers.
        replayed = replayed_slo(past, slo, service)
        alerts = list(slo_alerts(replayed, service, thresholds))
        slos.append(_slo(replayed, _fired(alerts, past)))
        every += alerts
    found = BacktestedService(
        name=service.name,
        slos=tuple(slos),
        fired=_fired(thresholds, past),
        not_replayed=tuple(alert.name for alert in service.alerts if not can_be_asked(alert)),
        by_label=tuple(slo.slo_id for slo in service.slos if not can_be_replayed(slo)),
    )
    return _inhibited(found, plan, every, past)


def _fired(alerts: Sequence[Replayed], past: Past) -> tuple[Fired, ...]:
    return tuple(_of_span(one.alert, span, past) for one in alerts for span in one.states.firing)


def _of_span(alert: PlannedAlert, span: Span, past: Past) -> Fired:
    end = past.grid.moment(span.end) if span.end < past.grid.count else None
    return Fired(alert, past.grid.moment(span.first), end)


def _slo(replayed: ReplayedSlo, fired: Sequence[Fired]) -> BacktestedSlo:
    grid = replayed.grid
    first = next((index for index, one in enumerate(replayed.total) if one is not None), None)
    last = next((one for one in reversed(replayed.remaining) if one is not None), None)
    found = tuple(_incidents(replayed))
    return BacktestedSlo(
        slo_id=replayed.slo.slo_id,
        since=None if first is None else grid.moment(first),
        left=last,
        incidents=found,
        fired=tuple(_placed(one, found, replayed) for one in fired),
    )


def _incidents(replayed: ReplayedSlo) -> Iterator[Incident]:
    budget, tiles = float(replayed.slo.budget), replayed.tiles
    rows = [
        (moment, bad, every)
        for moment, every, bad in zip(tiles.moments, tiles.total, tiles.bad, strict=True)
        if every is not None and bad is not None
    ]
    allowed = _allowed(replayed)
    faulty: list[tuple[int, float, float]] = []
    for row in rows:
        if row[1] <= budget * row[2]:
            continue
        if faulty and row[0] - faulty[-1][0] > _APART:
            yield _incident(faulty, allowed, replayed)
            faulty = []
        faulty.append(row)
    if faulty:
        yield _incident(faulty, allowed, replayed)


def _allowed(replayed: ReplayedSlo) -> float:
    """Return how many events may be bad in a whole window, at the mean traffic of the past."""
    known = [one for one in replayed.total if one is not None]
    mean = sum(known) / len(known) if known else 0.0
    return mean * float(replayed.slo.parameters.window.seconds) * float(replayed.slo.budget)


def _incident(faulty: Sequence[tuple[int, float, float]], allowed: float, replayed: ReplayedSlo) -> Incident:
    bad, every = (sum(row[part] for row in faulty) for part in (1, 2))
    first, last = faulty[0][0] - _TILE, faulty[-1][0]
    grid = replayed.grid
    # The first bad event is somewhere in the first rollup.
    known = range(max(0, (first - grid.start) // grid.step), (last - grid.start) // grid.step + 1)
    start = next((index for index in known if (replayed.bad[index] or 0.0) > 0), known.start)
    return Incident(
        start=grid.moment(start),
        end=last,
        spent=bad * _TILE / allowed if allowed else 0.0,
        error_ratio=bad / every,
        rate=every / len(faulty),
    )


def _placed(fired: Fired, incidents: Sequence[Incident], replayed: ReplayedSlo) -> Fired:
    """Return an alert with the incident that it is about: the last one that began before it."""
    before = [one for one in incidents if one.start <= fired.start]
    if not before:
        return fired
    grid, allowed, own = replayed.grid, _allowed(replayed), before[-1]
    first, now = ((moment - grid.start) // grid.step for moment in (own.start, fired.start))
    bad = sum(one or 0.0 for one in replayed.bad[first : now + 1]) * grid.step
    events = [one for one in replayed.total[first : now + 1] if one is not None]
    return replace(
        fired,
        late=fired.start - own.start,
        spent=bad / allowed if allowed else None,
        rate=sum(events) / len(events) if events else None,
    )


def _inhibited(
    found: BacktestedService, plan: Plan, every: Sequence[Replayed], past: Past
) -> BacktestedService:
    """Return the service with each alert marked that another one, which fires already, inhibits."""
    firing = {one.alert.name: one.states for one in every}
    names = {one.alert.name: tuple(other.name for other in inhibited_by(plan, one.alert)) for one in every}

    def marked(fired: Fired) -> Fired:
        index = (fired.start - past.grid.start) // past.grid.step
        by = (name for name in names[fired.alert.name] if name in firing)
        return replace(
            fired, inhibited=next((name for name in by if firing[name].fires_within(index, 1)), "")
        )

    return replace(
        found,
        fired=tuple(map(marked, found.fired)),
        slos=tuple(replace(slo, fired=tuple(map(marked, slo.fired))) for slo in found.slos),
    )
