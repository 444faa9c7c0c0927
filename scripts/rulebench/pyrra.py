"""Rules of Pyrra's documented shape, over its own four weeks: burn rates from raw counters, and one raw increase.

Two groups an SLO: the burn rates with their four alerts each evaluation, the increase every two and a half minutes.
"""

from __future__ import annotations

from typing import Any

from .subject import BUDGET, RuleGroup, Subject, alert, recording

PERIOD_DAYS = 28
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "4d")
_PERIOD = "4w"
_INCREASE_EVERY = "2m30s"
_TIERS = (
    ("5m", "1h", "14", "2m", "critical"),
    ("30m", "6h", "7", "15m", "critical"),
    ("2h", "1d", "2", "1h", "warning"),
    ("6h", "4d", "1", "3h", "warning"),
)
_ABSENT_FOR = "2m"


def groups(subject: Subject) -> tuple[RuleGroup, ...]:
    """Return the SLO's groups."""
    return (
        {"name": f"pyrra-{subject.id}", "rules": [*_burn_rates(subject), *_alerts(subject)]},
        {"name": f"pyrra-{subject.id}-increase", "interval": _INCREASE_EVERY, "rules": _increase(subject)},
    )


def burn_series(window: str) -> str:
    """Return the series that holds the error ratio of a window."""
    return f"http_requests:burnrate{window}"


def _labels(subject: Subject) -> dict[str, str]:
    return {"slo": f"pyrra-{subject.id}"}


def _burn_rates(subject: Subject) -> list[dict[str, Any]]:
    return [
        recording(
            burn_series(window),
            f"sum(rate({subject.bad}[{window}]))\n/\nsum(rate({subject.total}[{window}]))",
            _labels(subject),
        )
        for window in WINDOWS
    ]


def _alerts(subject: Subject) -> list[dict[str, Any]]:
    def over(window: str, factor: str) -> str:
        return f'{burn_series(window)}{{slo="pyrra-{subject.id}"}} > ({factor} * {BUDGET})'

    return [
        alert(
            "ErrorBudgetBurn",
            f"{over(short, factor)}\nand\n{over(long, factor)}",
            {**_labels(subject), "severity": severity, "short": short, "long": long},
            hold,
        )
        for short, long, factor, hold, severity in _TIERS
    ]


def _increase(subject: Subject) -> list[dict[str, Any]]:
    expr = f"sum by (status_code) (increase({subject.total}[{_PERIOD}]))"
    absent = alert(
        "SLOMetricAbsent",
        f"absent({subject.total}) == 1",
        {**_labels(subject), "severity": "critical"},
        _ABSENT_FOR,
    )
    return [recording(f"http_requests:increase{_PERIOD}", expr, _labels(subject)), absent]
