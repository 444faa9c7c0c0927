"""How durations and ratios are written for people."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.emit.promql import number


def clock(seconds: float) -> str:
    """Return a duration in its two largest units: `42s`, `5m12s`, `3h36m`, `2d4h`."""
    whole = round(seconds)
    for unit, size, lesser, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size}{unit}{f'{rest}{lesser}' if rest else ''}"
    return f"{whole}s"


def percentage(ratio: Decimal) -> str:
    """Return a ratio as people write it, to its last digit: `0.5%`, `99.95%`, `7.2%`."""
    return f"{number(ratio * 100)}%"
