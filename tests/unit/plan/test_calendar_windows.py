"""What a calendar window changes: the names of series, the texts, and nothing of the burn alerts."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper import naming
from watchkeeper.model.calendar_window import CalendarWindow, Unit
from watchkeeper.overview.deployment_gate import GateRules, judged
from watchkeeper.overview.expected import expected
from watchkeeper.overview.objective_detail import ways
from watchkeeper.overview.objective_detail import windows as windows_in_detail
from watchkeeper.overview.objective_rows import objectives, windows_of
from watchkeeper.plan.plan import PlannedSlo
from watchkeeper.prometheus_api import Sample
from watchkeeper.spec.read import read_spec
from watchkeeper.spec.zone_rules import clock_of

_SPEC = """version: watchkeeper/v1
service: shop
signals: [http]
slos:
  - {{name: a, objective: 99.9%, {window}, sli: {{availability: http}}, alerting: {{budget: [50]}}}}
"""


def _planned(folder: Path, window: str) -> PlannedSlo:
    spec = folder / "spec.yml"
    spec.write_text(_SPEC.format(window=window), encoding="utf-8")
    return load_plan(spec).services[0].slos[0]


@pytest.mark.parametrize(("unit", "rolling"), [("month", "30d"), ("quarter", "90d")])
def test_burn_alerts_are_those_of_a_rolling_window(unit: str, rolling: str, tmp_path: Path) -> None:
    calendar, plain = (_planned(tmp_path, f"window: {window}") for window in (unit, rolling))
    assert calendar.tiers == plain.tiers
    burns = ("FastBurn", "SlowBurn")
    assert [one.expr for one in calendar.alerts if one.slo_kind in burns] == [
        one.expr for one in plain.alerts if one.slo_kind in burns
    ]


def test_every_text_names_the_month_and_no_length(tmp_path: Path) -> None:
    slo = _planned(tmp_path, "window: month, time_zone: Europe/Berlin")
    texts = [rule.comment for rule in (*slo.live_rules, *slo.rollup_rules)]
    texts += [text for alert in slo.alerts for text in (alert.comment, alert.description)]
    assert not [text for text in texts if "31d" in text or "32d" in text]
    assert [text for text in texts if "a calendar month (Europe/Berlin)" in text]
    records = {rule.record for rule in (*slo.live_rules, *slo.rollup_rules)}
    assert {"slo:error_ratio:month", "slo:error_ratio_tile:month", "slo:bad_events_tile:month"} <= records
    assert not [record for record in records if record.endswith((":30d", ":31d"))]


@pytest.mark.parametrize(
    ("unit", "location", "at", "name", "hours"),
    [
        ("month", "Europe/Berlin", (2026, 9, 30, 22), "October 2026, Europe/Berlin", 31 * 24 + 1),
        ("month", "Europe/Berlin", (2026, 9, 30, 21), "September 2026, Europe/Berlin", 30 * 24),
        ("month", "America/New_York", (2027, 3, 20, 0), "March 2027, America/New_York", 31 * 24 - 1),
        ("quarter", "UTC", (2028, 2, 29, 0), "Q1 2028, UTC", 91 * 24),
        ("quarter", "Australia/Sydney", (2026, 12, 31, 14), "Q1 2027, Australia/Sydney", 90 * 24),
    ],
)
def test_a_month_has_its_own_length(
    unit: Unit, location: str, at: tuple[int, int, int, int], name: str, hours: int
) -> None:
    window = CalendarWindow(unit=unit, location=location, clock=clock_of(location))
    moment = datetime(*at, tzinfo=timezone.utc).timestamp()
    begin, end = window.span(moment)
    assert window.name_at(moment) == name
    assert (end - begin) / 3600 == hours
    assert begin <= moment < end


def test_the_status_knows_a_month_by_its_series_and_its_name(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text(_SPEC.format(window="window: month, time_zone: Europe/Berlin"), encoding="utf-8")
    labels = {"slo_id": "shop-a", "slo": "a", "service": "shop"}
    recorded = [
        Sample({"__name__": naming.error_ratio(name), **labels}, 0.0) for name in ("3d", "month", "1h")
    ]
    windows = windows_of(recorded)
    assert windows == {"shop-a": "month"}
    remaining = Sample({"__name__": naming.REMAINING, **labels}, -0.5)
    counted = Sample({"__name__": naming.BAD_BASE, **labels}, 1.0)
    at = datetime(2026, 10, 5, tzinfo=timezone.utc).timestamp()
    known = expected(read_spec(spec)[0]).objectives
    (row,) = objectives([remaining, counted], windows, (), known, at=at)
    assert judged(row, GateRules()).reason.startswith("the budget of October 2026, Europe/Berlin is spent")
    detail = windows_in_detail(row, recorded)
    assert [one.name for one in detail] == ["1h", "3d", "month"]


def test_the_needs_of_a_spent_month_are_read_from_its_rule(tmp_path: Path) -> None:
    slo = _planned(tmp_path, "window: month")
    spent = next(alert for alert in slo.alerts if alert.slo_kind == naming.BUDGET_EXHAUSTED)
    assert [(one.what, one.window) for way in ways(spent.expr) for one in way] == [
        ("budget", ""),
        ("events", "month"),
    ]
