"""Whether the rules that Prometheus runs are those of the spec on the disk."""

from __future__ import annotations

from typing import Literal

from watchkeeper import naming
from watchkeeper.backends import rules
from watchkeeper.local_http import NoAnswer
from watchkeeper.plan.plan import Plan
from watchkeeper.prometheus_api import instant

Loaded = Literal["current", "outdated", "unknown"]


def loaded_rules(plan: Plan, prometheus: str) -> Loaded:
    """Return whether the rules of that Prometheus are those of a plan; unknown while it records no hash."""
    try:
        samples = instant(prometheus, naming.SPEC_INFO)
    except NoAnswer:
        return "unknown"
    found = {one.labels.get("hash", "") for one in samples}
    if not found:
        return "unknown"
    return "current" if found == {rules.rules_hash(rules.render(plan))} else "outdated"
