"""A year at a glance: each month judged by its own events, and a calendar that has room for 53 weeks."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal

from watchkeeper.report.as_html import as_html
from watchkeeper.report.as_markdown import as_markdown
from watchkeeper.report.charts import calendar
from watchkeeper.report.described import SpecFacts
from watchkeeper.report.figures import Report, report_of
from watchkeeper.report.history import Bin, History, ObjectiveHistory, TargetSince
from watchkeeper.report.monthly_table import months_table
from watchkeeper.report.reporting_period import ReportingPeriod

HOUR, DAY = 3_600, 86_400
FIRST, END = (int(datetime(year, 11, 1, tzinfo=timezone.utc).timestamp()) for year in (2025, 2026))


def bad_share(when: int) -> float:
    """Return the share of bad events: March fails, one day of May is over the target, all else is well."""
    day = f"{datetime.fromtimestamp(when - 1, timezone.utc):%m-%d}"
    return 0.02 if day.startswith("03-") else 0.05 if day == "05-20" else 0.001


def year(start: int = FIRST, recorded: int = FIRST) -> Report:
    bins = tuple(
        Bin(end - HOUR, end, 36_000 * bad_share(end), 36_000.0, 12, 120)
        for end in range(max(start, recorded) + HOUR, END + 1, HOUR)
    )
    labels = {"slo_id": "shop-slo", "service": "shop", "slo": "slo"}
    one = ObjectiveHistory("shop-slo", labels, bins, (TargetSince(start, Decimal("0.99")),))
    period = ReportingPeriod("window", "the last 365d", start, END, END, "UTC")
    return report_of(History("here", 30.0, (one,)), period, SpecFacts(), at=END)


def test_twelve_months_are_twelve_rows() -> None:
    rows = {row[0]: row[1:] for row in months_table(year().objectives[0]).rows}
    assert [*rows] == [f"2025-{month}" for month in (11, 12)] + [f"2026-{month:02}" for month in range(1, 11)]
    assert rows["2026-03"] == ("✘ missed", "98%", "535,680", "26,784,000", "31 of 31", "100%")
    # One bad day does not spend the budget of its month.
    assert rows["2026-05"][0] == "✔ met"
    assert rows["2026-05"][4] == "1 of 31"
    assert {row[0] for month, row in rows.items() if month != "2026-03"} == {"✔ met"}


def test_a_month_without_a_record_is_neither_met_nor_missed() -> None:
    since = FIRST + 50 * DAY
    rows = {row[0]: row[1:] for row in months_table(year(recorded=since).objectives[0]).rows}
    assert rows["2025-11"] == ("? not enough data", "–", "0", "0", "0 of 30", "0%")
    assert rows["2025-12"][0] == "? not enough data"
    assert rows["2026-01"][0] == "✔ met"


def test_bad_days_of_a_month_that_was_hardly_recorded_prove_nothing() -> None:
    # Ten days of March: what is missing counts as healthy, so its budget is not surely spent.
    since = FIRST + (30 + 31 + 31 + 28 + 21) * DAY
    rows = {row[0]: row[1:] for row in months_table(year(recorded=since).objectives[0]).rows}
    assert rows["2026-03"][0] == "? not enough data"
    assert rows["2026-03"][4] == "10 of 31"


def test_a_month_alone_is_read_day_by_day() -> None:
    one = year(start=END - 31 * DAY).objectives[0]
    assert months_table(one).rows == ()
    found = calendar(one, one.target)
    assert found is not None and not found.is_long


def test_a_year_is_in_each_format_with_a_calendar_of_its_own_line() -> None:
    report = year()
    found = calendar(report.objectives[0], report.objectives[0].target)
    assert found is not None and found.is_long
    assert found.sentence.startswith("32 of 365 days")
    page = as_html(report)
    assert '<figure class="long" tabindex="0">' in page
    assert "shop-slo, by month" in page
    assert "| 2026-03 | ✘ missed" in as_markdown(report)
