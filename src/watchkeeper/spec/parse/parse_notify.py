"""Receivers, overrides of routes, hours, and the proxy."""

from __future__ import annotations

from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import DeadMan, Hours, Mute, Notify, Override, Proxy
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_receiver import parse_receiver
from watchkeeper.spec.parse.parse_route import parse_routes

_LEAST, _MOST = Duration.parse("1d"), Duration.parse("365d")
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
        active_hours=tuple(_hours(item) for item in place.each("active_hours")),
        proxy=_proxy(place),
        drill_every=_drill_every(place),
        drill_where=place.value_where("drill_every"),
        dead_man=_dead_man(place),
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
    hours = _hours(place, "a mute without `weekdays` and `times` never ends")
    return Mute(
        name=hours.name,
        severities=place.texts("severities") or ("warning", "info"),
        weekdays=hours.weekdays,
        times=hours.times,
        location=hours.location,
        where=hours.where,
    )


def _hours(place: Cursor, endless: str = "hours without `weekdays` and `times` are all hours") -> Hours:
    if not {"weekdays", "times"} & set(place.names()):
        place.report("WK111", endless, "add `weekdays` or `times`")
    return Hours(
        name=place.string("name", ""),
        weekdays=place.texts("weekdays"),
        times=tuple(formats.times(text) for text in place.texts("times")),
        location=place.string("location", "UTC"),
        where=place.value_where("name"),
    )


def _proxy(place: Cursor) -> Proxy | None:
    url, by_environment = place.text("proxy_url"), place.flag("proxy_from_environment")
    if url and by_environment:
        message = "`proxy_from_environment` and `proxy_url` name two proxies, and Alertmanager takes one"
        place.report("WK111", message, "remove one of them", key="proxy_from_environment")
    if place.has("no_proxy") and not url:
        remedy = (
            "set NO_PROXY in the environment of Alertmanager"
            if by_environment
            else "add `proxy_url`, or remove it"
        )
        place.report("WK111", "`no_proxy` does not fit without `proxy_url`", remedy, key="no_proxy")
    if not url and not by_environment:
        return None
    where = place.value_where("proxy_url" if url else "proxy_from_environment")
    return Proxy(url=url, direct=place.texts("no_proxy"), where=where)
