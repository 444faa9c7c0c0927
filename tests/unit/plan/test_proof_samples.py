"""What is written in promtool's notation, read back number by number."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from watchkeeper.plan.proofs.scenarios.user_proof import sample_count
from watchkeeper.plan.proofs.series.samples import (
    FIRST,
    SECOND,
    Kind,
    Series,
    on_two_targets,
    previous_labels_values,
    rollup_values,
    values,
)
from watchkeeper.plan.proofs.timeline import Phase, Timeline

STALE = "stale"
_WORD = re.compile(r"(-?[\d.]+)(?:([+-][\d.]+))?(?:x(\d+))?")


def expanded(text: str) -> list[Decimal | str | None]:
    """Return the samples as promtool makes them: None where there is none."""
    found: list[Decimal | str | None] = []
    for word in text.split():
        if word == STALE:
            found.append(STALE)
        elif word.startswith("_"):
            found += [None] * int(word[2:] or 1)
        else:
            match = _WORD.fullmatch(word)
            assert match is not None, word
            first, step, times = Decimal(match[1]), Decimal(match[2] or 0), int(match[3] or 0)
            found += [first + step * i for i in range(times + 1)]
    return found


def at_each(timeline: Timeline, interval: int) -> list[Phase]:
    """Return the phase to which each scrape belongs: one at the end of a phase is its last."""
    ends = [start + phase.seconds for start, phase in zip(timeline.starts, timeline.phases, strict=False)]
    return [
        next(phase for phase, end in zip(timeline.phases, ends, strict=True) if at <= end)
        for at in range(0, timeline.end + 1, interval)
    ]


SCENARIO = Timeline(
    (
        Phase(60, 100.0),
        Phase(120, 100.0, 0.25),
        Phase(30, 100.0, up=False),
        Phase(60, 7.3, 1.0, reset=True),
        Phase(30, 0.0, present=False),
        Phase(45, 50.0, 0.1),
    )
)


def counter(series: Series, interval: int, start: int) -> list[Decimal | str | None]:
    """Return what a counter shows, scrape by scrape and not phase by phase."""
    shown: list[Decimal | str | None] = []
    level, before = Decimal(start), SCENARIO.phases[-1]
    for number, phase in enumerate(at_each(SCENARIO, interval)):
        # Of a phase that ends between two scrapes, the next one shows nothing.
        is_new = phase is not before
        before = phase
        if not (phase.up and phase.present):
            shown.append(STALE if is_new and number else None)
            continue
        level = Decimal(0) if phase.reset and is_new else level
        bad = Decimal(str(phase.rate)) * Decimal(str(phase.ratio)) * interval * series.share
        good = Decimal(str(phase.rate)) * interval * series.share - bad
        level += (series.good * good + series.bad * bad) if number else 0
        shown.append(level)
    return shown


@pytest.mark.parametrize("interval", [5, 7, 15, 20])
@pytest.mark.parametrize(("good", "bad", "share"), [(1, 0, "1"), (0, 1, "1"), (1, 1, "2"), (0, 1, "0.25")])
@pytest.mark.parametrize("start", [0, 1_000_000])
def test_counters_grow_by_what_happens_between_two_scrapes(
    good: int, bad: int, share: str, interval: int, start: int
) -> None:
    series = Series("x", "counter", good=good, bad=bad, share=Decimal(share))
    assert expanded(values(series, SCENARIO, interval, start=start)) == counter(series, interval, start)


@pytest.mark.parametrize("kind", ["counter", "gauge", "up", "constant", "level", "level_counter"])
def test_every_kind_has_one_sample_a_scrape(kind: Kind) -> None:
    text = values(Series("x", kind, good=1), SCENARIO, 15, start=0)
    assert len(expanded(text)) == SCENARIO.end // 15 + 1 == sample_count(text)


def test_up_is_there_all_along_and_tells_when_nothing_answers() -> None:
    shown = expanded(values(Series("up", "up"), SCENARIO, 15, start=0))
    assert shown == [int(phase.up) for phase in at_each(SCENARIO, 15)]


@pytest.mark.parametrize(("good", "bad"), [(1, 0), (0, 1)])
def test_a_gauge_shows_its_share_while_it_is_there(good: int, bad: int) -> None:
    shown = expanded(values(Series("x", "gauge", good=good, bad=bad), SCENARIO, 15, start=0))
    for sample, phase in zip(shown, at_each(SCENARIO, 15), strict=True):
        if phase.up and phase.present:
            assert sample == Decimal(str(phase.ratio)) * bad + (1 - Decimal(str(phase.ratio))) * good
        else:
            assert not isinstance(sample, Decimal)


def test_a_level_lies_between_low_and_high_and_its_counter_grows_by_it() -> None:
    scenario = Timeline((Phase(30), Phase(30, ratio=0.5), Phase(30, ratio=1.0)))
    level = Series("x", "level", low=Decimal(2), high=Decimal(10))
    assert expanded(values(level, scenario, 15, start=0)) == [2, 2, 2, 6, 6, 10, 10]
    grows = Series("x", "level_counter", low=Decimal(2), high=Decimal(10))
    assert expanded(values(grows, scenario, 15, start=100)) == [100, 130, 160, 250, 340, 490, 640]


def test_steps_are_written_to_nine_digits_in_plain_notation() -> None:
    scenario = Timeline((Phase(30, 1e-7, 1.0),))
    assert values(Series("x", "counter", bad=1), scenario, 15, start=0) == "0+0.0000015x2"


def test_what_was_recorded_under_other_labels_ends_with_its_phase() -> None:
    scenario = Timeline((Phase(120, previous_labels=True), Phase(60)))
    # None at the first moment: no rule had run. Then one each 30 s, and stale when the rules changed.
    assert expanded(previous_labels_values(2.5, scenario, 15, 30)) == [
        *[None, None, Decimal("2.5"), None] + [Decimal("2.5"), None] * 2,
        Decimal("2.5"),
        STALE,
    ]
    assert expanded(previous_labels_values(1, scenario, 30, 30)) == [None, 1, 1, 1, 1, STALE]


@pytest.mark.parametrize("bad", [True, False])
def test_tiles_of_both_labels_make_up_the_scenario(bad: bool) -> None:
    scenario = Timeline((Phase(600, 40.0, 0.5, previous_labels=True), Phase(900, 100.0, 0.25)))
    former, own = (
        expanded(rollup_values(scenario, 300, bad=bad, previous_labels=which)) for which in (True, False)
    )
    first, second = (20, 25) if bad else (40, 100)
    assert former == [first] * 3 + [None] * 3
    assert own == [None] * 3 + [second] * 3


def test_two_targets_share_a_counter_and_nothing_else() -> None:
    one = Series(f'x{{instance="{FIRST}"}}', "counter", bad=1, share=Decimal(2))
    gauge = Series(f'y{{instance="{FIRST}"}}', "gauge", good=1)
    first, second, same = on_two_targets((one, gauge))
    assert same is gauge
    assert (FIRST in first.text, SECOND in second.text) == (True, True)
    assert first.share == 3 * second.share
    assert first.share + second.share == one.share


@pytest.mark.parametrize(
    ("text", "count"), [("1", 1), ("1x3", 4), ("_", 1), ("_x3", 3), ("0+1x60 _x3 stale", 65), ("5-1x2 7", 4)]
)
def test_the_number_of_samples_of_a_users_text(text: str, count: int) -> None:
    assert sample_count(text) == len(expanded(text)) == count
