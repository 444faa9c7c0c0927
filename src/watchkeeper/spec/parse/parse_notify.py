"""Receivers, routes and mute times."""

from __future__ import annotations

from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import DeadMan, Mute, Notify, Route
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_receiver import parse_receiver

# Prometheus sends an alert every minute, and Alertmanager keeps it for four: a rarer beat is still one.
_LEAST_BEAT, _LONGEST_BEAT = Duration.parse("30s"), Duration.parse("1h")


def parse_notify(place: Cursor) -> Notify:
    """Return the receivers, routes and mutes; problems are reported at their lines."""
    receivers = (parse_receiver(name, item) for name, item in place.pairs("receivers"))
    routes = (
        Route(
            severity=severity,
            receivers=tuple(str(item.scalar) for item in cursor.node.items or ()),
            positions=tuple(item.where for item in cursor.node.items or ()),
            where=cursor.where,
        )
        for severity, cursor in place.pairs("routes")
    )
    return Notify(
        receivers=tuple(receiver for receiver in receivers if receiver is not None),
        routes=tuple(routes),
        mutes=tuple(_mute(item) for item in place.each("mute")),
        dead_man=_dead_man(place),
        where=place.where,
    )


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
