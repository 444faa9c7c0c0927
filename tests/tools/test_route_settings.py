"""Groups, hours and repeats of single routes, on the real Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.tools.paging import Paging, paging
from watchkeeper.local_http import get_json

pytestmark = pytest.mark.tools

# 25 hours apart: no clock shows the same time and weekday in both.
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
SERVICE = """\
  - service: {name}
    team: {team}
    alerts:
      - {{preset: service_down, severity: critical}}
      - {{preset: error_ratio, above: 5%, severity: warning}}
"""
NOTIFY = """\
notify:
  receivers:
    pager: {type: pagerduty, routing_key_file: secrets/key}
    chat: {type: slack, webhook_file: secrets/chat, channel: "#all"}
  routes: {critical: [pager], warning: [chat]}
"""
EACH_INSTANCE = "{receivers: [chat], group_by: [alertname, service, slo_id, instance]}"


@pytest.fixture
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Paging]:
    with paging(tmp_path, request.param) as found:
        yield found


def hours(name: str, zone: str) -> str:
    """Return the hours that are now in the east, by the clock of any zone."""
    now = datetime.now(ZoneInfo(EAST))
    start, end = now - timedelta(hours=1), now + timedelta(hours=2)
    times = f'weekdays: [{start:%A}], times: ["{start:%H:%M}-{end:%H:%M}"]'.lower()
    return f"    - {{name: {name}, {times}, location: {zone}}}\n"


def services(*teams: str) -> str:
    return "services:\n" + "".join(SERVICE.format(name=f"{team}-shop", team=team) for team in teams)


@pytest.mark.parametrize(
    "running",
    [f"{services('split', 'joined')}{NOTIFY}  teams: {{split: {{warning: {EACH_INSTANCE}}}}}\n"],
    indirect=True,
)
def test_a_team_splits_its_groups_by_instance_and_nobody_else_does(running: Paging) -> None:
    for instance in ("a", "b"):
        running.fire("split-shop/HighErrorRate", "joined-shop/HighErrorRate", instance=instance)
    running.settle()
    found = [one.service for one in running.sinks.client.deliveries(channel="slack")]
    assert sorted(found) == ["joined-shop", "split-shop", "split-shop"]


def in_hours() -> str:
    """Return a spec whose team in the east is in its hours now, and whose team in the west is not."""
    notify = f"{NOTIFY}  active_hours:\n{hours('east', EAST)}{hours('west', WEST)}"
    teams = "".join(
        f"    {name}:\n      warning: {{receivers: [chat], active_hours: [{name}]}}\n"
        f"      critical: {{receivers: [pager], active_hours: [{name}], outside_hours: nobody}}\n"
        for name in ("east", "west")
    )
    return f"{services('east', 'west', 'always')}{notify}  teams:\n{teams}"


@pytest.mark.parametrize("running", [in_hours()], indirect=True)
def test_hours_hold_in_their_time_zone_and_for_their_route_only(running: Paging) -> None:
    teams = ("east", "west", "always")
    running.fire(*(f"{team}-shop/HighErrorRate" for team in teams))
    running.fire(*(f"{team}-shop/ServiceDown" for team in teams), environment="other")
    running.settle()
    for channel in ("slack", "pagerduty"):
        found = [one.service for one in running.sinks.client.deliveries(channel=channel)]
        assert sorted(found) == ["always-shop", "east-shop"], channel


@pytest.mark.parametrize("running", [in_hours()], indirect=True)
def test_what_still_fires_is_notified_when_the_hours_begin_and_what_ends_after_them_never_as_resolved(
    running: Paging,
) -> None:
    outside, inside = "- west\n", "- east\n"
    running.fire("west-shop/HighErrorRate")
    running.settle()
    assert running.sinks.client.deliveries() == []
    running.reload(outside, inside)
    running.settle()
    assert [one.status for one in running.sinks.client.deliveries()] == ["firing"]
    running.reload(inside, outside)
    running.resolve("west-shop/HighErrorRate")
    running.settle()
    assert [one.status for one in running.sinks.client.deliveries()] == ["firing"]
    # Alertmanager has dropped the group, so the beginning of the next hours finds nothing to notify.
    assert get_json(f"{running.api}/api/v2/alerts/groups") == []


def in_turns() -> str:
    """Return a spec in which a desk takes over outside of a team's hours; a pager stays, and others join it."""
    notify = NOTIFY.replace("  routes:", "    desk: {type: webhook, url_file: secrets/desk}\n  routes:")
    notify += f"  active_hours:\n{hours('east', EAST)}{hours('west', WEST)}"
    teams = "".join(
        f"    {name}:\n      warning: {{receivers: [chat], active_hours: [{name}], outside_hours: [desk]}}\n"
        f"      critical: {{receivers: [pager], active_hours: [{name}], outside_hours: [desk, pager]}}\n"
        for name in ("east", "west")
    )
    return f"{services('east', 'west')}{notify}  teams:\n{teams}"


def told(running: Paging) -> list[tuple[str, str, str]]:
    return sorted((one.channel, one.service, one.status) for one in running.sinks.client.deliveries())


@pytest.mark.parametrize("running", [in_turns()], indirect=True)
def test_outside_of_the_hours_others_are_notified_and_only_they(running: Paging) -> None:
    running.fire("east-shop/HighErrorRate", "west-shop/HighErrorRate")
    running.fire("east-shop/ServiceDown", "west-shop/ServiceDown", environment="other")
    running.settle()
    east = [("pagerduty", "east-shop", "firing"), ("slack", "east-shop", "firing")]
    west = [("pagerduty", "west-shop", "firing"), *[("webhook", "west-shop", "firing")] * 2]
    assert told(running) == sorted([*east, *west])


@pytest.mark.parametrize("running", [in_turns()], indirect=True)
def test_when_the_hours_change_the_next_ones_are_told_what_still_fires(running: Paging) -> None:
    running.fire("west-shop/HighErrorRate")
    running.fire("west-shop/ServiceDown", environment="other")
    running.settle()
    before = [("pagerduty", "west-shop", "firing"), *[("webhook", "west-shop", "firing")] * 2]
    assert told(running) == before
    running.reload("- west\n", "- east\n")
    running.settle()
    after = [*before, ("pagerduty", "west-shop", "firing"), ("slack", "west-shop", "firing")]
    assert told(running) == sorted(after)
    # Both routes ask for the same labels, so PagerDuty has one incident, and the resolve closes it.
    running.resolve("west-shop/HighErrorRate")
    running.resolve("west-shop/ServiceDown", environment="other")
    running.settle()
    ended = [("pagerduty", "west-shop", "resolved"), ("slack", "west-shop", "resolved")]
    assert told(running) == sorted([*after, *ended])
    pages = running.sinks.client.deliveries(channel="pagerduty")
    assert len({one.raw["dedup_key"] for one in pages}) == 1


REPEATS = "services: {often-shop: {warning: {receivers: [chat], group_interval: 10s, repeat_interval: 10s}}}"


@pytest.mark.parametrize("running", [f"{services('often', 'seldom')}{NOTIFY}  {REPEATS}\n"], indirect=True)
def test_a_service_repeats_more_often_than_others(running: Paging) -> None:
    # The interval of groups is half a second here.
    running.reload("repeat_interval: 10s", "repeat_interval: 500ms")
    running.fire("often-shop/HighErrorRate", "seldom-shop/HighErrorRate")
    running.settle()
    found = [one.service for one in running.sinks.client.deliveries()]
    assert found.count("seldom-shop") == 1
    assert found.count("often-shop") >= 2
