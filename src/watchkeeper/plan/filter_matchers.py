"""The label matchers of an indicator's filters."""

from __future__ import annotations

import re

from watchkeeper.model.slo import LabelFilter, Sli

# What RE2 reads as an operator; nothing else needs a backslash.
_OPERATORS = re.compile(r"[\\.+*?()|\[\]{}^$]")


def filter_matchers(sli: Sli) -> tuple[tuple[str, str, str], ...]:
    """Return a matcher for each filter; a list becomes a regular expression, which Prometheus anchors."""
    return tuple(_matcher(one) for one in sli.filters)


def _matcher(one: LabelFilter) -> tuple[str, str, str]:
    if len(one.values) == 1:
        return (one.label, "!=" if one.is_excluded else "=", one.values[0])
    pattern = "|".join(_OPERATORS.sub(r"\\\g<0>", value) for value in one.values)
    return (one.label, "!~" if one.is_excluded else "=~", pattern)
