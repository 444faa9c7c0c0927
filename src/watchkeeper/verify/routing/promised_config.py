"""The promise of a spec about notifications, from the plan: what the published alertmanager.yml must amount to."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Proxy
from watchkeeper.plan.drill_route import DRILL_GROUP_BY, DRILL_INTERVAL, DRILL_REPEAT, DRILL_WAIT
from watchkeeper.plan.plan import Matcher, PlannedRoute, Routing
from watchkeeper.verify.routing.integration_promise import promised, promised_switch, proxy_settings
from watchkeeper.verify.routing.routing_config import (
    InhibitEntry,
    IntervalEntry,
    ReceiverEntry,
    RouteNode,
    RoutingConfig,
)
from watchkeeper.verify.routing.week_hours import hours_of_spec


def promised_config(routing: Routing) -> RoutingConfig:
    """Return the promise: the Watchdog and drills apart, the first planned route that fits takes an alert."""
    watchdog = () if routing.watchdog is None else (_watchdog(routing),)
    fallback = _planned(routing.fallback)
    drills = (_drills(routing),) if routing.receivers else ()
    proxy = _proxy(routing.proxy)
    receivers = {
        route.receiver: ReceiverEntry(tuple(promised(one, proxy) for one in route.integrations))
        for route in (routing.fallback, *routing.routes)
    }
    receivers |= {
        naming.drill_receiver(one.name): ReceiverEntry((promised(one, proxy),)) for one in routing.receivers
    }
    if routing.watchdog is not None:
        receivers[naming.WATCHDOG_RECEIVER] = ReceiverEntry(promised_switch(routing.watchdog))
    return RoutingConfig(
        root=RouteNode(
            line=0,
            matchers=(),
            receiver=fallback.receiver,
            group_by=fallback.group_by,
            group_wait=fallback.group_wait,
            group_interval=fallback.group_interval,
            repeat_interval=fallback.repeat_interval,
            routes=(*watchdog, *drills, *map(_planned, routing.routes)),
        ),
        receivers=receivers,
        inhibitions=tuple(
            InhibitEntry(one.name, one.source_matchers, one.target_matchers, one.equal)
            for one in routing.inhibitions
        ),
        intervals={
            one.name: IntervalEntry(hours_of_spec(one)) for one in (*routing.mutes, *routing.active_hours)
        },
        proxy=proxy,
    )


def _proxy(proxy: Proxy | None) -> dict[str, object]:
    if proxy is None:
        return {}
    if proxy.url is None:
        return {"proxy_from_environment": True}
    return proxy_settings(proxy.url, proxy.direct)


def _planned(route: PlannedRoute) -> RouteNode:
    return RouteNode(
        line=0,
        matchers=route.matchers,
        receiver=route.receiver,
        group_by=frozenset(route.group_by),
        group_wait=route.group_wait,
        group_interval=route.group_interval,
        repeat_interval=route.repeat_interval,
        muted_in=route.mutes,
        active_in=route.active_hours,
        continues=route.continues,
    )


def _watchdog(routing: Routing) -> RouteNode:
    assert routing.watchdog is not None
    return RouteNode(
        line=0,
        matchers=routing.watchdog.matchers,
        receiver=naming.WATCHDOG_RECEIVER,
        group_by=frozenset({"alertname"}),
        group_wait=Duration(0),
        group_interval=routing.watchdog.group_interval,
        repeat_interval=routing.watchdog.repeat_interval,
    )


def _drills(routing: Routing) -> RouteNode:
    """Return the route of drills: each receiver has its own, and an unknown one shows itself at the fallback."""

    def drill(receiver: str, matcher: Matcher, routes: tuple[RouteNode, ...] = ()) -> RouteNode:
        return RouteNode(
            line=0,
            matchers=(matcher,),
            receiver=receiver,
            group_by=frozenset(DRILL_GROUP_BY),
            group_wait=DRILL_WAIT,
            group_interval=DRILL_INTERVAL,
            repeat_interval=DRILL_REPEAT,
            routes=routes,
        )

    own = (
        drill(naming.drill_receiver(one.name), (naming.DRILL_LABEL, "=", one.name))
        for one in routing.receivers
    )
    return drill(routing.fallback.receiver, (naming.DRILL_LABEL, "!=", ""), tuple(own))
