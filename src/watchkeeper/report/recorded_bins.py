"""Objectives and their events, summed up by Prometheus into bins of equal length."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.contract import OTHER_VALUE
from watchkeeper.emit.promql import selector
from watchkeeper.model.slo import TILE
from watchkeeper.prometheus_api import Labels, steps
from watchkeeper.report.history import Bin, ObjectiveHistory, TargetSince
from watchkeeper.report.objective_identity import display_name, own_labels

Matchers = tuple[tuple[str, str, str], ...]
Run = Callable[[Iterable[Callable[[], None]]], None]
_ROLLUP = int(TILE.seconds)


# A rollup counts where its five minutes begin, as in a calendar window, so it is looked for that much later.
FROM_BEGINNING = f"offset -{_ROLLUP}s"


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


def read_bins(
    server: str, edges: Edges, of: Matchers, run: Run, *, sums_only: bool = False
) -> list[ObjectiveHistory]:
    """Return the objectives with their bins, evaluations and targets; `run` runs functions at once. Raise NoAnswer.

    `sums_only` leaves evaluations and targets out: the base has ten times the samples of the rollups.
    """
    found: dict[tuple[tuple[str, str], ...], _Raw] = {}
    kinds = _SUMS if sums_only else tuple(_SERIES)
    parts = [(what, *part) for part in edges.parts() for what in kinds]

    def answer(part: tuple[str, int, int, int]) -> None:
        what, first, last, seconds = part
        for query, end in _queries(what, of, seconds, first, last):
            for one in steps(server, query, start=first, end=end, step=seconds):
                labels = {name: value for name, value in one.labels.items() if name != "__name__"}
                raw = found.setdefault(tuple(sorted(labels.items())), _Raw(labels))
                values = {int(when): value for when, value in one.points}
                raw.values[what] |= values
                raw.length |= dict.fromkeys(values, seconds)

    run([lambda part=part: answer(part) for part in parts])  # type: ignore[misc]
    return _named(_merged(_without_replicas(found.values())))


def _queries(what: str, of: Matchers, seconds: int, first: int, last: int) -> Iterator[tuple[str, int]]:
    """Yield queries and the moments up to which they are asked."""
    function, series = _SERIES[what]
    over = selector(series, of, range=f"{seconds}s")
    query = f"{function}({over})"
    from_beginning = f"{function}({over} {FROM_BEGINNING})"
    if what != "target":
        yield (query if what == "evaluations" else from_beginning), last
        return
    # A target hardly changes: its first value and its changes are few, and all of its values are many.
    yield query, first
    yield f"{query} unless {query} == {function}({over} offset {seconds}s)", last
    # A first rollup counts before the target that was recorded with it.
    yield f"{from_beginning} unless {query}", last


_SERIES = {
    "bad": ("sum_over_time", naming.BAD_TILE),
    "total": ("sum_over_time", naming.TOTAL_TILE),
    "rollups": ("count_over_time", naming.TOTAL_TILE),
    "evaluations": ("count_over_time", naming.TOTAL_BASE),
    "target": ("last_over_time", naming.OBJECTIVE),
}


_SUMS = ("bad", "total", "rollups")


def _without_replicas(found: Iterable[_Raw]) -> list[_Raw]:
    """Return one answer for each objective: that of the server which recorded most."""
    best: dict[tuple[tuple[str, str], ...], _Raw] = {}
    for raw in sorted(found, key=lambda one: sorted(one.labels.items())):
        if not raw.labels.get("slo_id"):
            continue
        own = own_labels(raw.labels)
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
    ordered = sorted(found, key=lambda one: (_last(one), sorted(one.labels.items())))
    splits = _splits(ordered)
    for raw in ordered:
        slo_id = raw.labels["slo_id"]
        same = by_id[slo_id]
        before = next(
            (one for one in same if _has_values_of(one, raw, splits[slo_id]) and _follow(one, raw)), None
        )
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


def _splits(found: Iterable[_Raw]) -> defaultdict[str, set[str]]:
    """Return the labels whose values have budgets of their own, by the objective's id: one value is always the rest."""
    labels: defaultdict[str, set[str]] = defaultdict(set)
    for raw in found:
        labels[raw.labels["slo_id"]] |= {name for name, value in raw.labels.items() if value == OTHER_VALUE}
    return labels


def _has_values_of(one: _Raw, other: _Raw, split: Iterable[str]) -> bool:
    """Return whether both are about the same values: a renamed route has a budget of its own, however soon it follows."""
    return all(one.labels.get(name) == other.labels.get(name) for name in split)


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
            name=display_name(raw.labels, by_id[raw.labels["slo_id"]]),
            labels=raw.labels,
            bins=tuple(_bins(raw)),
            targets=tuple(_targets(raw.values["target"])),
        )
        for raw in found
    ]


def _bins(raw: _Raw) -> Iterator[Bin]:
    bad, total, rollups, evaluations = (
        raw.values[what] for what in ("bad", "total", "rollups", "evaluations")
    )
    for end, seconds in sorted(raw.length.items()):
        yield Bin(
            end - seconds,
            end,
            _finite(bad.get(end, 0.0)) * _ROLLUP,
            _finite(total.get(end, 0.0)) * _ROLLUP,
            int(rollups.get(end, 0)),
            int(evaluations.get(end, 0)),
        )


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _targets(values: Mapping[int, float]) -> Iterator[TargetSince]:
    last = None
    for when in sorted(values):
        if values[when] != last and 0 < values[when] < 1:
            last = values[when]
            # The shortest text of a float is what the rule file says.
            yield TargetSince(when, Decimal(repr(last)))
