"""The model with which `verify` proves routes, inhibitions and hours does what the real Alertmanager does."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_tool
from watchkeeper.alertmanager_api import given_alerts, post_alerts
from watchkeeper.local_http import get_json
from watchkeeper.model.week_minutes import minute_at
from watchkeeper.plan.notified_labels import fits
from watchkeeper.verify.routing.ask_alertmanager import running
from watchkeeper.verify.routing.inhibited_pairs import all_muting
from watchkeeper.verify.routing.published_config import read_config
from watchkeeper.verify.routing.route_walk import RouteWalk
from watchkeeper.verify.routing.week_hours import hours_of_interval

pytestmark = pytest.mark.tools

_NAMES, _VALUES = ("a", "b", "c"), ("", "x", "xy", "z")
# Every label set over three labels, each missing or with one of three values.
WORLD = [
    {name: value for name, value in zip(_NAMES, values, strict=True) if value}
    for values in product(_VALUES, repeat=3)
    if any(values)
]
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns")


@pytest.fixture(scope="module")
def alertmanager() -> Path:
    return Path(need_tool("alertmanager"))


def _matcher(rng: random.Random) -> str:
    operator = rng.choice(("=", "!=", "=~", "!~"))
    values = ("x|z", "x.*", "", "x.+|") if operator.endswith("~") else _VALUES
    return f'{rng.choice(_NAMES)} {operator} "{rng.choice(values)}"'


def _route(rng: random.Random, depth: int) -> dict[str, Any]:
    route: dict[str, Any] = {"matchers": [_matcher(rng) for _ in range(rng.choice((1, 1, 2)))]}
    if rng.random() < 0.2:
        route = {"match": {rng.choice(_NAMES): "x"}, "match_re": {rng.choice(_NAMES): "x.*"}}
    if rng.random() < 0.7:
        route["receiver"] = f"r{rng.randrange(5)}"
    if rng.random() < 0.4:
        route["group_by"] = rng.choice((["a"], ["b", "c"], ["..."], []))
    if rng.random() < 0.4:
        route["continue"] = True
    if depth:
        route["routes"] = [_route(rng, depth - 1) for _ in range(rng.randrange(3))]
    return route


def _until(read: Callable[[], object], wanted: object) -> object:
    """Return what is read once it is as wanted, or after ten seconds what it is then."""
    until = time.monotonic() + 10
    while (found := read()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    return found


def _key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


@pytest.mark.parametrize("seed", range(6))
def test_routes_and_groups_are_those_of_alertmanager(alertmanager: Path, seed: int) -> None:
    rng = random.Random(seed)
    config = {
        "route": {"receiver": "r0", "group_by": ["a"], "routes": [_route(rng, 2) for _ in range(5)]},
        "receivers": [{"name": f"r{number}"} for number in range(5)],
    }
    walk = RouteWalk(read_config(json.dumps(config)).root)
    wanted = sorted(
        (
            _key(labels),
            node.receiver,
            _key(labels if "..." in node.group_by else _only(labels, node.group_by)),
        )
        for labels in WORLD
        for node in walk.taken(labels)
    )
    with running(alertmanager, json.dumps(config)) as server:
        post_alerts(server, [{"labels": labels} for labels in WORLD])
        given = {_key(one.labels): one.receivers for one in given_alerts(server)}
        assert given == {
            _key(labels): tuple(node.receiver for node in walk.taken(labels)) for labels in WORLD
        }

        # Two routes with the same receiver and group labels are two groups.
        def groups() -> object:
            return sorted(
                (_key(alert["labels"]), group["receiver"]["name"], _key(group["labels"]))
                for group in get_json(f"{server}/api/v2/alerts/groups")
                for alert in group["alerts"]
            )

        assert _until(groups, wanted) == wanted
    assert len({receiver for _, receiver, _ in wanted}) > 2


def _only(labels: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name in names}


def _rule(rng: random.Random, number: int) -> dict[str, Any]:
    sides = {f"{side}_matchers": [_matcher(rng), f'rule = "{number}"'] for side in ("source", "target")}
    return {**sides, "equal": ["pair", *rng.sample(_NAMES, rng.randrange(3))]}


def test_inhibitions_are_those_of_alertmanager(alertmanager: Path) -> None:
    rng = random.Random(1)
    rules = [_rule(rng, number) for number in range(24)]
    config = {"route": {"receiver": "r"}, "receivers": [{"name": "r"}], "inhibit_rules": rules}
    entries = read_config(json.dumps(config)).inhibitions
    wanted: dict[tuple[tuple[str, str], ...], bool] = {}
    posted: list[Mapping[str, str]] = []
    # Each pair is alone with its rule: a label of both keeps it apart from all others.
    for pair, number in enumerate(number for number in range(24) for _ in range(100)):
        source, other = rng.sample(WORLD, 2)
        # Most pairs share what they have, so that `equal` lets some of them through.
        target = {**source, "a": other.get("a", "x")} if rng.random() < 0.7 else other
        apart = {"rule": str(number), "pair": str(pair)}
        two: list[Mapping[str, str]] = [
            {**source, **apart, "side": "source"},
            {**target, **apart, "side": "target"},
        ]
        # With two sources for a target, one of which is the target, it is left to chance which one Alertmanager looks at.
        rule = entries[number]
        if all(fits(rule.source, one) for one in two) and not fits(rule.target, two[0]):
            continue
        posted += two
        wanted[_key(two[1])] = (0, 1) in all_muting([rule], two, two)
    with running(alertmanager, json.dumps(config)) as server:
        post_alerts(server, [{"labels": labels} for labels in posted])

        def inhibited() -> object:
            found = {_key(one.labels): bool(one.inhibited_by) for one in given_alerts(server)}
            return {key: found[key] for key in wanted}

        assert _until(inhibited, wanted) == wanted
    assert 100 < sum(wanted.values()) < len(wanted) - 100


def _interval(rng: random.Random) -> list[dict[str, Any]]:
    parts = []
    for _ in range(rng.choice((1, 1, 2))):
        part: dict[str, Any] = {"location": rng.choice(_ZONES)}
        if rng.random() < 0.6:
            first, last = sorted((rng.randrange(7), rng.randrange(7)))
            part["weekdays"] = [_DAYS[first] if first == last else f"{_DAYS[first]}:{_DAYS[last]}"]
        if rng.random() < 0.8:
            start, end = sorted(rng.sample(range(25), 2))
            part["times"] = [{"start_time": f"{start:02}:00", "end_time": f"{end:02}:00"}]
        parts.append(part)
    return parts


def _edges(now: datetime) -> list[list[dict[str, Any]]]:
    """Return an hour that begins with this minute, and one that ends with it."""
    minute = now.hour * 60 + now.minute
    at = [f"{one // 60:02}:{one % 60:02}" for one in (max(minute - 60, 0), minute, min(minute + 60, 1440))]
    return [[{"times": [{"start_time": at[0], "end_time": at[1]}]}]] * (minute > 0) + [
        [{"times": [{"start_time": at[1], "end_time": at[2]}]}]
    ]


def _is_within(parts: list[dict[str, Any]], now: datetime) -> bool:
    return any(minute_at(now, zone) in minutes for zone, minutes in hours_of_interval(parts) or ())


def test_hours_are_those_of_alertmanager(alertmanager: Path) -> None:
    # At the end of a minute, an answer may be about the next one.
    if time.time() % 60 > 57:
        time.sleep(3.1)
    now, rng = datetime.now(timezone.utc), random.Random(3)
    intervals = [*_edges(now), *(_interval(rng) for _ in range(60))]
    names = [f"i{number}" for number in range(len(intervals))]
    routes = [
        {"matchers": [f'a = "{name}"'], key: [name]}
        for number, name in enumerate(names)
        for key in ("active_time_intervals" if number % 2 else "mute_time_intervals",)
    ]
    config = {
        "route": {"receiver": "r", "group_by": ["a"], "group_wait": "0s", "routes": routes},
        "receivers": [{"name": "r"}],
        "time_intervals": [
            {"name": name, "time_intervals": parts} for name, parts in zip(names, intervals, strict=True)
        ],
    }
    wanted = {
        name: _is_within(parts, now) != bool(number % 2)
        for number, (name, parts) in enumerate(zip(names, intervals, strict=True))
    }
    with running(alertmanager, json.dumps(config)) as server:
        post_alerts(server, [{"labels": {"a": name}} for name in names])

        def muted() -> dict[str, bool]:
            groups = get_json(f"{server}/api/v2/alerts/groups")
            return {one["labels"]["a"]: bool(one["alerts"][0]["status"]["mutedBy"]) for one in groups}

        assert _until(muted, wanted) == wanted
    assert 10 < sum(wanted.values()) < len(wanted) - 10
