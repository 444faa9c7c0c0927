"""Verdicts, incidents and words, from histories that are written here."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from watchkeeper.report.as_html import as_html
from watchkeeper.report.as_markdown import as_markdown
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.document import as_json
from watchkeeper.report.figures import Report, reliability, report_of
from watchkeeper.report.history import AlertSpan, Bin, Faulty, History, ObjectiveHistory, TargetSince
from watchkeeper.report.left_out_events import HeldWindow, LeftOut, PlannedWork
from watchkeeper.report.reporting_period import ReportingPeriod
from watchkeeper.report.words import headline, margin_text, percent, share

START, DAYS = 1_790_812_800, 10
DAY, ROLLUP = 86_400, 300
END = START + DAYS * DAY
PERIOD = ReportingPeriod("span", "ten days", START, END, END, "UTC")


def objective(
    name: str, *, bad: float = 0.0, traffic: float = 10.0, days: int = DAYS, target: str = "0.99"
) -> ObjectiveHistory:
    """Return an objective with `bad` of its events bad, recorded in the last days of ten."""
    bins = tuple(
        Bin(end - 3_600, end, bad * traffic * 3_600, traffic * 3_600, 12, 120)
        for end in range(END - days * DAY + 3_600, END + 1, 3_600)
    )
    service, _, slo = name.partition("-")
    labels = {"slo_id": name, "service": service, "slo": slo}
    return ObjectiveHistory(name, labels, bins, (TargetSince(START, Decimal(target)),))


def report(
    *objectives: ObjectiveHistory, period: ReportingPeriod = PERIOD, alerts: tuple[AlertSpan, ...] = ()
) -> Report:
    return report_of(History("here", 30.0, objectives, alerts), period, SpecFacts(), at=END)


def state(one: ObjectiveHistory, period: ReportingPeriod = PERIOD) -> str:
    return report(one, period=period).objectives[0].state


def test_a_budget_that_is_spent_to_the_last_event_is_kept() -> None:
    assert state(objective("a-b", bad=0.01)) == "met"
    assert state(objective("a-b", bad=0.01001)) == "missed"
    # Sums of floats differ from the limit in the last digit.
    for traffic in (0.7, 3.3, 7.3, 11.1, 13.7):
        assert state(objective("a-b", bad=0.001, traffic=traffic, target="0.999")) == "met"


def test_little_history_is_not_enough_unless_the_budget_is_gone() -> None:
    assert state(objective("a-b", bad=0.001, days=8)) == "not enough data"
    assert state(objective("a-b", bad=0.5, days=1)) == "missed"
    assert state(objective("a-b", traffic=0.0)) == "not enough data"
    assert state(replace(objective("a-b"), targets=())) == "not enough data"


def test_a_running_period_is_at_risk_when_its_pace_would_miss_it() -> None:
    running = replace(PERIOD, end=END + 10 * DAY, kind="month")
    assert state(objective("a-b", bad=0.009), running) == "met"
    assert state(objective("a-b", bad=0.011), running) == "at risk"
    assert state(objective("a-b", bad=0.021), running) == "missed"
    assert state(objective("a-b", bad=0.0095), replace(PERIOD, kind="window")) == "at risk"


def faulty(*minutes: int) -> tuple[Faulty, ...]:
    return tuple(Faulty(START + 60 * minute, 1_500.0, 3_000.0) for minute in minutes)


FAST = AlertSpan("AFastBurn", "fast_burn", "warning", "a", "a-b", START + 3_600, START + 5_400)
SLOW = AlertSpan("ASlowBurn", "slow_burn", "warning", "a", "a-b", START + 4_000, None)
DOWN = AlertSpan("ServiceDown", "service_down", "critical", "a", "", START + 5 * DAY, START + 5 * DAY + 600)


def test_faults_less_than_15_minutes_apart_are_one_incident() -> None:
    one = replace(objective("a-b"), faulty=faulty(60, 65, 80, 100))
    (found,) = report(one).objectives
    assert [(each.start - START, each.seconds) for each in found.incidents] == [
        (55 * 60, 1_500),
        (95 * 60, 300),
    ]
    assert found.incidents[0].share == pytest.approx(4_500 / (0.01 * 10 * DAYS * DAY))


def test_evaluations_refine_the_edges() -> None:
    moments = tuple(START + 60 * 57 + 30.0 * step for step in range(12))
    one = replace(objective("a-b"), faulty=faulty(60, 65), over_budget=moments)
    (found,) = report(one).objectives[0].incidents
    assert (found.start, found.end) == (moments[0], moments[-1])


def test_an_incident_at_the_end_of_the_period_lasts() -> None:
    one = replace(objective("a-b"), faulty=(Faulty(END - 300, 9.0), Faulty(END, 9.0)))
    (found,) = report(one).objectives[0].incidents
    assert (found.end, found.until) == (None, END)
    for ago, end in ((30, None), (180, END - 180.0)):
        refined = replace(one, over_budget=(END - 400.0, END - float(ago)))
        assert report(refined).objectives[0].incidents[0].end == end


def test_a_fault_in_a_rollup_that_ends_after_the_period_stays_inside() -> None:
    for over, start in (
        ((), END - 1),
        ((END + 60.0, END + 90.0), END - 1),
        ((END - 30.0, END + 90.0), END - 30),
    ):
        one = replace(objective("a-b"), faulty=(Faulty(END + 300, 9.0),), over_budget=over)
        (found,) = report(one).objectives[0].incidents
        assert (found.start, found.end, found.until) == (start, None, END)


def test_pages_are_matched_with_incidents() -> None:
    one = replace(objective("a-b"), faulty=faulty(60, 65))
    found = report(one, alerts=(FAST, SLOW, DOWN))
    (incident,) = found.objectives[0].listed
    assert [alert.name for alert in incident.alerts] == ["AFastBurn", "ASlowBurn"]
    assert incident.late == FAST.start - incident.start if FAST.start else None
    assert incident.resolved is None, "the ticket still fires"
    assert found.unexplained == (DOWN,)
    assert reliability(found.objectives, PERIOD).mttr == incident.seconds


def test_planned_work_that_left_nothing_out_has_no_second_figures() -> None:
    window = HeldWindow("a", "upgrade", "a new version", "Mona Lisa", START, START + 600)
    found = replace(report(objective("a-b")), planned=PlannedWork((window,)))
    for text in (as_markdown(found), as_html(found)):
        assert "Mona Lisa" in text
        assert "that without planned work" not in text
    left_out = replace(found.planned, left_out={"a-b": LeftOut(3.0, 4.0)})
    assert "## With planned work, and without it" in as_markdown(replace(found, planned=left_out))


def test_small_incidents_are_summed_up_unless_an_alert_fired() -> None:
    small = replace(objective("a-b"), faulty=(Faulty(START + 3_600, 3.0),))
    assert report(small).objectives[0].listed == ()
    assert len(report(small, alerts=(FAST,)).objectives[0].listed) == 1
    assert "1 smaller incident without an alert, under 1% of its budget, is not listed." in as_markdown(
        report(small)
    )
    twice = replace(small, faulty=(*small.faulty, Faulty(START + 9_600, 3.0)))
    assert "2 smaller incidents without an alert, each under" in as_markdown(report(twice))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99499999, "99.4999%"),
        (0.995, "99.5%"),
        (1.0, "100%"),
        (0.99999999, "99.9999%"),
        (0.0, "0%"),
        (None, "–"),
    ],
)
def test_a_share_is_never_rounded_to_the_better_side(value: float | None, text: str) -> None:
    assert share(value) == text


def test_other_numbers() -> None:
    shares = (0.0, 0.0004, 0.9999, 1.0, 2.5, -0.1873)
    assert [percent(one) for one in shares] == [
        "0%",
        "<0.1%",
        "99.9%",
        "100%",
        "250%",
        "-18.7%",
    ]
    assert [margin_text(one) for one in (0.0038, -0.00001, 0.0)] == ["+0.38 pp", "-0.001 pp", "0 pp"]


def test_no_objective_one_and_a_hundred() -> None:
    empty = report()
    assert headline(empty) == "No objective or promise is known in this period."
    assert "No objective was recorded in this period." in as_html(empty)
    words = as_markdown(empty)
    assert all(one in words for one in ("No incident is listed.", "No page fired."))
    assert not any(one in words for one in ("Every page", "Every listed", "Every evaluation"))
    assert headline(report(objective("a-b"))) == "Of 1 objective or promise, 1 is met."
    many = report(
        *(
            replace(objective(f"service{number}-slo", bad=0.02), faulty=faulty(60, 200))
            for number in range(100)
        )
    )
    assert headline(many) == "Of 100 objectives and promises, 100 are missed."
    page = as_html(many)
    assert page.count("<svg") == 200
    assert len(page) < 1_500_000
    assert as_markdown(many).count("\n## ") > 100
    assert len(json.loads(as_json(many))["objectives"]) == 100
