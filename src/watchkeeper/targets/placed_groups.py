"""The rule groups of a plan, each with the service and the place in the spec that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from watchkeeper import naming
from watchkeeper.backends import rules
from watchkeeper.emit.rules_yaml import RuleGroup, groups_text
from watchkeeper.model.position import Position
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService
from watchkeeper.plan.planned_alert import escaped_labels

Kind = Literal["live", "rollup", "alone"]


@dataclass(frozen=True, slots=True)
class PlacedGroup:
    """A rule group; `where` is the objective or the service that it is for.

    `live` and `rollup` groups are of an objective, and evaluated in order. Of the others, rules of maintenance windows
    read those before them, and bear to be an evaluation late.
    """

    service: str
    where: Position
    group: RuleGroup
    kind: Kind = "alone"

    @property
    def size(self) -> int:
        """Return its bytes as YAML."""
        return len(groups_text("", [self.group]).encode())


def placed_groups(plan: Plan, *, further: tuple[PlannedAlert, ...] = ()) -> Iterator[PlacedGroup]:
    """Yield the groups of every service, then the stack's own that are true in any Prometheus, with `further` alerts.

    Each has its interval: what a server that others configure does without one is not known.
    """
    every = str(plan.stack.evaluation_interval)
    for service in _foreign(plan, further):
        at = {slo.rules_path: slo.spec.where for slo in service.slos}
        for path, file in rules.rule_files(service, plan).items():
            for group in file.groups:
                kind: Kind = "alone" if path not in at else "live" if group.interval is None else "rollup"
                own = replace(group, interval=group.interval or every)
                yield PlacedGroup(service.name, at.get(path, service.spec.where), own, kind)
    if plan.own is not None:
        info = rules.spec_info(rules.render(plan), plan.source)
        for group in info.groups:
            yield PlacedGroup(naming.OWN_SERVICE, plan.own.spec.where, replace(group, interval=every))


def of_ruler(plan: Plan, alerts: Mapping[str, tuple[str, str]]) -> Iterator[PlannedAlert]:
    """Yield the alerts about another ruler, in place of those about our own Prometheus: name and expression by its name."""
    own = plan.own.alerts if plan.own is not None else ()
    for alert in own:
        if alert.name in alerts:
            name, expr = alerts[alert.name]
            query = expr.partition(" > ")[0].replace("[5m]", "[1h]")
            yield replace(alert, name=name, expr=expr, next_query=query)


def _foreign(plan: Plan, further: tuple[PlannedAlert, ...]) -> Iterator[PlannedService]:
    """Yield the services, and of the stack itself the Watchdog: its other alerts read the jobs of our own stack."""
    for service in plan.services:
        slos = tuple(replace(slo, alerts=_placed(slo.alerts, plan)) for slo in service.slos)
        yield replace(service, alerts=_placed(service.alerts, plan), slos=slos)
    if plan.own is not None:
        watchdog = (alert for alert in plan.own.alerts if alert.name == naming.WATCHDOG)
        yield replace(plan.own, alerts=_placed((*watchdog, *further), plan), records=())


def _placed(alerts: Iterable[PlannedAlert], plan: Plan) -> tuple[PlannedAlert, ...]:
    """Return the alerts with the labels that our own Prometheus adds to all of them.

    Inhibitions need them on both sides; another Prometheus adds labels of its own, or none.
    """
    added = escaped_labels(dict(plan.stack.external_labels))
    return tuple(
        replace(alert, labels=tuple({**dict(added), **dict(alert.labels)}.items())) for alert in alerts
    )
