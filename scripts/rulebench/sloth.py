"""Rules of Sloth's documented shape: an error ratio from raw counters for each window, 30d as the mean of the 5m ones.

Three groups an SLO: seven raw windows and the period, seven rules of metadata, a page and a ticket.
"""

from __future__ import annotations

from typing import Any

from .subject import BUDGET, OBJECTIVE, RuleGroup, Subject, alert, recording

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
PERIOD_DAYS = 30
_PERIOD = f"{PERIOD_DAYS}d"
_PAGE = (("5m", "1h", "14.4"), ("30m", "6h", "6"))
_TICKET = (("2h", "1d", "3"), ("6h", "3d", "1"))
_SHARED = "sloth_id, sloth_slo, sloth_service"


def ratio_series(window: str) -> str:
    """Return the series that holds the error ratio of a window."""
    return f"slo:sli_error:ratio_rate{window}"


def groups(subject: Subject) -> tuple[RuleGroup, ...]:
    """Return the SLO's groups; none has an interval of its own."""
    return (
        {"name": f"sloth-slo-sli-recordings-{subject.id}", "rules": _ratios(subject)},
        {"name": f"sloth-slo-meta-recordings-{subject.id}", "rules": _metadata(subject)},
        {"name": f"sloth-slo-alerts-{subject.id}", "rules": _alerts(subject)},
    )


def labels(subject: Subject) -> dict[str, str]:
    """Return what every series of the SLO carries."""
    return {"sloth_id": subject.id, "sloth_service": subject.service, "sloth_slo": subject.slo}


def _own(subject: Subject) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in labels(subject).items()) + "}"


def _ratios(subject: Subject) -> list[dict[str, Any]]:
    raw = [
        recording(
            ratio_series(window),
            f"(sum(rate({subject.bad}[{window}])))\n/\n(sum(rate({subject.total}[{window}])))",
            {**labels(subject), "sloth_window": window},
        )
        for window in WINDOWS
    ]
    short = f"{ratio_series(WINDOWS[0])}{_own(subject)}[{_PERIOD}]"
    mean = f"sum_over_time({short})\n/ ignoring (sloth_window)\ncount_over_time({short})"
    return [*raw, recording(ratio_series(_PERIOD), mean, {**labels(subject), "sloth_window": _PERIOD})]


def _metadata(subject: Subject) -> list[dict[str, Any]]:
    own = _own(subject)

    def burn(window: str) -> str:
        return f"{ratio_series(window)}{own}\n/ on({_SHARED}) group_left\nslo:error_budget:ratio{own}"

    exprs = {
        "slo:objective:ratio": f"vector({OBJECTIVE} / 100)",
        "slo:error_budget:ratio": f"vector(1 - {OBJECTIVE} / 100)",
        "slo:time_period:days": f"vector({PERIOD_DAYS})",
        "slo:current_burn_rate:ratio": burn(WINDOWS[0]),
        "slo:period_burn_rate:ratio": burn(_PERIOD),
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{own}",
        "sloth_slo_info": "vector(1)",
    }
    return [recording(name, expr, labels(subject)) for name, expr in exprs.items()]


def _alerts(subject: Subject) -> list[dict[str, Any]]:
    return [
        alert(f"{subject.id}-burn", _either(subject, tiers), {"sloth_severity": severity})
        for severity, tiers in (("page", _PAGE), ("ticket", _TICKET))
    ]


def _either(subject: Subject, tiers: tuple[tuple[str, str, str], ...]) -> str:
    def over(window: str, factor: str) -> str:
        return f"max({ratio_series(window)}{_own(subject)} > ({factor} * {BUDGET})) without (sloth_window)"

    return "\nor\n".join(f"(\n{over(short, f)}\nand\n{over(long, f)}\n)" for short, long, f in tiers)
