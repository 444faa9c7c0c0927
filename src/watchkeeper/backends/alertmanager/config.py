"""Alertmanager's configuration: a route for each severity, receivers with their integrations, inhibitions."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.backends.alertmanager import proxy, watchdog
from watchkeeper.backends.alertmanager.drill_routes import drill_routes
from watchkeeper.backends.alertmanager.matchers import matchers
from watchkeeper.backends.alertmanager.mutes import interval
from watchkeeper.backends.alertmanager.receivers.receiver_settings import settings, templates
from watchkeeper.emit import yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Commented, Value
from watchkeeper.model.notify import Receiver
from watchkeeper.plan.plan import InhibitRule, Plan, PlannedRoute, Routing

_CONFIG = f"{naming.ALERTMANAGER}/alertmanager.yml"
_OTHER_TIMES = "The next route notifies others at all other times."
_TEXTS = f"{naming.ALERTMANAGER}/templates/watchkeeper.tmpl"


def render(plan: Plan) -> dict[str, str]:
    """Return alertmanager.yml and the notification texts; they contain the paths of secrets only."""
    routing = plan.routing
    document: dict[str, Value] = {
        **proxy.global_settings(routing.proxy),
        "templates": ["templates/*.tmpl"],
        "route": _root(routing),
        "receivers": _receivers(routing, plan),
    }
    if routing.inhibitions:
        document["inhibit_rules"] = [_inhibition(rule) for rule in routing.inhibitions]
    hours = (*routing.mutes, *routing.active_hours)
    if hours:
        document["time_intervals"] = [interval(one) for one in hours]
    header = generated_from(plan.source)
    comment = "".join(f"{{{{/* {line} */}}}}\n" for line in header.splitlines())
    return {
        _CONFIG: yaml.dump(document, header=header),
        _TEXTS: comment + templates(each.integration for each in routing.receivers),
    }


def _times(route: PlannedRoute) -> dict[str, Value]:
    return {
        "group_by": list(route.group_by),
        "group_wait": str(route.group_wait),
        "group_interval": str(route.group_interval),
        "repeat_interval": str(route.repeat_interval),
    }


def _root(routing: Routing) -> dict[str, Value]:
    root: dict[str, Value] = {"receiver": routing.fallback.receiver, **_times(routing.fallback)}
    first = [] if routing.watchdog is None else [watchdog.route(routing.watchdog)]
    root["routes"] = [*first, *drill_routes(routing), *(_child(route) for route in routing.routes)]
    return root


def _child(route: PlannedRoute) -> dict[str, Value]:
    child: dict[str, Value] = {
        "receiver": route.receiver,
        "matchers": matchers(route.matchers),
        **_times(route),
    }
    if route.mutes:
        child["mute_time_intervals"] = list(route.mutes)
    if route.active_hours:
        child["active_time_intervals"] = list(route.active_hours)
    if route.continues:
        child["continue"] = Commented(True, _OTHER_TIMES)
    return child


def _receivers(routing: Routing, plan: Plan) -> list[Value]:
    last = [] if routing.watchdog is None else [watchdog.receiver(routing.watchdog)]
    return [
        *(_receiver(route.receiver, route.integrations, plan) for route in routing.of_each_receiver),
        *(_receiver(naming.drill_receiver(each.name), (each,), plan) for each in routing.receivers),
        *last,
    ]


def _receiver(name: str, integrations: tuple[Receiver, ...], plan: Plan) -> dict[str, Value]:
    receiver: dict[str, Value] = {"name": name}
    for each in integrations:
        # Alertmanager lists a receiver's integrations by kind, such as slack_configs.
        configs = receiver.setdefault(f"{each.integration.kind}_configs", [])
        assert isinstance(configs, list)
        configs.append({**settings(each.integration, plan), **proxy.settings_of(each, plan.routing.proxy)})
    return receiver


def _inhibition(rule: InhibitRule) -> dict[str, Value]:
    return {
        **({"name": rule.name} if rule.name else {}),
        "source_matchers": matchers(rule.source_matchers),
        "target_matchers": matchers(rule.target_matchers),
        "equal": list(rule.equal),
    }
