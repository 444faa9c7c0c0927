"""The truth test sees each of these mistakes: rules that are broken on purpose do not pass it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.truth.bounds import ratio_bounds
from tests.truth.judging import LONG_WINDOWS, WINDOWS, Truth, exactly, judge, standard
from tests.truth.rendered import Rules
from tests.truth.schedule import HOUR, MINUTE, SECOND, Burst, Instance, Schedule, Stretch
from tests.truth.schedules import WARM
from watchkeeper import naming

pytestmark = pytest.mark.tools
_ALL = WINDOWS | LONG_WINDOWS
Break = Callable[[str, str], str]
_COVERED = re.compile(r"\n\*\nclamp_max\(sum\(count_over_time.*, 1\)")

# Busy and clean, then nearly idle and all bad, then busy with bursts between the scrapes; quiet at the edges.
_UNEVEN = Schedule(
    HOUR,
    (
        Instance(
            "a",
            4 * SECOND,
            (
                Stretch(6 * MINUTE, 20 * MINUTE, 500),
                Stretch(20 * MINUTE, 28 * MINUTE, 30_000, 1),
                Stretch(31 * MINUTE, 50 * MINUTE, 500),
                *(Burst(31 * MINUTE + number * 67 * SECOND, 40, True) for number in range(16)),
            ),
            counted=WARM,
        ),
    ),
)
_EVEN = Schedule(HOUR, (Instance("a", 0, (Stretch(6 * MINUTE, 28 * MINUTE, 500, 1, 9),), counted=WARM),))
_IDLE = Schedule(HOUR, (Instance("a", 0, (), counted=WARM),))
_DOWN = (60 * MINUTE, 110 * MINUTE)
_OUTAGE = Schedule(
    2 * HOUR,
    (
        Instance(
            "a",
            0,
            (Stretch(5 * MINUTE, 35 * MINUTE, 5_000), Stretch(35 * MINUTE, _DOWN[0], 500)),
            counted=WARM,
            restarts=(_DOWN[1],),
            unreachable=(_DOWN,),
        ),
    ),
    outages=(_DOWN,),
)
_BORN_BAD = Schedule(
    30 * MINUTE,
    (
        Instance(
            "a",
            0,
            (Stretch(4 * MINUTE, 6 * MINUTE, 500, 1), Stretch(6 * MINUTE, 25 * MINUTE, 500)),
            4 * MINUTE,
        ),
    ),
)


def _on(record: str, old: str, new: str) -> Break:
    """Return a break of the rules whose name begins so."""
    return lambda name, expr: expr.replace(old, new) if name.startswith(record) else expr


def _without_coverage(record: str) -> Break:
    return lambda name, expr: _COVERED.sub("", expr) if name.startswith(record) else expr


def _mean_of_ratios(name: str, expr: str) -> str:
    by = f"(sum({naming.BAD_BASE}) / sum({naming.TOTAL_BASE}))"
    return f"avg_over_time({by}[1h:30s])" if name == naming.error_ratio("1h") else expr


def _without_reach(name: str, expr: str) -> str:
    return expr.replace("[75s]", "[1m]").replace("/ 75", "/ 60")


_BREAKS: dict[str, tuple[Break, Schedule, Truth]] = {
    "no reach over one scrape more": (_without_reach, _UNEVEN, exactly),
    "reach without its divisor": (_on("slo:", "/ 75", "/ 60"), _UNEVEN, exactly),
    "a mean of ratios": (_mean_of_ratios, _UNEVEN, exactly),
    "missing history not healthy": (_without_coverage("slo:error_ratio:2h"), _UNEVEN, exactly),
    "history of tiles not healthy": (_on("slo:bad_events_tile", ", 300)", ", 3000)"), _UNEVEN, exactly),
    "bad over good": (
        _on("slo:error_ratio:1h", "sum(sum_over_time(slo:total", "sum(sum_over_time(slo:bad"),
        _UNEVEN,
        exactly,
    ),
    "the wrong failures": (_on(naming.BAD_BASE, "5..", "4.."), _UNEVEN, exactly),
    "a window of its own": (_on("slo:error_ratio:30m", "[30m]", "[25m]"), _UNEVEN, exactly),
    "tiles of four minutes": (_on("slo:bad:rate_tile", "[5m]", "[4m]"), _UNEVEN, exactly),
    "idle is nothing": (_on("slo:error_ratio:1h", ", 1e-9)", ", 0)"), _IDLE, exactly),
    "the first tile is whole": (_without_coverage(naming.BAD_TILE), _BORN_BAD, ratio_bounds),
    "downtime costs nothing": (_on("slo:", " == 0)", " == 2)"), _OUTAGE, ratio_bounds),
    "downtime forgets its hour": (_on(naming.TOTAL_BASE, "offset 30s", "offset 3d"), _OUTAGE, ratio_bounds),
}


def _broken(rules: Rules, how: Break, folder: Path) -> Rules:
    document = json.loads(rules.path.read_text())
    for group in document["groups"]:
        for rule in group["rules"]:
            rule["expr"] = how(rule["record"], rule["expr"])
    path = folder / "broken.yml"
    path.write_text(json.dumps(document))
    assert json.loads(rules.path.read_text()) != document, "nothing was broken"
    return Rules(path, rules.groups, rules.budget, rules.kind)


@pytest.mark.parametrize("name", _BREAKS)
def test_a_broken_rule_does_not_pass(name: str, promtool: str, tmp_path: Path) -> None:
    how, schedule, truth = _BREAKS[name]
    broken = _broken(standard(), how, tmp_path)
    with pytest.raises(AssertionError, match=r"reads|has no value"):
        judge(f"broken: {name}", promtool, broken, schedule, _ALL, truth=truth)


@pytest.mark.parametrize(
    ("schedule", "truth"),
    [
        (_UNEVEN, exactly),
        (_EVEN, exactly),
        (_IDLE, exactly),
        (_OUTAGE, ratio_bounds),
        (_BORN_BAD, ratio_bounds),
    ],
    ids=["uneven", "even", "idle", "outage", "young"],
)
def test_the_same_schedules_pass_with_the_rules_as_they_are(
    schedule: Schedule, truth: Truth, promtool: str
) -> None:
    judge("beside the broken", promtool, standard(), schedule, _ALL, truth=truth)
