"""Compare a published routing with the promise of a plan, for every alert and for strangers that are nearly one."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.plan.plan import Plan
from watchkeeper.verify.routing.compare_inhibitions import inhibition_faults
from watchkeeper.verify.routing.compare_receivers import Contents
from watchkeeper.verify.routing.compare_routes import RouteCheck
from watchkeeper.verify.routing.promised_config import promised_config
from watchkeeper.verify.routing.route_walk import RouteWalk
from watchkeeper.verify.routing.routing_config import RouteNode, RoutingConfig
from watchkeeper.verify.routing.routing_fault import FILE, RoutingFault, gathered
from watchkeeper.verify.routing.witnesses import Witness, alerts_of, strangers


@dataclass(frozen=True, slots=True)
class Comparison:
    """The witnesses, alerts first, each with its published routes; what each alert reaches; and what is wrong."""

    witnesses: tuple[Witness, ...]
    taken: tuple[tuple[RouteNode, ...], ...]
    reached: tuple[tuple[str, ...], ...]
    route_faults: tuple[RoutingFault, ...]
    inhibition_faults: tuple[RoutingFault, ...]

    @property
    def faults(self) -> tuple[RoutingFault, ...]:
        """Return everything that is wrong."""
        return (*self.route_faults, *self.inhibition_faults)


def compared(plan: Plan, published: RoutingConfig) -> Comparison:
    """Return what a published routing does for the alerts of a plan, and where that is not what the plan promises."""
    promised = promised_config(plan.routing)
    promise, walk = RouteWalk(promised.root), RouteWalk(published.root)
    alerts = alerts_of(plan)
    everyone = (*alerts, *strangers(plan, alerts, promised.root))
    contents = Contents(published, promised)
    check = RouteCheck(published, promised, contents)
    taken = tuple(walk.taken(one.labels) for one in everyone)
    wanted = [promise.taken(one.labels) for one in everyone]
    faults = [*contents.faults()]
    if published.proxy != promised.proxy:
        faults.append((FILE, "the proxy of notifications is not that of the spec", ""))
    for one, has, wants in zip(everyone, taken, wanted, strict=True):
        faults += check.faults(one, has, wants)
    return Comparison(
        witnesses=everyone,
        taken=taken,
        reached=tuple(check.reached(*pair) for pair in zip(taken[: len(alerts)], wanted, strict=False)),
        route_faults=gathered(faults),
        inhibition_faults=gathered(inhibition_faults(alerts, published, promised)),
    )
