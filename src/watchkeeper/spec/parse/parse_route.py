"""Routes: the receivers of a severity, when they are notified, and what one notification contains."""

from __future__ import annotations

from watchkeeper import naming
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import DEFAULT_TIMES, ONE_PROBLEM, Route, RouteSettings, RouteTimes
from watchkeeper.spec.document.cursor import Cursor

# Alertmanager stops its attempts at a receiver at the end of a group interval, and tells changes of a group only then.
_LEAST_INTERVAL, _LONGEST_INTERVAL = Duration.parse("10s"), Duration.parse("24h")
_REMEMBERED = Duration.parse(naming.ALERTMANAGER_RETENTION)


def parse_routes(place: Cursor, key: str) -> tuple[Route, ...]:
    """Return the receivers by severity that a mapping names."""
    return tuple(parse_route(severity, cursor) for severity, cursor in place.pairs(key))


def parse_route(severity: str, place: Cursor) -> Route:
    """Return the receivers of one list, or of a mapping with settings."""
    if place.node.items is not None:
        return _route(severity, place, RouteSettings(), place)
    settings = RouteSettings(
        times=_times(severity, place),
        group_by=_group_by(place),
        active_hours=_active_hours(severity, place),
        outside=place.texts("outside_hours"),
    )
    return _route(severity, place.go("receivers"), settings, place)


def _route(severity: str, receivers: Cursor, settings: RouteSettings, place: Cursor) -> Route:
    items = receivers.node.items or ()
    has_wait = settings.times is not None and place.has("group_wait")
    return Route(
        severity=severity,
        receivers=tuple(str(item.scalar) for item in items),
        positions=tuple(item.where for item in items),
        where=place.where,
        settings=settings,
        wait_where=place.value_where("group_wait") if has_wait else None,
        hours_where=tuple(item.where for item in place.each("active_hours")) if settings.active_hours else (),
        outside_where=tuple(item.where for item in place.each("outside_hours")) if settings.outside else (),
    )


def _times(severity: str, place: Cursor) -> RouteTimes | None:
    given = {key: place.text(key) for key in ("group_wait", "group_interval", "repeat_interval")}
    if not any(given.values()):
        return None
    usual = DEFAULT_TIMES[severity]

    def time(key: str, default: Duration) -> Duration:
        text = given[key]
        return Duration.parse(text) if text else default

    times = RouteTimes(
        group_wait=time("group_wait", usual.group_wait),
        group_interval=time("group_interval", usual.group_interval),
        repeat_interval=time("repeat_interval", usual.repeat_interval),
    )
    if not _LEAST_INTERVAL <= times.group_interval <= _LONGEST_INTERVAL:
        message = f"`group_interval` of {times.group_interval} is not between {_LEAST_INTERVAL} and {_LONGEST_INTERVAL}"
        place.report("WK108", message, f"write {usual.group_interval}", value="group_interval")
    else:
        _repeat(times, place)
    return times


def _repeat(times: RouteTimes, place: Cursor) -> None:
    """Report a repeat that Alertmanager would not keep: it looks at a group at the ends of group intervals only."""
    repeat, interval = times.repeat_interval, times.group_interval
    key = "repeat_interval" if place.has("repeat_interval") else "group_interval"
    beyond = repeat.milliseconds % interval.milliseconds
    kept = Duration(repeat.milliseconds - beyond + interval.milliseconds) if beyond else repeat
    if repeat < interval:
        message = f"a `repeat_interval` of {repeat} is shorter than the `group_interval` of {interval}"
        place.report("WK230", message, f"Alertmanager would repeat after {interval}; write that", value=key)
    elif beyond:
        message = f"a `repeat_interval` of {repeat} is no multiple of the `group_interval` of {interval}"
        place.report("WK230", message, f"Alertmanager would repeat after {kept}; write that", value=key)
    elif repeat > _REMEMBERED:
        message = f"a `repeat_interval` of {repeat} is longer than the {_REMEMBERED} for which Alertmanager knows what it sent"
        place.report("WK230", message, f"it would repeat after {_REMEMBERED}; write that or less", value=key)


def _group_by(place: Cursor) -> tuple[str, ...]:
    """Return the labels of a group; those of one problem must be among them."""
    given = place.texts("group_by")
    missing = [label for label in ONE_PROBLEM if label not in given]
    if given and missing:
        lost = " and ".join(f"`{label}`" for label in missing)
        message = f"`group_by` without {lost} puts different problems into one notification"
        remedy = f"whoever acknowledged the first is not told of the second; add {', '.join(ONE_PROBLEM)}"
        place.report("WK231", message, remedy, value="group_by")
    return given or ONE_PROBLEM


def _active_hours(severity: str, place: Cursor) -> tuple[str, ...]:
    hours = place.texts("active_hours")
    if hours and severity == "critical" and not place.has("outside_hours"):
        message = f"critical alerts would notify nobody outside {' and '.join(hours)}"
        remedy = "name receivers for that time under `outside_hours`, or write `outside_hours: nobody` if that is meant"
        place.report("WK232", message, remedy, value="active_hours")
    if not hours and place.has("outside_hours"):
        message = "`outside_hours` does not fit without `active_hours`"
        place.report("WK111", message, "add the hours, or remove it", key="outside_hours")
    return hours
