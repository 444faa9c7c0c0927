"""The label matchers of an indicator's filters."""

from __future__ import annotations

from watchkeeper.model.slo import Sli
from watchkeeper.model.value_matcher import matcher_of


def filter_matchers(sli: Sli) -> tuple[tuple[str, str, str], ...]:
    """Return a matcher for each filter."""
    return tuple(matcher_of(one.label, one.values, is_excluded=one.is_excluded) for one in sli.filters)
