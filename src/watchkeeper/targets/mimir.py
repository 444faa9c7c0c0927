"""Mimir: a file a namespace for `mimirtool rules sync`, within the limits that a tenant has by default."""

from __future__ import annotations

from itertools import groupby

from watchkeeper.emit.header import generated_from
from watchkeeper.emit.rules_yaml import groups_text
from watchkeeper.emit.yaml import scalar_line
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.full_groups import full_groups
from watchkeeper.targets.placed_groups import placed_groups
from watchkeeper.targets.target_limits import too_large
from watchkeeper.targets.target_profile import MIMIR

_LATE = f"Mimir evaluates rules {MIMIR.delay} late by default: every time that `watchkeeper explain` shows is so much more."


def render(plan: Plan) -> dict[str, str]:
    """Return a file for each service, whose namespace no other file has; raise DoesNotFit over a limit."""
    groups = list(full_groups(placed_groups(plan), MIMIR.max_rules or 0))
    too_large(groups, MIMIR)
    files = {}
    for service, own in groupby(groups, key=lambda one: one.service):
        header = f"{generated_from(plan.source)}\n{_LATE}"
        text = groups_text(header, (one.group for one in own))
        before, _, after = text.partition("groups:\n")
        # `sync` fails on a namespace that is there twice, and the former rules go on.
        files[f"{service}.yaml"] = (
            f"{before}namespace: {scalar_line(f'watchkeeper-{service}')}\ngroups:\n{after}"
        )
    return files
