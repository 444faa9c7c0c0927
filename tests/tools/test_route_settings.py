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
