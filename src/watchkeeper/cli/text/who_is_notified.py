"""Who is notified of which alert, and when: what `explain --who` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import groupby
from textwrap import wrap
from typing import Any

from watchkeeper.model.notify import Hours
from watchkeeper.model.week_minutes import is_within
from watchkeeper.plan.inhibitions import inhibited_by
from watchkeeper.plan.notified_labels import route_to_people, routes_of
from watchkeeper.plan.plan import Plan, PlannedAlert

_WIDTH = 80
_NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Notified:
    """One alert with its receivers; `muted` and `active` are hours in words, `inhibited_by` alerts of its service.

    `outside` are those who are notified when it is not active. `always` are the words for a lack of hours.
    `again` is when the notification is repeated while nothing changes. Without `resolves`, only the beginning is told.
    """

    service: str
    alert: str
    severity: str
    receivers: tuple[str, ...]
    muted: tuple[str, ...]
    active: tuple[str, ...]
    again: str
    resolves: bool
    inhibited_by: tuple[str, ...]
    outside: tuple[str, ...] = ()
    always: str = "at any hour"

    @property
    def when(self) -> str:
        """Return the hours in words."""
        only = f"only during {', and '.join(self.active)}" if self.active else ""
        never = f"not during {', nor '.join(self.muted)}" if self.muted else ""
        other = f"{', '.join(self.outside)} at other times" if self.outside else ""
        return "; ".join(filter(None, (only, other, never))) or self.always


def who_is_notified(plan: Plan) -> tuple[Notified, ...]:
    """Return one entry for each alert, in the order of the plan."""
    hours = {one.name: _in_words(one) for one in (*plan.routing.mutes, *plan.routing.active_hours)}
    return tuple(
        _notified(plan, alert, hours) for service in plan.alerting_services for alert in service.all_alerts
    )


def _notified(plan: Plan, alert: PlannedAlert, hours: dict[str, str]) -> Notified:
    route, watchdog = route_to_people(plan, alert), plan.routing.watchdog
    beat = str(watchdog.group_interval) if watchdog is not None and alert.severity == "none" else ""
    return Notified(
        service=alert.service,
        alert=alert.name,
        severity=alert.severity,
        receivers=alert.receivers,
        muted=tuple(hours[name] for name in route.mutes) if route is not None else (),
        active=tuple(hours[name] for name in route.active_hours) if route is not None else (),
        again=str(route.repeat_interval) if route is not None else beat,
        resolves=route is not None,
        inhibited_by=tuple(other.name for other in inhibited_by(plan, alert)),
        outside=alert.route.settings.outside if route is not None and alert.route is not None else (),
    )


def notified_at(plan: Plan, at: datetime) -> tuple[Notified, ...]:
    """Return one entry for each alert with those who are notified at an instant; raise KeyError for an unknown zone."""
    named = (*plan.routing.mutes, *plan.routing.active_hours)
    now = frozenset(hours.name for hours in named if is_within(hours, at))
    alerts = (alert for service in plan.alerting_services for alert in service.all_alerts)
    return tuple(_at(one, alert, plan, now) for one, alert in zip(who_is_notified(plan), alerts, strict=True))


def _at(one: Notified, alert: PlannedAlert, plan: Plan, now: frozenset[str]) -> Notified:
    """Return an entry as it is while these hours last: without hours, and with the receivers of this moment."""
    if route_to_people(plan, alert) is None:
        return one
    notifying = (route for route in routes_of(plan, alert) if route.notifies(now))
    names = tuple(each.name for route in notifying for each in route.integrations)
    return replace(one, receivers=names, outside=(), muted=(), active=(), always="at this time")


def _in_words(hours: Hours) -> str:
    days = ", ".join(day.replace(":", " to ") for day in hours.weekdays)
    times = ", ".join(f"{start}-{end}" for start, end in hours.times)
    said = " ".join(filter(None, (days, times)))
    return f"{hours.name} ({said} {hours.location})"


def text_lines(found: Sequence[Notified]) -> Iterator[str]:
    """Yield a section for each way to people: whom it notifies and when, then its alerts; at most 80 columns wide."""
    for number, (_, alike) in enumerate(groupby(sorted(found, key=_way), key=_way)):
        alerts = list(alike)
        first = alerts[0]
        if number:
            yield ""
        yield from _wrapped(f"{first.severity}: {', '.join(first.receivers) or _NOBODY}", "", "  ")
        if first.receivers or first.severity == "none":
            yield from _wrapped(f"{_times(first)}; {first.when}", "  ", "  ")
        for one in alerts:
            yield from _wrapped(f"{one.service}/{one.alert}", "    ", "      ")
            if one.inhibited_by:
                yield from _wrapped(f"not while {', '.join(one.inhibited_by)}", "      ", "        ")


def _way(one: Notified) -> tuple[int, str, tuple[str, ...], str, str]:
    order = ("critical", "warning", "info", "none")
    return order.index(one.severity), ", ".join(one.receivers), one.receivers, one.again, one.when


def _times(one: Notified) -> str:
    if one.severity == "none":
        return f"a call every {one.again}, no resolves" if one.receivers else "without a dead-man's switch"
    return f"again every {one.again}, and when it is resolved"


def _wrapped(text: str, first: str, further: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False)


def markdown_lines(found: Sequence[Notified]) -> Iterator[str]:
    """Yield the matrix of alerts and receivers as one table."""
    names = sorted({name for one in found for name in one.receivers})
    heads = ("alert", "severity", *names, "hours", "again", "resolves", "not while")
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for one in found:
        marks = ("yes" if name in one.receivers else "" for name in names)
        after = (one.when, one.again, "yes" if one.resolves else "no", ", ".join(one.inhibited_by))
        cells = (f"{one.service}/{one.alert}", one.severity, *marks, *after)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def as_documents(found: Sequence[Notified]) -> list[dict[str, Any]]:
    """Return the entries for programs."""
    return [{name: value for name, value in asdict(one).items() if name != "always"} for one in found]
