"""Objectives and their events, summed up by Prometheus into bins of equal length."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.slo import TILE
from watchkeeper.prometheus_api import Labels, Series, over_time
from watchkeeper.report.history import Bin, ObjectiveHistory, TargetSince

Matchers = tuple[tuple[str, str, str], ...]
# One objective that several servers record, as pairs of Prometheus do, counts once.
_REPLICAS = ("replica", "prometheus_replica", "prometheus")
_ROLLUP = int(TILE.seconds)
# A Prometheus refuses a range query with more than 11,000 steps.
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Edges:
    """The ends of bins of `seconds` after `start`; the last bin may be shorter."""

    start: int
    until: int
    seconds: int

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """Yield first end, last end and length of the bins of one length."""
        whole = (self.until - self.start) // self.seconds
        if whole:
            yield self.start + self.seconds, self.start + whole * self.seconds, self.seconds
        rest = self.until - self.start - whole * self.seconds
        if rest:
            yield self.until, self.until, rest


@dataclass(slots=True)
class _Raw:
    """The answers about one label set, by the end of the bin."""

    labels: Labels
    length: dict[int, int] = field(default_factory=dict)
    values: defaultdict[str, dict[int, float]] = field(default_factory=lambda: defaultdict(dict))

    @property
    def count(self) -> float:
        return sum(self.values["rollups"].values())


def steps(server: str, query: str, *, start: float, end: float, step: float) -> Iterator[Series]:
    """Yield the answer of a range query in parts that a Prometheus accepts; raise NoAnswer."""
    while start <= end:
        last = min(end, start + (_MOST_STEPS - 1) * step)
        yield from over_time(server, query, start=start, end=last, step=step)
        start = last + step


def read_bins(
    server: str, edges: Edges, of: Matchers, run: Callable[[Iterable[Callable[[], None]]], None]
) -> list[ObjectiveHistory]:
    """Return the objectives with their bins and targets; `run` runs functions at once. Raise NoAnswer."""
    found: dict[tuple[tuple[str, str], ...], _Raw] = {}
    parts = [(what, *part) for part in edges.parts() for what in _SERIES]

    def answer(part: tuple[str, int, int, int]) -> None:
        what, first, last, seconds = part
        function, series = _SERIES[what]
        query = f"{function}({selector(series, of, range=f'{seconds}s')})"
        for one in steps(server, query, start=first, end=last, step=seconds):
            labels = {name: value for name, value in one.labels.items() if name != "__name__"}
            raw = found.setdefault(tuple(sorted(labels.items())), _Raw(labels))
            for when, value in one.points:
                raw.values[what][int(when)] = value
                raw.length[int(when)] = seconds

    run([lambda part=part: answer(part) for part in parts])  # type: ignore[misc]
    return _named(_merged(_without_replicas(found.values())))


_SERIES = {
    "bad": ("sum_over_time", naming.BAD_TILE),
    "total": ("sum_over_time", naming.TOTAL_TILE),
    "rollups": ("count_over_time", naming.TOTAL_TILE),
    "evaluations": ("count_over_time", naming.TOTAL_BASE),
    "target": ("last_over_time", naming.OBJECTIVE),
}


def _without_replicas(found: Iterable[_Raw]) -> list[_Raw]:
    """Return one answer for each objective: that of the server which recorded most."""
    best: dict[tuple[tuple[str, str], ...], _Raw] = {}
    for raw in sorted(found, key=lambda one: sorted(one.labels.items())):
        if not raw.labels.get("slo_id"):
            continue
        own = {name: value for name, value in raw.labels.items() if name not in _REPLICAS}
        key = tuple(sorted(own.items()))
        if key not in best or raw.count > best[key].count:
            best[key] = raw
            raw.labels = own
    return list(best.values())


def _merged(found: Iterable[_Raw]) -> list[_Raw]:
    """Return the answers where those that follow one another are one: a label changed, such as the team.

    Label sets of one id that were recorded at the same time are objectives of several environments.
    """
    by_id: defaultdict[str, list[_Raw]] = defaultdict(list)
    for raw in sorted(found, key=lambda one: (_last(one), sorted(one.labels.items()))):
        same = by_id[raw.labels["slo_id"]]
        before = next((one for one in same if _follow(one, raw)), None)
        if before is None:
            same.append(raw)
            continue
        before.labels = raw.labels
        before.length |= raw.length
        for what, values in raw.values.items():
            old = before.values[what]
            for when, value in values.items():
                old[when] = value if what == "target" else old.get(when, 0.0) + value
    return [raw for _, same in sorted(by_id.items()) for raw in same]


def _last(raw: _Raw) -> int:
    return max(raw.length, default=0)


def _follow(one: _Raw, other: _Raw) -> bool:
    both = one.values["rollups"].keys() & other.values["rollups"].keys()
    return all(
        one.values["rollups"][when] + other.values["rollups"][when] <= one.length[when] / _ROLLUP + 1
        for when in both
    )


def _named(found: Sequence[_Raw]) -> list[ObjectiveHistory]:
    by_id: defaultdict[str, list[Labels]] = defaultdict(list)
    for raw in found:
        by_id[raw.labels["slo_id"]].append(raw.labels)
    return [
        ObjectiveHistory(
            name=_name(raw.labels, by_id[raw.labels["slo_id"]]),
            labels=raw.labels,
            bins=tuple(_bins(raw)),
            targets=tuple(_targets(raw.values["target"])),
        )
        for raw in found
    ]


def _name(labels: Labels, same: Sequence[Labels]) -> str:
    differing = sorted(key for key in labels if any(other.get(key) != labels[key] for other in same))
    return " ".join([labels["slo_id"], *(f"{key}={labels[key]}" for key in differing)])


def _bins(raw: _Raw) -> Iterator[Bin]:
    for end in sorted(raw.length):
        values = {what: raw.values[what].get(end, 0.0) for what in _SERIES}
        bad, total = (_finite(values[what]) * _ROLLUP for what in ("bad", "total"))
        rollups, evaluations = int(values["rollups"]), int(values["evaluations"])
        yield Bin(end - raw.length[end], end, bad, total, rollups, evaluations)


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _targets(values: Mapping[int, float]) -> Iterator[TargetSince]:
    last = None
    for when in sorted(values):
        # The shortest text of a float is what the rule file says.
        target = Decimal(repr(values[when]))
        if target != last and target.is_finite() and 0 < target < 1:
            yield TargetSince(when, target)
            last = target
