"""Ratios, burn rates, counts and durations in few characters."""

from __future__ import annotations

_YEAR = 365 * 86_400.0
MISSING = "-"


def percent(ratio: float | None) -> str:
    """Return a ratio as a percentage: <0.01%, 0.03%, 7.2%, 71.2%, -1235%."""
    if ratio is None:
        return MISSING
    value = 100 * ratio
    if 0 < abs(value) < 0.005:
        return "<0.01%"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 1 or value == 0 else 2
    text = f"{value:.{digits}f}"
    # 99.99% left is not all of it.
    if text == "100.0" and value < 100:
        text = "99.9"
    return f"{text.removesuffix('.0')}%".replace("-0%", "0%")


def objective_text(ratio: float | None) -> str:
    """Return an objective with all of its digits: 99.5%, 99.95%."""
    return MISSING if ratio is None else f"{round(100 * ratio, 6):g}%"


def burn(rate: float | None) -> str:
    """Return a burn rate: 0, <0.01, 0.04, 1.2, 14.4, 200."""
    if rate is None:
        return MISSING
    if 0 < rate < 0.005:
        return "<0.01"
    if rate == 0 or rate >= 100:
        return f"{rate:.0f}"
    return f"{rate:.2f}" if rate < 0.1 else f"{rate:.1f}"


def lasts(seconds: float | None) -> str:
    """Return how long a budget lasts, by the day when it is longer than ten days."""
    if seconds is None:
        return MISSING
    if seconds > _YEAR:
        return ">1y"
    return f"{seconds / 86_400:.0f}d" if seconds >= 10 * 86_400 else duration(seconds)


def count(number: float | None) -> str:
    """Return a count or a rate: 0, 0.3, 12, 999, 3.7k, 12M."""
    if number is None:
        return MISSING
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit
    return f"{number:.0f}" if number >= 9.95 or number == round(number) else f"{number:.1f}"


def duration(seconds: float) -> str:
    """Return a duration in at most its two largest units: 45s, 3m20s, 2h5m, 4d1h."""
    whole = max(0, int(seconds))
    for size, unit, small_size, small in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "m"),
        (60, "m", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // small_size
            return f"{whole // size}{unit}{f'{rest}{small}' if rest else ''}"
    return f"{whole}s"
