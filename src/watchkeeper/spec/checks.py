"""Checks of the spec as a whole: duplicate names, unknown receivers, short retention, shared addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from watchkeeper import naming
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position
from watchkeeper.model.service import Service
from watchkeeper.model.slo import TILE, Slo
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import LEAST_SCRAPES, LOOPBACK
from watchkeeper.spec.correction_checks import check_corrections
from watchkeeper.spec.dialect_checks import check_dialects
from watchkeeper.spec.foreign_scrape_checks import check_foreign_scrapes
from watchkeeper.spec.maintenance_checks import check_maintenance
from watchkeeper.spec.notify_checks import check_notify
from watchkeeper.spec.preset_shapes import PRESET_SHAPES
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.scrape_checks import check_scrapes

_MINUTE, _DAY = Duration.parse("1m"), Duration.parse("1d")
_OWN_JOBS = ("prometheus", "alertmanager", "grafana", "jaeger", "jaeger-spans", "watchkeeper")
_DEMO_PARTS = ("load", "sinks")
_OWN_PORTS = ("prometheus", "alertmanager", "grafana", "jaeger")


def check(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the spec as a whole."""
    for one in (
        _names,
        _slo_names,
        _dashboards,
        _addresses,
        check_notify,
        check_scrapes,
        _retention,
        _drill_retention,
        _alert_intervals,
        _slo_intervals,
        _thresholds,
        _demo,
        check_foreign_scrapes,
        check_dialects,
        _dead_man,
        check_maintenance,
        check_corrections,
    ):
        yield from one(spec)


def _names(spec: Spec) -> Iterator[Problem]:
    yield from _duplicates("service", ((s.name, s.where) for s in spec.services))
    for service in spec.services:
        if service.name in _OWN_JOBS:
            yield Problem(
                service.where,
                "WK217",
                f"{service.name} is the name of a part of the stack",
                "choose another name",
            )
        yield from _duplicates("SLO", ((slo.name, slo.where) for slo in service.slos))
        yield from _duplicates("alert", ((alert.name, alert.where) for alert in service.alerts))
        yield from _duplicates("metric", ((metric.name, metric.where) for metric in service.metrics))
    # Alertmanager has one list of both.
    hours = (*spec.notify.mutes, *spec.notify.active_hours)
    yield from _duplicates("mute or hours", ((one.name, one.where) for one in hours))


def _slo_names(spec: Spec) -> Iterator[Problem]:
    """Yield a problem when SLOs would share an id or the names of their alerts, or an alert has such a name."""
    ids: dict[str, tuple[str, Position]] = {}
    for service in spec.services:
        taken = {alert.name: alert.where for alert in service.alerts}
        yield from _shared_alert_names(service)
        rollups = {
            naming.rollup_group(naming.slo_id(service.name, one.name)): one.name for one in service.slos
        }
        for slo in service.slos:
            key, whose = naming.slo_id(service.name, slo.name), f"{slo.name} of {service.name}"
            if key in ids and ids[key][0] != whose:
                other, there = ids[key]
                message = f"{whose} and {other} would both record series under the id {key}"
                yield Problem(slo.where, "WK203", message, f"the first is at {there}; rename one")
            ids.setdefault(key, (whose, slo.where))
            if (group := naming.live_group(key)) in rollups:
                message = f"the rules of {slo.name} and the rollups of {rollups[group]} would both be the group {group}"
                yield Problem(slo.where, "WK203", message, "rename one")
            left = (naming.budget_below(percent) for percent, _ in slo.alerting.budget)
            for kind in (*naming.SLO_ALERTS, naming.BUDGET_EXHAUSTED_SOON, *left):
                name = naming.slo_alert(service.name, slo.name, kind)
                if name in taken:
                    message = f"{name} is already the name of an alert of the SLO {slo.name}"
                    yield Problem(taken[name], "WK203", message, "rename the threshold alert")


def _shared_alert_names(service: Service) -> Iterator[Problem]:
    """Yield a problem when the names of two SLOs are one word in CamelCase, such as v-2 and v2."""
    first: dict[str, Slo] = {}
    for slo in service.slos:
        other = first.setdefault(naming.camel(slo.name), slo)
        if other.name != slo.name:
            alert = naming.slo_alert(service.name, slo.name, naming.FAST_BURN)
            message = f"the alerts of {slo.name} and {other.name} would have the same names, such as {alert}"
            yield Problem(slo.where, "WK203", message, f"the other is at {other.where}; rename one")


def _dashboards(spec: Spec) -> Iterator[Problem]:
    """Yield a problem when the dashboards of two services would have one address, or their folder a name of Grafana's."""
    first: dict[str, str] = {}
    for service in spec.services:
        other = first.setdefault(naming.page_id(service.name), service.name)
        if other != service.name:
            message = f"the dashboards of {service.name} and {other} would have one address, made of the ends of a long name"
            yield Problem(service.where, "WK203", message, "rename one")
        if service.name == naming.GRAFANA_ROOT_FOLDER:
            message = (
                f"{service.name} is the name of Grafana's root folder, so its dashboards cannot have a folder"
            )
            yield Problem(service.where, "WK217", message, "choose another name")


def _slo_intervals(spec: Spec) -> Iterator[Problem]:
    """Yield a problem when an interval is too long for the base window, or does not divide the rollups."""
    slo = next((slo for service in spec.services for slo in service.slos), None)
    if slo is None:
        return
    stack, rollup = spec.stack, TILE.milliseconds
    if stack.least_window > TILE:
        message = f"{slo.name} {_reads(TILE, stack.scrape_interval)}"
        longest = f"{TILE.milliseconds // LEAST_SCRAPES // 1000}s"
        yield Problem(slo.where, "WK216", message, f"write `scrape_interval: {longest}` or shorter")
    if rollup % stack.evaluation_interval.milliseconds or stack.evaluation_interval > _MINUTE:
        message = f"an evaluation interval of {stack.evaluation_interval} does not suit {slo.name}"
        message += f": it must divide {TILE} and be at most {_MINUTE}"
        yield Problem(slo.where, "WK216", message, "write `evaluation_interval: 15s`, 30s or 1m")


def _duplicates(what: str, named: Iterable[tuple[str, Position]]) -> Iterator[Problem]:
    first: dict[str, Position] = {}
    for name, where in named:
        if name and name in first:
            yield Problem(
                where,
                "WK203",
                f"a second {what} has the name {name}",
                f"the first is at {first[name]}; rename one",
            )
        first.setdefault(name, where)


def _addresses(spec: Spec) -> Iterator[Problem]:
    taken: dict[str, tuple[str, Position]] = {}
    stack = {f"{LOOPBACK}:{getattr(spec.stack.ports, name)}": name for name in _OWN_PORTS}
    for service in spec.services:
        for target, where in zip(service.targets, service.target_positions, strict=False):
            address = target.replace("localhost:", f"{LOOPBACK}:")
            if address in stack:
                message = f"{target} is the address of the stack's own {stack[address]}"
                yield Problem(where, "WK204", message, "write the service's address")
            if address in taken:
                owner, there = taken[address]
                whose = "this service" if owner == service.name else owner
                message = f"{target} is already a target of {whose} ({there})"
                yield Problem(where, "WK204", message, "give each its own port")
            taken.setdefault(address, (service.name, where))


def _retention(spec: Spec) -> Iterator[Problem]:
    longest = max((slo for s in spec.services for slo in s.slos), key=lambda slo: slo.window, default=None)
    if longest is None or spec.stack.retention >= longest.needed_retention:
        return
    window = f"the {longest.window_name} window of {longest.name}"
    message = f"a retention of {spec.stack.retention} is shorter than {window} plus one day"
    yield Problem(
        spec.stack.retention_where or longest.window_where,
        "WK215",
        message,
        f"write at least {longest.needed_retention}",
    )


def _drill_retention(spec: Spec) -> Iterator[Problem]:
    """Yield a problem when the alert on overdue drills would read what Prometheus has deleted."""
    every, where, own = spec.notify.drill_every, spec.notify.drill_where, spec.stack.self_monitoring
    if every is None or where is None or not own.enabled or naming.DRILL_OVERDUE in own.off:
        return
    needed = Duration(every.milliseconds + _DAY.milliseconds)
    if spec.stack.retention < needed:
        message = (
            f"a retention of {spec.stack.retention} is shorter than `drill_every` of {every} plus one day"
        )
        remedy = f"write `retention: {needed}` under `stack`, or {naming.DRILL_OVERDUE} under `self_monitoring.off`"
        yield Problem(where, "WK215", message, remedy)


def _alert_intervals(spec: Spec) -> Iterator[Problem]:
    scrape, least = spec.stack.scrape_interval, spec.stack.least_window
    for service in spec.services:
        for alert in service.alerts:
            reads_window = (
                alert.preset is not None and PRESET_SHAPES[alert.preset].reads_window
            ) or alert.resource == "cpu"
            if reads_window and alert.hold < least:
                message = f"{alert.name} {_reads(alert.hold, scrape)}"
                yield Problem(alert.where, "WK216", message, f"write `for: {least}` or longer")


def _reads(window: Duration, scrape_interval: Duration) -> str:
    return f"reads a window of {window}, which is shorter than {LEAST_SCRAPES} scrape intervals of {scrape_interval}"


def _thresholds(spec: Spec) -> Iterator[Problem]:
    for service in spec.services:
        for alert in service.alerts:
            is_ratio = alert.preset is not None and PRESET_SHAPES[alert.preset].unit == "ratio"
            if is_ratio and alert.threshold == 1:
                message = f"{alert.name} fires above 100%, which a ratio never exceeds"
                yield Problem(alert.threshold_where, "WK220", message, "write less than 100%")
            if alert.preset == "replicas_below" and (alert.threshold or 0) <= 1:
                message = f"{alert.name} needs at least one target that answers, and fewer than {alert.threshold} are none"
                yield Problem(
                    alert.threshold_where, "WK220", message, "write 2 or more, or the preset service_down"
                )


def _demo(spec: Spec) -> Iterator[Problem]:
    demo = spec.stack.demo
    for service in spec.services:
        if service.name == demo and demo in _DEMO_PARTS:
            message = f"{demo} is the name of a part of the demo"
            yield Problem(service.where, "WK217", message, "choose another name")
    names = [service.name for service in spec.services]
    if demo is not None and demo not in names and spec.stack.demo_where is not None:
        remedy = did_you_mean(demo, names, "name one of the services")
        yield Problem(
            spec.stack.demo_where,
            "WK211",
            f"the demo plays {demo}, which is not a service of this spec",
            remedy,
        )


def _dead_man(spec: Spec) -> Iterator[Problem]:
    switch, own = spec.notify.dead_man, spec.stack.self_monitoring
    if switch is not None and (not own.enabled or naming.WATCHDOG in own.off):
        message = "`dead_man` needs the alert Watchdog, which `stack.self_monitoring` switches off"
        yield Problem(switch.where, "WK111", message, "remove one of them")
