"""The label matcher of one histogram bucket."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper import contract


def bucket_matcher(bound: Decimal, *, external: bool) -> tuple[str, str, str]:
    """Return the `le` matcher of the bucket that ends at `bound`.

    Our own package writes a whole number as `1.0`. Other exporters may write `1`; Prometheus 2 stores what they wrote,
    Prometheus 3 and OpenMetrics store `1.0`. All of them write a fraction alike.
    """
    text = contract.le(float(bound))
    bare = text.removesuffix(".0")
    if external and bare != text:
        return ("le", "=~", rf"{bare}|{bare}\.0")
    return ("le", "=", text)
