"""The label matcher of some values of a label."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What RE2 reads as an operator; nothing else needs a backslash.
_OPERATORS = re.compile(r"[\\.+*?()|\[\]{}^$]")


def matcher_of(label: str, values: Sequence[str], *, is_excluded: bool) -> tuple[str, str, str]:
    """Return the matcher; several values become a regular expression, which Prometheus anchors."""
    if len(values) == 1:
        return (label, "!=" if is_excluded else "=", values[0])
    pattern = "|".join(_OPERATORS.sub(r"\\\g<0>", value) for value in values)
    return (label, "!~" if is_excluded else "=~", pattern)
