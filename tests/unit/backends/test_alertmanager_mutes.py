"""A mute is quiet in the hours that the spec means, on the days on which its nights begin."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.loading import load_plan
from watchkeeper.backends import alertmanager
from watchkeeper.model.notify import Mute
from watchkeeper.model.position import Position
from watchkeeper.plan.plan import Plan

SPEC = Path(__file__).resolve().parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
OVER_MIDNIGHT = ("22:00", "06:00")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_plan(SPEC)


def muted(plan: Plan, weekdays: tuple[str, ...], *times: tuple[str, str]) -> Plan:
    """Return the plan with one mute, in force for warnings."""
    mute = Mute(
        name="nights",
        severities=("warning",),
        weekdays=weekdays,
        times=times,
        location="UTC",
        where=Position("spec.yml"),
    )
    routes = tuple(
        replace(route, mutes=("nights",)) if route.severity == "warning" else route
        for route in plan.routing.routes
    )
    return replace(plan, routing=replace(plan.routing, routes=routes, mutes=(mute,)))


def config(plan: Plan) -> str:
    return alertmanager.render(plan)["monitoring/alertmanager/alertmanager.yml"]


def intervals(plan: Plan) -> list[dict[str, Any]]:
    [mute] = yaml.safe_load(config(plan))["time_intervals"]
    found: list[dict[str, Any]] = mute["time_intervals"]
    return found


def span(start: str, end: str) -> dict[str, str]:
    return {"start_time": start, "end_time": end}


def test_a_night_that_begins_on_friday_ends_on_saturday_morning(plan: Plan) -> None:
    assert intervals(muted(plan, ("friday",), OVER_MIDNIGHT)) == [
        {"weekdays": ["friday"], "times": [span("22:00", "24:00")]},
        {"weekdays": ["saturday"], "times": [span("00:00", "06:00")]},
    ]


@pytest.mark.parametrize(
    ("weekdays", "mornings"),
    [
        (["monday:friday"], ["tuesday:saturday"]),
        (["saturday"], ["sunday"]),
        (["friday:saturday"], ["sunday", "saturday"]),
        (["monday", "tuesday:wednesday", "tuesday", "friday"], ["tuesday:thursday", "saturday"]),
    ],
)
def test_the_mornings_after_are_shifted_by_a_day_and_stay_readable(
    plan: Plan, weekdays: list[str], mornings: list[str]
) -> None:
    evening, morning = intervals(muted(plan, tuple(weekdays), OVER_MIDNIGHT))
    assert evening["weekdays"] == weekdays
    assert morning["weekdays"] == mornings


def test_a_mute_that_needs_no_shift_is_one_interval(plan: Plan) -> None:
    both = [span("22:00", "24:00"), span("00:00", "06:00")]
    assert intervals(muted(plan, (), OVER_MIDNIGHT)) == [{"times": both}]
    assert intervals(muted(plan, ("sunday:saturday",), OVER_MIDNIGHT)) == [
        {"weekdays": ["sunday:saturday"], "times": both}
    ]
    assert intervals(muted(plan, ("saturday", "sunday"))) == [{"weekdays": ["saturday", "sunday"]}]
    assert intervals(muted(plan, ("friday",), ("22:00", "00:00"))) == [
        {"weekdays": ["friday"], "times": [span("22:00", "24:00")]}
    ]


def test_the_time_zone_holds_on_both_sides_of_midnight(plan: Plan) -> None:
    night = muted(plan, ("friday",), OVER_MIDNIGHT)
    mutes = tuple(replace(mute, location="Europe/Berlin") for mute in night.routing.mutes)
    abroad = replace(night, routing=replace(night.routing, mutes=mutes))
    assert [each["location"] for each in intervals(abroad)] == ["Europe/Berlin", "Europe/Berlin"]


@pytest.mark.parametrize("weekdays", [("friday",), ("monday:friday",), ("saturday", "sunday"), ("sunday",)])
@pytest.mark.parametrize(
    "times", [(OVER_MIDNIGHT,), (("08:00", "10:00"), ("23:00", "01:00")), (("20:00", "00:00"),)]
)
def test_each_hour_of_the_week_is_quiet_exactly_when_the_spec_means_it(
    plan: Plan, weekdays: tuple[str, ...], times: tuple[tuple[str, str], ...]
) -> None:
    rendered = intervals(muted(plan, weekdays, *times))
    quiet = {hour for hour in range(7 * 24) if any(holds(each, *divmod(hour, 24)) for each in rendered)}
    assert quiet == set(meant(weekdays, times))


def meant(weekdays: tuple[str, ...], times: tuple[tuple[str, str], ...]) -> Iterator[int]:
    """Yield the hours of the week from each start to the next time that the clock shows the end."""
    for day in (number for text in weekdays for number in numbers(text)):
        for start, end in times:
            first, length = int(start[:2]), (int(end[:2]) - int(start[:2])) % 24
            yield from ((24 * day + first + hour) % (7 * 24) for hour in range(length))


def holds(interval: dict[str, Any], day: int, hour: int) -> bool:
    """Return what Alertmanager decides: both the day and one of the spans must fit."""
    clock = f"{hour:02}:00"
    return any(day in numbers(text) for text in interval["weekdays"]) and any(
        each["start_time"] <= clock < each["end_time"] for each in interval["times"]
    )


def numbers(weekdays: str) -> range:
    first, _, last = weekdays.partition(":")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def test_alertmanager_accepts_a_mute_over_midnight(plan: Plan, amtool: str, tmp_path: Path) -> None:
    for path, text in alertmanager.render(muted(plan, ("friday:saturday",), OVER_MIDNIGHT)).items():
        file = tmp_path / Path(path).relative_to("monitoring/alertmanager")
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    command = [amtool, "check-config", str(tmp_path / "alertmanager.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
