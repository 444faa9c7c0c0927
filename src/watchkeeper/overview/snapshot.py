"""Everything that was read at one moment, and the verdict about it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from watchkeeper.alertmanager_api import Silence
from watchkeeper.overview.alert_rows import Alert
from watchkeeper.overview.maintenance_rows import OpenWindow
from watchkeeper.overview.notification_rows import Notification, Sent
from watchkeeper.overview.objective_rows import STATES, Objective, State
from watchkeeper.overview.target_rows import DownTarget, Job
from watchkeeper.overview.value_rows import summed_up

WELL, FAULT, UNREACHABLE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Source:
    """A server that is read: when it last answered (Unix seconds, 0 never), and why it does not now."""

    name: str
    address: str
    answered: float
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service with the worst state of its objectives and alerts, and its targets."""

    name: str
    state: State
    up: int
    total: int


@dataclass(frozen=True, slots=True)
class Proven:
    """A receiver of the spec; `problem` says why no drill proves it now, and is empty where one does."""

    receiver: str
    problem: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known at `time` (Unix seconds); what a source answered last stays until it answers again.

    `unused` are the silences that are active and mute no alert at the moment. `idle` are those of them that match no
    alert of the spec either, None where the spec is not known. `objectives` has a row for each value of a label.
    """

    time: float
    sources: tuple[Source, ...] = ()
    objectives: tuple[Objective, ...] = ()
    alerts: tuple[Alert, ...] = ()
    jobs: tuple[Job, ...] = ()
    down: tuple[DownTarget, ...] = ()
    notifications: tuple[Notification, ...] = ()
    sent: tuple[Sent, ...] = ()
    receivers: tuple[Proven, ...] = ()
    maintenance: tuple[OpenWindow, ...] = ()
    unused: tuple[Silence, ...] = ()
    idle: tuple[Silence, ...] | None = None

    @property
    def summed(self) -> tuple[Objective, ...]:
        """Return one row for each objective, worst first, however many values of a label it has."""
        return summed_up(self.objectives)

    @property
    def up(self) -> int:
        """Return how many targets answer."""
        return sum(job.up for job in self.jobs)

    @property
    def total(self) -> int:
        """Return how many targets are scraped."""
        return sum(job.total for job in self.jobs)

    @property
    def states(self) -> dict[State, int]:
        """Return how many objectives are in each state, worst first, without empty states."""
        count = Counter(row.state for row in self.summed)
        return {state: count[state] for state in STATES if count[state]}

    @property
    def verdict(self) -> int:
        """Return UNREACHABLE without Prometheus, FAULT while a budget burns or an alert fires, else WELL."""
        if any(source.name == "Prometheus" and source.problem for source in self.sources):
            return UNREACHABLE
        faulty = any(row.is_fault for row in self.summed) or any(alert.is_fault for alert in self.alerts)
        return FAULT if faulty else WELL


def services(seen: Snapshot) -> tuple[Service, ...]:
    """Return the services that have objectives, alerts or targets, worst first."""
    states: defaultdict[str, list[State]] = defaultdict(list)
    for row in seen.summed:
        states[row.service].append(row.state)
    for alert in seen.alerts:
        states[alert.service].append("firing" if alert.is_fault else "ok")
    targets = _targets(seen.jobs)
    names = (states.keys() | targets.keys()) - {""}
    rows = (Service(name, _worst(states.get(name, ())), *targets.get(name, (0, 0))) for name in names)
    return tuple(sorted(rows, key=lambda row: (STATES.index(row.state), row.up == row.total, row.name)))


def _targets(jobs: Iterable[Job]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for job in jobs:
        up, total = found.get(job.service, (0, 0))
        found[job.service] = (up + job.up, total + job.total)
    return found


def _worst(states: Iterable[State]) -> State:
    return min(states, key=STATES.index, default="ok")
