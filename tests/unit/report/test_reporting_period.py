"""Periods of a report: calendar months in a time zone, days of 23 and 25 hours, the period before."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from watchkeeper.report.reporting_period import ReportingPeriod, Wanted, reporting_period

HOUR, DAY = 3_600, 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp())


NOW = at("2026-11-28T12:34:56")


def wanted(**words: str) -> ReportingPeriod:
    return reporting_period(Wanted(**words), at=NOW)


def test_a_month_ends_where_the_next_begins() -> None:
    found = wanted(month="2026-10")
    assert (found.start, found.end, found.until) == (at("2026-10-01"), at("2026-11-01"), at("2026-11-01"))
    assert (found.name, found.is_running) == ("2026-10", False)
    assert wanted(month="2025-12").end == at("2026-01-01")


def test_a_month_in_a_time_zone_has_its_lost_or_doubled_hour() -> None:
    autumn = wanted(month="2026-10", zone="Europe/Berlin")
    assert (autumn.start, autumn.end) == (at("2026-09-30T22:00"), at("2026-10-31T23:00"))
    lengths = {date: (end - start) // HOUR for date, start, end in autumn.days()}
    assert len(lengths) == 31
    assert (lengths["2026-10-24"], lengths["2026-10-25"], lengths["2026-10-26"]) == (24, 25, 24)
    spring = wanted(month="2026-03", zone="Europe/Berlin")
    assert {(end - start) // HOUR for _, start, end in spring.days()} == {23, 24}
    assert sum(end - start for _, start, end in spring.days()) == spring.seconds


def test_a_zone_of_half_an_hour_begins_at_its_midnight() -> None:
    found = wanted(month="2026-10", zone="Asia/Kolkata")
    assert found.start == at("2026-09-30T18:30")
    assert len(list(found.days())) == 31


def test_a_quarter_and_the_one_before() -> None:
    found = wanted(quarter="2026-q1")
    assert (found.name, found.start, found.end) == ("2026-Q1", at("2026-01-01"), at("2026-04-01"))
    before = found.previous()
    assert (before.name, before.start, before.end) == ("2025-Q4", at("2025-10-01"), at("2026-01-01"))


def test_a_running_period_is_known_up_to_the_last_rollup() -> None:
    found = wanted(month="2026-11")
    assert found.is_running
    assert (found.until, found.end) == (at("2026-11-28T12:25"), at("2026-12-01"))
    assert list(found.days())[-1] == ("2026-11-28", at("2026-11-28"), at("2026-11-28T12:25"))
    assert found.previous().name == "2026-10"


def test_what_ends_now_ends_with_the_record_and_does_not_run() -> None:
    found = wanted(start="-1h")
    assert (found.start, found.end, found.is_running) == (
        at("2026-11-28T11:30"),
        at("2026-11-28T12:25"),
        False,
    )
    month = reporting_period(Wanted(month="2026-10"), at=at("2026-11-01T00:04:59"))
    assert month.is_running, "the rollup that began in its last minutes is not there yet"
    assert not reporting_period(Wanted(month="2026-10"), at=at("2026-11-01T00:05")).is_running


def test_a_window_ends_now_and_a_span_where_it_says() -> None:
    window = wanted()
    assert (window.end, window.seconds, window.is_running) == (at("2026-11-28T12:25"), 30 * DAY, False)
    assert window.previous().end == window.start
    span = wanted(start="2026-11-02", end="2026-11-09T06:00:00Z")
    assert (span.start, span.end, span.name) == (
        at("2026-11-02"),
        at("2026-11-09T06:00"),
        "2026-11-02 to 2026-11-09 06:00",
    )
    berlin = wanted(start="2026-11-02", end="-1d", zone="Europe/Berlin")
    assert (berlin.start, berlin.end) == (at("2026-11-01T23:00"), at("2026-11-27T12:30"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"month": "2026-00"}, "--month: '2026-00' is no month"),
        ({"month": "26-10"}, "--month"),
        ({"quarter": "2026-Q0"}, "--quarter"),
        ({"window": "0s"}, "--window"),
        ({"window": "7m"}, "in steps of 5m"),
        ({"start": "2026-11-02", "end": "2026-11-02"}, "the period is empty"),
        ({"start": "2024-01-01"}, "longer than 400 days"),
        ({"month": "2026-12"}, "2026-12 has not begun"),
        (
            {"start": "-0s", "end": "2027-01-01"},
            "has no record yet at the time of the report; wait ten minutes",
        ),
        ({"start": "-5m"}, "has no record yet"),
        ({"zone": "../etc/passwd"}, "is no time zone"),
        ({"zone": ""}, "is no time zone"),
    ],
)
def test_what_is_no_period_is_a_sentence(words: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wanted(**words)
