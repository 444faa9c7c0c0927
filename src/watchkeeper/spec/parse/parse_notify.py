"""Receivers, routes and mute times."""

from __future__ import annotations

from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import DeadMan, Mute, Notify, Override, Route
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_receiver import parse_receiver

_LEAST, _MOST = Duration.parse("1h"), Duration.parse("365d")
# Prometheus sends an alert every minute, and Alertmanager keeps it for four: a rarer beat is still one.
_LEAST_BEAT, _LONGEST_BEAT = Duration.parse("30s"), Duration.parse("1h")


def parse_notify(place: Cursor) -> Notify:
    """Return the receivers, routes and mutes; problems are reported at their lines."""
    receivers = (parse_receiver(name, item) for name, item in place.pairs("receivers"))
    return Notify(
        receivers=tuple(receiver for receiver in receivers if receiver is not None),
        routes=parse_routes(place, "routes"),
        teams=_overrides(place, "teams"),
        services=_overrides(place, "services"),
        mutes=tuple(_mute(item) for item in place.each("mute")),
        drill_every=_drill_every(place),
        dead_man=_dead_man(place),
        where=place.where,
    )


def parse_routes(place: Cursor, key: str) -> tuple[Route, ...]:
    """Return the receivers by severity that a mapping names."""
    return tuple(parse_route(severity, cursor) for severity, cursor in place.pairs(key))


def parse_route(severity: str, place: Cursor) -> Route:
    """Return the receivers of one list."""
    items = place.node.items or ()
    return Route(
        severity=severity,
        receivers=tuple(str(item.scalar) for item in items),
        positions=tuple(item.where for item in items),
        where=place.where,
    )


def _overrides(place: Cursor, key: str) -> tuple[Override, ...]:
    if not place.has(key):
        return ()
    own = place.go(key)
    return tuple(
        Override(name=name, routes=parse_routes(own, name), where=own.key_where(name))
        for name, _ in place.pairs(key)
    )


def _drill_every(place: Cursor) -> Duration | None:
    text = place.text("drill_every")
    every = Duration.parse(text) if text else None
    if every is not None and not _LEAST <= every <= _MOST:
        message = f"`drill_every` of {every} is not between {_LEAST} and {_MOST}"
        place.report(
            "WK108", message, "each drill is a message that somebody reads: write 7d", value="drill_every"
        )
    return every


def _dead_man(place: Cursor) -> DeadMan | None:
    if not place.has("dead_man"):
        return None
    own = place.go("dead_man")
    beat = Duration.parse(own.string("group_interval", "1m"))
    given = own.text("repeat_interval")
    repeat = Duration.parse(given) if given else Duration(beat.milliseconds * 5 // 6 // 1000 * 1000)
    if not _LEAST_BEAT <= beat <= _LONGEST_BEAT:
        message = f"`group_interval` of {beat} is not between {_LEAST_BEAT} and {_LONGEST_BEAT}"
        own.report("WK108", message, "write 1m", value="group_interval")
    elif repeat >= beat:
        message = f"a `repeat_interval` of {repeat} is not shorter than the `group_interval` of {beat}"
        remedy = "Alertmanager would leave out every other call; write a shorter one, or none"
        own.report("WK108", message, remedy, value="repeat_interval")
    if not own.has("url_file"):
        return None
    return DeadMan(
        url_file=own.string("url_file", ""), group_interval=beat, repeat_interval=repeat, where=own.where
    )


def _mute(place: Cursor) -> Mute:
    if not {"weekdays", "times"} & set(place.names()):
        place.report("WK111", "a mute without `weekdays` and `times` never ends", "add `weekdays` or `times`")
    return Mute(
        name=place.string("name", ""),
        severities=place.texts("severities") or ("warning", "info"),
        weekdays=place.texts("weekdays"),
        times=tuple(formats.times(text) for text in place.texts("times")),
        location=place.string("location", "UTC"),
        where=place.value_where("name"),
    )
