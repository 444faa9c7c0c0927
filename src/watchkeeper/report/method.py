"""How the report's numbers are made, in sentences that the report itself contains."""

from __future__ import annotations

from watchkeeper.report.figures import Report
from watchkeeper.report.incident import LEAST_SHARE
from watchkeeper.report.objective_figures import LEAST_COVERAGE, LEAST_LEFT
from watchkeeper.report.reporting_period import ROLLUP
from watchkeeper.report.words import count, percent

# An event has its whole weight 105 seconds after it happened, with the default intervals. A rollup that begins in the
# period ends up to five minutes after it: Prometheus chooses where in five minutes it records each objective's.
_SEEN = 105
_INCIDENT = (
    "5-minute rollups with more bad events than the target allows, less than 15 minutes apart; start and end are the first "
    "and the last evaluation over the target"
)


def method(report: Report) -> tuple[tuple[str, str], ...]:
    """Return pairs of a term and its definition."""
    period = report.period
    common = (
        (
            "good and bad events",
            "what the indicator of the objective counts, such as requests and answers with 5xx",
        ),
        (
            "rollup",
            "good and bad events a second, recorded every 5 minutes; a sum of rollups times 300 is a number of events",
        ),
        ("mean traffic", "all events / recorded time"),
        ("actual", "1 − bad events / (mean traffic × elapsed time): time without a record counts as healthy"),
        ("missed", "bad events > error budget; this is certain, since gaps count as healthy"),
        (
            "not enough data",
            f"not missed, and under {percent(LEAST_COVERAGE)} of the evaluations are there, or there was no event",
        ),
        ("coverage", "evaluations that were recorded / evaluations of the elapsed time"),
    )
    if report.audience == "customer":
        return common
    risk = (
        "the period still runs, and at its pace so far the budget would be spent before the end"
        if period.kind != "window"
        else f"under {percent(LEAST_LEFT)} of the budget is left"
    )
    return (
        *common,
        (
            "error budget",
            "(1 − target) × mean traffic × the whole period, also as time: (1 − target) × the whole period",
        ),
        ("budget spent", "bad events / error budget"),
        ("at risk", risk),
        ("if gaps were bad", "actual, if every event at mean traffic had failed that was not recorded"),
        ("incident", _INCIDENT),
        ("listed", f"incidents over {percent(LEAST_SHARE)} of the budget, and those with an alert"),
        ("page", "the alert FastBurn, and every alert of severity critical"),
        ("notified", "the receivers of the route that takes the alert in today's spec"),
        (
            "MTTR, MTBF",
            "mean length of the incidents that are over; time outside of incidents / number of incidents, per objective",
        ),
        (
            "target that changed",
            "the target at the end of the period decides; each part is shown with its own",
        ),
        (
            "ratio of the period",
            "each objective is judged over this period, whatever the window of its alerts is",
        ),
    )


def accuracy(report: Report) -> str:
    """Return the bound that applies to this period's numbers."""
    traffic = max((one.sums.mean for one in report.objectives), default=0.0)
    return (
        "As long as samples arrive, every event counts once. "
        f"Events of the last {_SEEN} s before either edge of the period, and of the first {ROLLUP} s after it, may count on the "
        f"edge's other side, at most {count(ROLLUP * traffic)} events at each with the traffic of the busiest objective; no "
        "event counts in two periods. "
        "Starts and ends of incidents are known to 45 s and 105 s. "
        "A restart loses the events since the last scrape, at most 15 s; failed scrapes, new and vanished targets change "
        "a minute or two of what one target counted. docs/reference/accuracy.md has each case with its bound."
    )
