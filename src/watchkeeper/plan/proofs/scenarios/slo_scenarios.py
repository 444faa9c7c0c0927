"""All stories of an SLO; those of one shape are thought out once."""

from __future__ import annotations

from functools import lru_cache

from watchkeeper.plan.proofs.scenarios.daily_pace import history
from watchkeeper.plan.proofs.scenarios.live_pace import minutes
from watchkeeper.plan.proofs.scenarios.profile import Cast
from watchkeeper.plan.proofs.scenarios.rollup_pace import days
from watchkeeper.plan.proofs.scenarios.scenario import Story


@lru_cache(maxsize=256)
def stories(cast: Cast) -> tuple[Story, ...]:
    """Return every story of SLOs with this cast; one that asks for nothing, of alerts that are off, is none."""
    told = (*minutes(cast), *days(cast), *history(cast))
    return tuple(story for story in told if story.alerts or story.values)
