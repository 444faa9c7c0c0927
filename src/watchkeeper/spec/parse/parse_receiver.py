"""The kinds of receivers, one row each: which keys a kind takes, and the integration that they make.

docs/extending.md says what else a new kind needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, cast

from watchkeeper.model.notify import (
    Email,
    Integration,
    MSTeams,
    Opsgenie,
    PagerDuty,
    Receiver,
    ReceiverKind,
    Slack,
    Telegram,
    Webhook,
)
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_receiver_http import parse_receiver_http


def _slack(place: Cursor) -> Slack:
    return Slack(webhook_file=place.string("webhook_file", ""), channel=place.string("channel", ""))


def _email(place: Cursor) -> Email:
    to = place.string("to", "")
    return Email(
        to=to,
        sender=place.string("from", f"watchkeeper@{to.rpartition('@')[2]}"),
        smarthost=place.string("smarthost", ""),
        auth_username=place.text("auth_username"),
        auth_password_file=place.text("auth_password_file"),
        require_tls=place.flag("require_tls", default=True),
    )


def _pagerduty(place: Cursor) -> PagerDuty:
    url = place.string("url", "https://events.pagerduty.com/v2/enqueue")
    return PagerDuty(routing_key_file=place.string("routing_key_file", ""), url=url)


def _webhook(place: Cursor) -> Webhook:
    return Webhook(url_file=place.string("url_file", ""))


def _msteams(place: Cursor) -> MSTeams:
    return MSTeams(webhook_file=place.string("webhook_file", ""))


def _opsgenie(place: Cursor) -> Opsgenie:
    url = place.string("api_url", "https://api.opsgenie.com/")
    return Opsgenie(api_key_file=place.string("api_key_file", ""), api_url=url)


def _telegram(place: Cursor) -> Telegram:
    return Telegram(
        bot_token_file=place.string("bot_token_file", ""),
        chat_id=place.whole("chat_id") or 0,
        api_url=place.string("api_url", "https://api.telegram.org"),
    )


@dataclass(frozen=True, slots=True)
class ReceiverShape:
    """One kind of receiver: how it is built, and its keys."""

    build: Callable[[Cursor], Integration]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


RECEIVER_SHAPES: Final[Mapping[ReceiverKind, ReceiverShape]] = {
    "slack": ReceiverShape(_slack, ("webhook_file", "channel")),
    "email": ReceiverShape(
        _email, ("to", "smarthost"), ("from", "auth_username", "auth_password_file", "require_tls")
    ),
    "pagerduty": ReceiverShape(_pagerduty, ("routing_key_file",), ("url",)),
    "webhook": ReceiverShape(_webhook, ("url_file",)),
    "msteamsv2": ReceiverShape(_msteams, ("webhook_file",)),
    "opsgenie": ReceiverShape(_opsgenie, ("api_key_file",), ("api_url",)),
    "telegram": ReceiverShape(_telegram, ("bot_token_file", "chat_id"), ("api_url",)),
}
_ALL_KEYS = {
    "type",
    "http",
    *(key for kind in RECEIVER_SHAPES.values() for key in (*kind.required, *kind.optional)),
}


def parse_receiver(name: str, place: Cursor) -> Receiver | None:
    """Return the receiver at `place`, or None when its kind or a key that it needs is missing."""
    kind = cast("ReceiverKind", place.text("type") or name)
    shape = RECEIVER_SHAPES.get(kind)
    if shape is None:
        first, *others, last = RECEIVER_SHAPES
        remedy = f"add `type: {first}`, {', '.join(others)} or {last}"
        place.report("WK102", f"the receiver {name} has no `type`", remedy)
    else:
        further = () if kind == "email" else ("http",)
        allowed = ("type", *shape.required, *shape.optional, *further)
        place.allow_only(allowed, f"does not fit a {kind} receiver", known=_ALL_KEYS)
        with_account = ("auth_password_file",) if "auth_username" in place.names() else ()
        if place.require((*shape.required, *with_account), f"a {kind} receiver needs it"):
            http = parse_receiver_http(place, kind)
            return Receiver(name=name, integration=shape.build(place), where=place.where, http=http)
    # Without this, each route to the receiver would be reported as well.
    place.reading.broken.add(place.path)
    return None
