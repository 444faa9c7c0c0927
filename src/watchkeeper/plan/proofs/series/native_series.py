"""The series of a native histogram, in promtool's notation: one bucket just within the threshold, one just beyond it."""

from __future__ import annotations

from decimal import Decimal
from math import ceil, floor, log2

from watchkeeper.plan.proofs.series.samples import Series

# 16 buckets for each doubling: bounds grow by 4.4%, so a threshold that is wrong by a tenth counts other buckets.
_SCHEMA = 4


def native_series(text: str, threshold: Decimal) -> Series:
    """Return a native histogram whose good observations are within the threshold; slower ones are bad.

    Bucket i ends at 2^(i/16). Where the threshold is no such bound, the bucket that contains it stays empty: a fraction
    of it would be interpolated.
    """
    place = log2(float(threshold)) * 2**_SCHEMA
    within, beyond = floor(round(place, 9)), ceil(round(place, 9)) + 1
    empty = " 0" * (beyond - within - 1)
    layout = f"{{{{{{{{schema:{_SCHEMA} count:{{count}} sum:{{count}} offset:{within} buckets:[{{good}}{empty} {{bad}}]}}}}}}}}"
    return Series(text, "native", good=1, bad=1, value=layout)
