"""The same rules, routes and dashboards for monitoring that is there already: one target an output, each with its limits."""

from collections.abc import Callable, Mapping
from typing import Final

from watchkeeper.plan.plan import Plan
from watchkeeper.targets import mimir, operator, thanos, vmalert
from watchkeeper.targets.lateness import evaluated_by
from watchkeeper.targets.target_limits import DoesNotFit
from watchkeeper.targets.target_profile import PROFILES

__all__ = ["PROFILES", "RENDERERS", "DoesNotFit", "evaluated_by"]

RENDERERS: Final[Mapping[str, Callable[[Plan], dict[str, str]]]] = {
    "operator": operator.render,
    "mimir": mimir.render,
    "thanos": thanos.render,
    "vmalert": vmalert.render,
}
"""The files of each target, for a folder of their own."""
