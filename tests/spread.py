"""How `make test` spreads tests over processes: what shares something runs in one, what waits long begins first."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

# Most of their time these wait for alerts, containers or processes; begun last, they would keep the others waiting.
LONG = ("tests/integration/", "tests/containers/", "tests/tools/", "tests/grafana/", "tests/contract/")
# One engine, one set of images.
_ENGINE = (
    "tests/containers/",
    "tests/integration/test_compose_mode.py",
    "tests/integration/test_fetched_images.py",
)
# One stack, whose faults and their remedies take turns.
_CHAOS = "tests/integration/chaos/"
# Each of these drills a stack of its own.
_APART = ("tests/integration/test_drill.py",)


class Spread(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives out files whole, in the order of collection, save those whose tests share more or nothing at all."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_ENGINE):
            return "engine"
        if nodeid.startswith(_CHAOS):
            return "chaos"
        return nodeid if nodeid.startswith(_APART) else nodeid.split("::", 1)[0]


def long_first(nodeid: str) -> int:
    """Return the place of a test's folder among the long ones, the same in every process."""
    return next((place for place, folder in enumerate(LONG) if nodeid.startswith(folder)), len(LONG))
