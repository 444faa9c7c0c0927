"""A route and a receiver of its own for each receiver of the spec, which only alerts of a drill reach.

The settings are those that real notifications use; a drill has no service, which every inhibit rule asks for.
"""

from __future__ import annotations

from typing import Final

from watchkeeper import naming
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.plan.drill_route import DRILL_GROUP_BY, DRILL_INTERVAL, DRILL_REPEAT, DRILL_WAIT
from watchkeeper.plan.plan import Routing

_WHY: Final = (
    "`watchkeeper drill --receivers` sends one marked message to each receiver through these routes."
)


def drill_routes(routing: Routing) -> list[Value]:
    """Return the route of drills, which comes before all others; nothing continues from it."""
    if not routing.receivers:
        return []
    each = [
        {
            "receiver": naming.drill_receiver(receiver.name),
            "matchers": [f'{naming.DRILL_LABEL} = "{receiver.name}"'],
        }
        for receiver in routing.receivers
    ]
    route: dict[str, Value] = {
        "matchers": Commented([f'{naming.DRILL_LABEL} != ""'], _WHY),
        "group_by": list(DRILL_GROUP_BY),
        "group_wait": str(DRILL_WAIT),
        "group_interval": str(DRILL_INTERVAL),
        "repeat_interval": str(DRILL_REPEAT),
        "routes": each,
    }
    return [route]
