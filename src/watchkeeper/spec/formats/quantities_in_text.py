"""Durations, percentages, objectives and windows."""

from __future__ import annotations

import re
from decimal import Decimal

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.calendar_window import LONGEST
from watchkeeper.model.duration import Duration
from watchkeeper.spec.formats.malformed import Malformed, quoted

_TEN_YEARS = Duration.parse("10y")


def duration(text: str) -> Duration:
    """Return the duration that `text` names; raise Malformed, also for a duration of zero."""
    try:
        value = Duration.parse(text)
    except ValueError:
        raise Malformed("WK105", f"{quoted(text)} is not a duration", "write 30s, 5m, 1h30m or 30d") from None
    if value.milliseconds == 0:
        raise Malformed("WK105", "the duration is zero", "write 30s, 5m, 1h30m or 30d")
    if value > _TEN_YEARS:
        raise Malformed("WK108", f"{text} is longer than ten years", "write a shorter one")
    return value


def percent(value: str | int | Decimal) -> Decimal:
    """Return a percentage as a ratio: 5 and "5%" are 0.05; raise Malformed."""
    text = str(value).strip()
    match = re.fullmatch(r"(-?[0-9]{1,10}(\.[0-9]{1,15})?)\s*%?", text, re.ASCII)
    if match is None:
        raise Malformed("WK106", f"{quoted(text)} is not a percentage", "write 5% or 99.5%")
    return Decimal(match[1]) / 100


def is_bare_fraction(value: str | int | Decimal) -> bool:
    """Return whether a percentage without its sign lies between 0 and 1, as a ratio would."""
    text = str(value).strip()
    return not text.endswith("%") and 0 < percent(text) * 100 < 1


def ratio(value: str | int | Decimal) -> Decimal:
    """Return a percentage between 0 and 100 as a ratio."""
    number = percent(value)
    if not 0 <= number <= 1:
        raise Malformed("WK108", f"{value} is not between 0% and 100%")
    return number


def budget_left(value: str | int | Decimal) -> int:
    """Return a share of an error budget in whole percent, 1 to 99."""
    number = percent(value) * 100
    if number == 0:
        message = "0% of an error budget is left when it is exhausted, and BudgetExhausted notifies of that"
        raise Malformed("WK108", message, "write 1% to 99%, or leave it out")
    if number == 100:
        raise Malformed(
            "WK108", "100% of an error budget is left before the first failure", "write 1% to 99%"
        )
    if not 0 < number < 100 or number != int(number):
        remedy = "write a whole percentage from 1% to 99%"
        raise Malformed("WK108", f"{value} is not a share of an error budget", remedy)
    return int(number)


def objective(value: str | int | Decimal) -> Decimal:
    """Return an objective as a ratio strictly between 0 and 1; a bare fraction raises Malformed."""
    number = percent(value)
    if is_bare_fraction(value):
        shown = f"{(number * 10000).normalize():f}%"
        raise Malformed(
            "WK201", f"{value} is a bare fraction, and objectives are percentages", f"did you mean {shown}?"
        )
    if number == 1:
        raise Malformed("WK202", "an objective of 100% leaves no error budget", "write 99.99% or less")
    if not 0 < number < 1:
        raise Malformed(
            "WK202", f"{value} is not an objective", "write a percentage over 0 and under 100, such as 99.5%"
        )
    return number


def slo_window(text: str) -> str:
    """Return an SLO's window as it is written: month, quarter, or a rolling one."""
    units = list(LONGEST)
    if text.isalpha() and text not in units:
        remedy = did_you_mean(text, units, "write month, quarter, or a rolling window such as 14d or 30d")
        raise Malformed("WK214", f"{quoted(text)} is not a window", remedy)
    return text if text in units else str(window(text))


def window(text: str) -> Duration:
    """Return an SLO's rolling window, 1d to 90d."""
    value = duration(text)
    if not Duration.parse("1d") <= value <= Duration.parse("90d"):
        raise Malformed(
            "WK214",
            f"a window of {text} is not between 1d and 90d",
            "write 7d, 28d, 30d, 90d, month or quarter",
        )
    return value
