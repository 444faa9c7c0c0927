"""Receivers, routes and planned silence."""

from __future__ import annotations

from watchkeeper.model.notify import Email, Mute, Notify, PagerDuty, Receiver, Route, Slack, Webhook
from watchkeeper.spec import formats
from watchkeeper.spec.cursor import Cursor

_TYPES = ("slack", "email", "pagerduty", "webhook")
_KEYS = {
    "slack": (("webhook_file", "channel"), ()),
    "email": (("to", "smarthost"), ("from", "auth_username", "auth_password_file", "require_tls")),
    "pagerduty": (("routing_key_file",), ("url",)),
    "webhook": (("url_file",), ()),
}

_ALL_KEYS = {"type", *(key for needed, further in _KEYS.values() for key in (*needed, *further))}


def parse_notify(place: Cursor) -> Notify:
    """Return who is told; findings about receivers and routes land at their lines."""
    receivers = (_receiver(name, item) for name, item in place.pairs("receivers"))
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
        where=place.where,
    )


def _receiver(name: str, place: Cursor) -> Receiver | None:
    kind = place.text("type") or name
    if kind in _TYPES:
        needed, further = _KEYS[kind]
        place.only(("type", *needed, *further), f"does not fit a {kind} receiver", known=_ALL_KEYS)
        if "auth_username" in place.names():
            needed = (*needed, "auth_password_file")
        if place.need(needed, f"a {kind} receiver cannot do without it"):
            return Receiver(name=name, integration=_integration(kind, place), where=place.where)
    else:
        place.say(
            "WK102",
            f"the receiver {name} does not say its `type`",
            "add `type: slack`, email, pagerduty or webhook",
        )
    # Routes to it must not be reported on top.
    place.reading.broken.add(place.path)
    return None


def _integration(kind: str, place: Cursor) -> Slack | Email | PagerDuty | Webhook:
    if kind == "slack":
        return Slack(webhook_file=place.string("webhook_file", ""), channel=place.string("channel", ""))
    if kind == "pagerduty":
        url = place.string("url", "https://events.pagerduty.com/v2/enqueue")
        return PagerDuty(routing_key_file=place.string("routing_key_file", ""), url=url)
    if kind == "webhook":
        return Webhook(url_file=place.string("url_file", ""))
    to = place.string("to", "")
    return Email(
        to=to,
        sender=place.string("from", f"watchkeeper@{to.rpartition('@')[2]}"),
        smarthost=place.string("smarthost", ""),
        auth_username=place.text("auth_username"),
        auth_password_file=place.text("auth_password_file"),
        require_tls=place.flag("require_tls", default=True),
    )


def _mute(place: Cursor) -> Mute:
    if not {"weekdays", "times"} & set(place.names()):
        place.say(
            "WK111", "a mute without `weekdays` and `times` is silent for ever", "write when it is quiet"
        )
    return Mute(
        name=place.string("name", ""),
        severities=place.texts("severities") or ("warning", "info"),
        weekdays=place.texts("weekdays"),
        times=tuple(formats.times(text) for text in place.texts("times")),
        location=place.string("location", "UTC"),
        where=place.value_where("name"),
    )
