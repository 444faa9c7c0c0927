"""Checks of who is notified: receivers that exist, alerts that somebody gets, and routes that an alert can take."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.alert import Alert, Severity
from watchkeeper.model.notify import Email, Opsgenie, Override, PagerDuty, Route, Telegram
from watchkeeper.model.position import Position
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.model.stack import LOOPBACK
from watchkeeper.model.week_minutes import WEEK, minutes_of
from watchkeeper.spec.problem import Problem

_LOCAL = ("localhost", LOOPBACK, "::1")


def check_notify(spec: Spec) -> Iterator[Problem]:
    """Yield every problem of the receivers, the routes and the alerts that take them."""
    yield from _receivers(spec)
    yield from _names_of_overrides(spec)
    yield from _compared_labels(spec)
    yield from _unencrypted(spec)
    yield from _hours(spec)
    yield from _unused_proxy(spec)
    if not any(_every_route(spec)):
        yield from _nobody(spec)
        return
    taken: set[Route] = set()
    for service in spec.services:
        for name, where, severity, own in _notifying(service):
            route = spec.notify.route_for(severity, service=service.name, team=service.team, own=own)
            if route is not None:
                taken.add(route)
            else:
                message = f"no route takes alerts of severity {severity}, such as {name}"
                yield Problem(where, "WK212", message, f"add `{severity}:` to `notify.routes`")
        if "http" in service.signals and (
            standing := spec.notify.route_for("warning", service=service.name, team=service.team)
        ):
            # Such a service may have an alert that the spec need not name.
            taken.add(standing)
    yield from _never_taken(spec, taken)


def _every_route(spec: Spec) -> Iterator[Route]:
    notify = spec.notify
    yield from notify.routes
    for override in (*notify.teams, *notify.services):
        yield from override.routes
    for service in spec.services:
        yield from (route for alert in service.alerts for route in alert.routes)
        yield from (route for slo in service.slos for route in slo.routes)


def _receivers(spec: Spec) -> Iterator[Problem]:
    names = [receiver.name for receiver in spec.notify.receivers]
    used = set()
    for route in _every_route(spec):
        for name, where in route.placed:
            used.add(name)
            if name not in names:
                remedy = did_you_mean(name, names, f"define {name} under `receivers:`")
                yield Problem(where, "WK211", f"there is no receiver {name}", remedy)
    for receiver in spec.notify.receivers:
        if receiver.name not in used:
            message = f"no route uses the receiver {receiver.name}"
            yield Problem(receiver.where, "WK210", message, "route a severity to it, or remove it")


def _names_of_overrides(spec: Spec) -> Iterator[Problem]:
    teams = {service.team for service in spec.services}
    yield from _unknown("team", spec.notify.teams, teams)
    yield from _unknown("service", spec.notify.services, {service.name for service in spec.services})


def _unknown(what: str, overrides: tuple[Override, ...], known: set[str]) -> Iterator[Problem]:
    for override in overrides:
        if override.name not in known:
            listed = f"the {what}s are {', '.join(sorted(known))}" if known else f"there is no {what}"
            message = (
                f"no service {'belongs to the team' if what == 'team' else 'has the name'} {override.name}"
            )
            yield Problem(
                override.where, "WK227", message, did_you_mean(override.name, sorted(known), listed)
            )


def _compared_labels(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for each part of a service with a label that all alerts of the service must share."""
    shared = dict(spec.stack.external_labels)
    for service in spec.services:
        parts: list[Alert | Slo] = [*service.alerts, *service.slos]
        for part in parts:
            for label, _ in part.labels:
                if label in shared:
                    message = f"the label {label} of {part.name} would keep it apart from the other alerts of {service.name}"
                    remedy = f"write it under `labels` of the service, or `{label}` under `stack`"
                    yield Problem(part.where, "WK217", message, remedy)


def _unencrypted(spec: Spec) -> Iterator[Problem]:
    """Yield a warning for each address that takes a key or token unencrypted, unless it is on this machine."""
    for receiver in spec.notify.receivers:
        match receiver.integration:
            case PagerDuty(url=url):
                what = "routing key"
            case Opsgenie(api_url=url):
                what = "API key"
            case Telegram(api_url=url):
                what = "token"
            case _:
                continue
        if url.startswith("http://") and urlsplit(url).hostname not in _LOCAL:
            message = f"{receiver.name} sends its {what} unencrypted to {urlsplit(url).hostname}"
            yield Problem(receiver.where, "WK310", message, "write the address with https://")


def _hours(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for each name of hours that does not exist, and for hours that no route names."""
    names, used = [hours.name for hours in spec.notify.active_hours], set()
    for route in _every_route(spec):
        yield from _idle_hours(route, spec)
        for name, where in zip(route.settings.active_hours, route.hours_where, strict=True):
            used.add(name)
            if name not in names:
                remedy = did_you_mean(name, names, f"define {name} under `active_hours:` of `notify`")
                yield Problem(where, "WK233", f"there are no hours {name}", remedy)
    for hours in spec.notify.active_hours:
        if hours.name not in used:
            message, remedy = (
                f"no route names the hours {hours.name}",
                "add `active_hours:` to a route, or remove them",
            )
            yield Problem(hours.where, "WK233", message, remedy)


def _idle_hours(route: Route, spec: Spec) -> Iterator[Problem]:
    """Yield a problem for receivers of other times that make no difference."""
    outside, hours = route.settings.outside, route.settings.active_hours
    if not outside or not hours:
        return
    if set(outside) == set(route.receivers):
        message = f"{' and '.join(outside)} would be notified at all hours"
        yield Problem(
            route.outside_where[0], "WK233", message, "name others for that time, or remove the hours"
        )
    whole = [
        one.name for one in spec.notify.active_hours if one.name in hours and len(minutes_of(one)) == WEEK
    ]
    if whole:
        message = (
            f"the hours {whole[0]} are the whole week, so {' and '.join(outside)} would be notified never"
        )
        yield Problem(
            route.outside_where[0], "WK233", message, "shorten the hours, or remove `outside_hours`"
        )


def _unused_proxy(spec: Spec) -> Iterator[Problem]:
    notify = spec.notify
    over_http = [one for one in notify.receivers if not isinstance(one.integration, Email)]
    if notify.proxy is not None and not over_http and notify.dead_man is None:
        message = "no receiver is notified over HTTP, and mail is sent without a proxy"
        yield Problem(notify.proxy.where, "WK311", message, "remove the proxy")


def _nobody(spec: Spec) -> Iterator[Problem]:
    if any(service.alerts or service.slos for service in spec.services):
        message, remedy = "no route notifies anybody of an alert", "add `notify:` with receivers and routes"
        yield Problem(spec.notify.where or Position(spec.source), "WK303", message, remedy)


def _notifying(service: Service) -> Iterator[tuple[str, Position, Severity, tuple[Route, ...]]]:
    for alert in service.alerts:
        yield alert.name, alert.where, alert.severity, alert.routes
    for slo in service.slos:
        for severity in slo.alerting.severities:
            yield f"those of {slo.name}", slo.where, severity, slo.routes


def _never_taken(spec: Spec, taken: set[Route]) -> Iterator[Problem]:
    """Yield a warning for each route of some alerts that none of them takes."""
    notify = spec.notify
    known = {("team", service.team) for service in spec.services}
    known |= {("service", service.name) for service in spec.services}
    for what, overrides in (("team", notify.teams), ("service", notify.services)):
        for override in overrides:
            for route in override.routes:
                if (what, override.name) in known and route not in taken:
                    yield _warning(route, f"the {what} {override.name}")
    for service in spec.services:
        for slo in service.slos:
            yield from (_warning(route, slo.name) for route in slo.routes if route not in taken)


def _warning(route: Route, whose: str) -> Problem:
    message = f"no alert of {whose} takes its route of {route.severity}"
    remedy = "remove it: no alert has that severity, or more particular routes take them all"
    return Problem(route.where, "WK309", message, remedy)
