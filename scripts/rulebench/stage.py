"""One stage of the run: load the rules of some SLOs in every kind, let them run, and read what they cost."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from .figures import Cost, GroupCost, Row, cost, every, share
from .progress import Progress
from .prometheus import Prometheus
from .subject import CYCLE, RuleGroup

Key = tuple[str, str]
"""A group: its file without ending, and its name."""
_LEAST_PACE = 3
_SLACK = 1.5
_PATIENCE = 60
# A busy machine may need many turns for one evaluation.
_TURNS = 10


@dataclass(frozen=True, slots=True)
class Stage:
    """What is measured together: by kind (`ours`, `sloth`, `pyrra`) the groups of each SLO by the SLO's name."""

    slos: int
    series: int
    window: str
    kinds: Mapping[str, Mapping[str, tuple[RuleGroup, ...]]]

    @property
    def files(self) -> dict[str, tuple[RuleGroup, ...]]:
        """Return the rule files of every kind, by name."""
        return {f"{kind}--{name}": own for kind, slos in self.kinds.items() for name, own in slos.items()}

    @property
    def title(self) -> str:
        """Return the stage in words."""
        return f"{self.slos} SLO{'s' if self.slos > 1 else ''}, {self.series} series, {self.window}"


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What one rule costs in a cycle, mean over the SLOs: samples and seconds."""

    name: str
    every: float
    samples: float
    seconds: float


@dataclass(slots=True)
class _Seen:
    """The evaluations of one group since the rules have settled."""

    dues: set[float] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    rules: list[list[float]] = field(default_factory=list)


Counted = dict[tuple[int, str, str], list[list[int]]]
"""Samples of each rule in each group of one SLO, by raw series, window and kind: the same in every stage."""


def measure(server: Prometheus, stage: Stage, cycles: int, counted: Counted) -> tuple[Row, list[RuleCost]]:
    """Return the costs of each kind, and of each of our rules; raise RuntimeError if a rule fails.

    The kinds take turns, `cycles` times each: loaded together, the short evaluations of one would be timed waiting for
    the long ones of another. A kind that needs more than a cycle takes one turn: its groups are many evaluations of one
    shape. `counted` is added to: what another stage has counted is not counted again.
    """
    seen: dict[Key, _Seen] = {}
    paces = {kind: _pace(server, stage, kind) for kind in stage.kinds}
    for turn in range(cycles):
        for kind, pace in paces.items():
            if turn and pace > CYCLE:
                continue
            _turn(server, stage, kind, pace, seen)
            if (stage.series, stage.window, kind) not in counted:
                counted[stage.series, stage.window, kind] = _samples(server, stage, kind, "samples")
    files, samples = stage.files, _of_all(stage, counted)
    lives = {(name, group["name"]): every(group) for name, own in files.items() for group in own}
    groups = {key: GroupCost(lives[key], samples[key], seen[key].seconds) for key in samples}
    costs = {kind: _cost_of(kind, groups) for kind in stage.kinds}
    return Row(stage.slos, stage.series, stage.window, costs), _by_rule(files, groups, seen)


def _turn(server: Prometheus, stage: Stage, kind: str, pace: int, seen: dict[Key, _Seen]) -> None:
    """Add one evaluation of each group of a kind, its second: the first finds nothing recorded yet.

    It is the first where evaluations take minutes: what else would be found then is a few samples.
    """
    looks = 1 if pace > CYCLE else 2
    files = {name: own for name, own in stage.files.items() if name.startswith(f"{kind}--")}
    server.load(files, pace)
    keys = [(name, group["name"]) for name, own in files.items() for group in own]
    for key, found in _watch(server, keys, pace, looks, f"{stage.title}, {kind}").items():
        own = seen.setdefault(key, _Seen())
        own.seconds += found.seconds[looks - 1 :]
        own.rules += found.rules[looks - 1 :]
    for group in server.rules():
        for rule in group["rules"]:
            if rule["health"] != "ok":
                raise RuntimeError(
                    f"{group['name']}, {rule['name']}: {rule['health']} {rule.get('lastError', '')}"
                )


def _cost_of(kind: str, groups: Mapping[Key, GroupCost]) -> Cost:
    return cost(group for (name, _), group in groups.items() if name.startswith(f"{kind}--"))


def _pace(server: Prometheus, stage: Stage, kind: str) -> int:
    """Return the seconds between evaluations: somewhat more than all rules take one after another; of ours a cycle at most."""
    # The first time brings the blocks into memory.
    _samples(server, stage, kind, "warming up")
    start = time.monotonic()
    _samples(server, stage, kind, "trial")
    taken = (time.monotonic() - start) * stage.slos
    pace = max(_LEAST_PACE, math.ceil(_SLACK * taken))
    return min(CYCLE, pace) if kind == "ours" else pace


def _samples(server: Prometheus, stage: Stage, kind: str, what: str) -> list[list[int]]:
    """Return the samples that each rule of the first SLO of a kind reads, by group."""
    groups = next(iter(stage.kinds[kind].values()))
    progress = Progress(f"{stage.title}, {kind}: {what}, groups of one SLO", len(groups))
    read = []
    for group in groups:
        read.append([server.samples(rule["expr"]) for rule in group["rules"]])
        progress.step()
    return read


def _of_all(stage: Stage, counted: Counted) -> dict[Key, list[int]]:
    """Return the samples for every SLO: those of a stage have the same rules on the same numbers of series."""
    return {
        (f"{kind}--{name}", group["name"]): counts
        for kind, slos in stage.kinds.items()
        for name, groups in slos.items()
        for group, counts in zip(groups, counted[stage.series, stage.window, kind], strict=True)
    }


def _watch(server: Prometheus, keys: Sequence[Key], pace: int, cycles: int, title: str) -> dict[Key, _Seen]:
    """Return what was seen of each group until all of them were evaluated `cycles` times from now on."""
    progress = Progress(f"{title}: evaluations every {pace} s", cycles)
    before = {key: one.due for key, one in server.evaluations().items()}
    seen = {key: _Seen({before[key]} if key in before else set()) for key in keys}
    deadline = time.monotonic() + _TURNS * pace * (cycles + 1) + _PATIENCE
    done = 0
    while done < cycles:
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"{title}: the rules were not evaluated {cycles} times within {_TURNS * cycles} turns"
            )
        time.sleep(min(pace, CYCLE) / 4)
        _look(server, seen)
        least = min(len(one.seconds) for one in seen.values())
        if least > done:
            done = least
            progress.step(min(done, cycles))
    return seen


def _look(server: Prometheus, seen: dict[Key, _Seen]) -> None:
    times = {
        (group["file"].rsplit("/", 1)[-1].removesuffix(".yml"), group["name"]): [
            float(rule["evaluationTime"]) for rule in group["rules"]
        ]
        for group in server.rules()
    }
    for key, one in server.evaluations().items():
        own = seen.get(key)
        if own is not None and one.due not in own.dues:
            own.dues.add(one.due)
            own.seconds.append(one.seconds)
            own.rules.append(times[key])


def _by_rule(
    files: Mapping[str, tuple[RuleGroup, ...]], groups: Mapping[Key, GroupCost], seen: Mapping[Key, _Seen]
) -> list[RuleCost]:
    """Return our rules in the order of the file; SLOs of one stage have the same rules but for their names."""
    ours = [name for name in files if name.startswith("ours--")]
    sums: dict[tuple[int, int], list[RuleCost]] = {}
    for name in ours:
        for at, group in enumerate(files[name]):
            key = (name, group["name"])
            part = share(groups[key].every)
            for place, rule in enumerate(group["rules"]):
                took = median(evaluation[place] for evaluation in seen[key].rules)
                one = RuleCost(_name(rule), groups[key].every, groups[key].samples[place] * part, took * part)
                sums.setdefault((at, place), []).append(one)
    return [_mean(same) for same in sums.values()]


def _name(rule: Mapping[str, str]) -> str:
    return rule.get("record") or rule["alert"]


def _mean(same: Sequence[RuleCost]) -> RuleCost:
    first, many = same[0], len(same)
    samples, seconds = sum(one.samples for one in same) / many, sum(one.seconds for one in same) / many
    return RuleCost(first.name, first.every, samples, seconds)
