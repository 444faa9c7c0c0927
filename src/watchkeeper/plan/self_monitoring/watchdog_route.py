"""The way of the Watchdog: to the dead-man's switch and to nobody else, or to nobody."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.spec import Spec
from watchkeeper.plan.plan import WatchdogRoute

_RARELY = Duration.parse("12h")


def watchdog_route(spec: Spec) -> WatchdogRoute | None:
    """Return the route; None where the stack has no Watchdog."""
    own, switch = spec.stack.self_monitoring, spec.notify.dead_man
    if not own.enabled or naming.WATCHDOG in own.off:
        return None
    return WatchdogRoute(
        url_file=switch.url_file if switch is not None else None,
        # No label of a user: a route that reads the alert's name would be asked about every alert apart.
        matchers=((naming.KIND_LABEL, "=", naming.WATCHDOG_KIND), ("severity", "=", "none")),
        group_interval=switch.group_interval if switch is not None else _RARELY,
        repeat_interval=switch.repeat_interval if switch is not None else _RARELY,
    )
