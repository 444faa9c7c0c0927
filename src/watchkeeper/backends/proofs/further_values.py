"""The series of further values of an objective's label, in promtool's format with slots for names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from watchkeeper.emit.template import slot
from watchkeeper.plan.proofs.scenarios.profile import ScenarioProfile
from watchkeeper.plan.proofs.scenarios.scenario import Crowd, Remembered, Scenario
from watchkeeper.plan.proofs.series.decoys import REST
from watchkeeper.plan.proofs.series.samples import GROWN, Series, growing, values

# Good events from sample to sample: more than any value under proof has.
_CROWDED = 99_999
# The first of two targets has more than this share of a value's events.
_HALF = Decimal("0.5")
Pair = tuple[str, str]


def further_values(scenario: Scenario, profile: ScenarioProfile, fed: tuple[Series, ...]) -> Iterator[Pair]:
    """Yield the series of values beside the one under proof; nothing bad happens to any of them."""
    interval = int(profile.parameters.base.scrape.seconds)
    counted = [
        (number, one) for number, one in enumerate(fed) if one.kind in ("counter", "native") and one.good
    ]
    end = scenario.timeline.end
    if scenario.crowd is not None and scenario.crowd.share:
        step = int(profile.rate * interval * scenario.crowd.share)
        yield from _equals(scenario.crowd, counted, step, end // interval)
    elif scenario.crowd is not None:
        yield from _crowd(scenario.crowd, counted, end, interval)
    if scenario.remembered is not None:
        yield from _former(scenario.remembered)
        for number, one in counted:
            yield _named(number, ""), f"{growing(one, _CROWDED)}x{end // interval}"


def values_of_rest(number: int, one: Series, scenario: Scenario, interval: int) -> Iterator[Pair]:
    """Yield what a fed series counts as that of values without a place: two that are added up, one of two targets."""
    is_first = one.share > _HALF
    parts = (one,) if is_first else (replace(one, share=one.share / 2),) * 2
    for target, part in zip(("", "third"), parts, strict=False):
        shown = values(part, scenario.timeline, interval, start=scenario.start)
        yield _named(number, REST[0 if is_first else 1], target), shown


def _crowd(crowd: Crowd, counted: Iterable[tuple[int, Series]], end: int, interval: int) -> Iterator[Pair]:
    absent = f"_x{crowd.since // interval} " if crowd.since else ""
    samples = (end - crowd.since) // interval
    for number, one in counted:
        for further in range(crowd.values):
            yield _named(number, f"crowd{further}"), f"{absent}{growing(one, _CROWDED)}x{samples}"


def _equals(crowd: Crowd, counted: Iterable[tuple[int, Series]], step: int, samples: int) -> Iterator[Pair]:
    """Yield values as old as the one under proof, each with its events on one target."""
    for number, one in counted:
        if one.share > _HALF:
            for further in range(crowd.values):
                yield _named(number, f"crowd{further}"), f"{growing(one, step, GROWN)}x{samples}"


def _former(remembered: Remembered) -> Iterator[Pair]:
    """Yield one sample of each value, a scrape after the beginning."""
    for number in range(remembered.values):
        labels = f'slo_id="{slot("id")}",{slot("label")}="former{number}",team="former"'
        yield f"{remembered.record}{{{labels}}}", "_ 0 stale"


def _named(number: int, value: str, target: str = "") -> str:
    """Return a fed series with another value of the label, and of a third target with `third`."""
    return f"{slot(f'head{number}{target}')}{value}{slot(f'tail{number}{target}')}"
