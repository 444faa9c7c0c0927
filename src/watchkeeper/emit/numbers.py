"""Exact numbers in plain notation: what is written is what was decided, to the last digit."""

from __future__ import annotations

from decimal import Decimal


def plain(value: Decimal) -> str:
    """Return every digit without an exponent; raise ValueError for NaN and infinity."""
    if not value.is_finite():
        raise ValueError(f"{value} is not a number that a file can hold")
    return format(value, "f")


def refuse(value: object) -> TypeError:
    """Return the error for a value that no emitter writes; floats are named with the way out."""
    if isinstance(value, float):
        return TypeError(f"float {value!r} is not exact: use Decimal")
    return TypeError(f"{type(value).__name__} cannot be written: {value!r}")
