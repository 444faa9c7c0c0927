"""The condition under which a fast burn is no second page: the service was down, and somebody was paged for that.

An outage stays in a burn's windows after the service answers again. An inhibition ends with the alert that the service
is down, so the burn would page after the recovery. A burn that fires already is left alone: if it ended while it is
inhibited, Alertmanager would never send that it is resolved, and its next page would be lost.
"""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.emit.promql import selector
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.plan.slo.base_window import BaseWindow
from watchkeeper.plan.slo.tiers import Tier

_MINUTE = Duration.parse("1m")
_LONGEST_WAIT = Duration.parse("5m")
"""A page of a burn waits no longer than this for the alert that the service is down."""


def outage_states(service: Service, slo: Slo) -> tuple[str, ...]:
    """Return the states of the page that the service is down in which a fast burn of the SLO is no further page.

    None where there is no such page, or where the burn is none itself.
    """
    holds = [alert.hold for alert in service.alerts if _is_page(alert.preset, alert.severity)]
    if not holds or slo.alerting.page != "critical":
        return ()
    return ("firing", "pending") if min(holds) <= _LONGEST_WAIT else ("firing",)


def unless_outage_paged(
    states: tuple[str, ...],
    service: str,
    tier: Tier,
    base: BaseWindow,
    own: str,
    *,
    each: str = "",
    grouped: str = "",
) -> str:
    """Return the part of a tier's condition that leaves out an outage which is paged; `own` is the burn's name.

    Of an objective by a label, `each` has a value for each of the label's, and `grouped` keeps them apart: a burn of
    one value that fires already says nothing of the others.
    """
    fired = _down(service, "firing", range=str(remains(tier.short, base)))
    explained = f"max_over_time({fired})"
    if "pending" in states:
        explained += f"\n        or\n          {_down(service, 'pending')}"
    own_alert = (("alertname", "=", own), ("alertstate", "=", "firing"), ("service", "=", service))
    of_each = f"{each}\n      and on ()\n        " if each else ""
    return (
        f"\n  unless\n    (\n        {of_each}max(\n          {explained}\n        )"
        f"\n      unless\n        max{grouped}({selector('ALERTS', own_alert)})\n    )"
    )


def held_by_outage(service: str, own: str, *, grouped: str = "") -> str:
    """Return a condition that keeps a firing burn, named `own`, until the page that mutes it ends.

    Where downtime is a gap, the burn's windows run empty during the outage. Its value is 0: nothing is counted.
    `grouped` keeps the burns of an objective by a label apart.
    """
    own_alert = (("alertname", "=", own), ("alertstate", "=", "firing"), ("service", "=", service))
    on_any = " on ()" if grouped else ""
    return (
        f"(\n    0 * max{grouped}({selector('ALERTS', own_alert)})"
        f"\n  and{on_any}\n    max({_down(service, 'firing')})\n)"
    )


def _is_page(preset: str | None, severity: str) -> bool:
    return preset == "service_down" and severity == "critical"


def _down(service: str, state: str, *, range: str | None = None) -> str:  # noqa: A002
    matchers = (
        (naming.KIND_LABEL, "=", "service_down"),
        ("alertstate", "=", state),
        ("service", "=", service),
        ("severity", "=", "critical"),
    )
    return selector("ALERTS", matchers, range=range)


def remains(short: Duration, base: BaseWindow) -> Duration:
    """Return how long an outage can stay in a short window after its alert has ended, in whole minutes."""
    late = base.lag.milliseconds + base.down.milliseconds + base.evaluation.milliseconds
    minute = _MINUTE.milliseconds
    return Duration(-(-(short.milliseconds + late) // minute) * minute)
