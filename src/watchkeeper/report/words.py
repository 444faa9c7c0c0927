"""How the report writes numbers, times and verdicts; no share is rounded to the better side."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from watchkeeper.plan.human_format import clock, percentage
from watchkeeper.report.figures import Report
from watchkeeper.report.objective_figures import State
from watchkeeper.report.reporting_period import ReportingPeriod

NONE = "–"
# Text and shape: color is never the only sign.
SIGNS: dict[State, str] = {
    "met": "✔ met",
    "missed": "✘ missed",
    "at risk": "▲ at risk",
    "not enough data": "? not enough data",
}
_FINEST = Decimal("0.0001")


def share(ratio: float | None) -> str:
    """Return a share of good events as a percentage, rounded down: 99.4999% is not 99.5%."""
    if ratio is None:
        return NONE
    return _percent(Decimal(repr(ratio)), ROUND_FLOOR)


def target_text(target: Decimal | None) -> str:
    """Return a target with all of its digits."""
    return NONE if target is None else percentage(target.normalize())


def margin_text(margin: float | None) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    if margin is None:
        return NONE
    text = f"{(Decimal(repr(margin)) * 100).quantize(_FINEST, ROUND_FLOOR).normalize():+f}"
    return f"{'0' if text in ('+0', '-0') else text} pp"


def percent(ratio: float | None) -> str:
    """Return a share of a budget or of time: 0%, <0.1%, 12.3%, 250%."""
    if ratio is None:
        return NONE
    value = Decimal(repr(ratio)) * 100
    if 0 < value < Decimal("0.1"):
        return "<0.1%"
    # 99.99% of the evaluations are not all of them.
    rounding = ROUND_FLOOR if 0 < value < 100 else ROUND_HALF_EVEN
    text = f"{value.quantize(Decimal('0.1'), rounding):f}".removesuffix(".0")
    return f"{'0' if text == '-0' else text}%"


def count(number: float | None) -> str:
    """Return a number of events, with separators; below ten with one digit."""
    if number is None:
        return NONE
    if abs(number) < 10 and abs(number - round(number)) > 0.05:
        return f"{number:.1f}"
    return f"{number:,.0f}"


def length(seconds: float | None) -> str:
    """Return a length of time in its two largest units, with a sign where it is negative."""
    if seconds is None:
        return NONE
    return f"-{clock(-seconds)}" if seconds < -0.5 else clock(max(0.0, seconds))


def moment_text(when: float | None, period: ReportingPeriod) -> str:
    """Return a moment in the period's time zone."""
    return NONE if when is None else period.local(when).strftime("%Y-%m-%d %H:%M:%S")


def period_text(period: ReportingPeriod) -> str:
    """Return the period with its ends and time zone."""
    start, end = (period.local(when).strftime("%Y-%m-%d %H:%M") for when in (period.start, period.end))
    return f"{period.name}: {start} to {end}, {period.zone}"


def headline(report: Report) -> str:
    """Return the report in one sentence."""
    states = report.states
    what = "promise" if report.audience == "customer" else "objective or promise"
    whats = "promises" if report.audience == "customer" else "objectives and promises"
    total = sum(states.values())
    if not total:
        return f"No {what} is known in this period."
    parts = [
        f"{number} {_WORDS[state] if number == 1 else _PLURALS[state]}" for state, number in states.items()
    ]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    running = " so far; the period still runs" if report.period.is_running else ""
    return f"Of {total} {what if total == 1 else whats}, {listed}{running}."


_WORDS: dict[State, str] = {
    "met": "is met",
    "missed": "is missed",
    "at risk": "is at risk",
    "not enough data": "has not enough data",
}
_PLURALS: dict[State, str] = {
    "met": "are met",
    "missed": "are missed",
    "at risk": "are at risk",
    "not enough data": "have not enough data",
}


def _percent(ratio: Decimal, rounding: str) -> str:
    return f"{(ratio * 100).quantize(_FINEST, rounding).normalize():f}%"
