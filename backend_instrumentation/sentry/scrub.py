"""Removes from an event what must not leave the service: requests' contents, local variables, secrets in texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ..redaction import redacted_text, redacted_url, redacted_value

_FREE_FORM: Final = ("extra", "contexts", "tags")
_DEEPEST: Final = 6
_TOO_DEEP: Final = "…"

Event = dict[str, Any]


def scrubbed(event: Event) -> Event:
    """Return the event without query, cookies, headers, body, environment, variables and host; changes it in place.

    The request keeps its method and its URL without the query; the user keeps the id.
    """
    _request(event)
    _user(event)
    for key in ("breadcrumbs", "server_name"):
        event.pop(key, None)
    _message(event)
    for frame in _frames(event):
        for key in ("vars", "pre_context", "context_line", "post_context"):
            frame.pop(key, None)
    for exception in _values(event.get("exception")):
        if isinstance(exception.get("value"), str):
            exception["value"] = redacted_text(exception["value"])
    for key in _FREE_FORM:
        if key in event:
            event[key] = _walked(event[key], 0)
    return event


def _request(event: Event) -> None:
    request = event.get("request")
    if isinstance(request, dict):
        kept = {
            "method": request.get("method"),
            "url": redacted_url(str(request.get("url", ""))).partition("?")[0],
        }
        event["request"] = {key: value for key, value in kept.items() if value}


def _user(event: Event) -> None:
    user = event.get("user")
    if isinstance(user, dict):
        event["user"] = {"id": user["id"]} if "id" in user else {}


def _message(event: Event) -> None:
    if isinstance(event.get("message"), str):
        event["message"] = redacted_text(event["message"])
    entry = event.get("logentry")
    if isinstance(entry, dict):
        entry.pop("params", None)
        entry.update({key: redacted_text(value) for key, value in entry.items() if isinstance(value, str)})


def _frames(event: Event) -> Iterator[dict[str, Any]]:
    holders = [event, *_values(event.get("exception")), *_values(event.get("threads"))]
    for holder in holders:
        stack = holder.get("stacktrace")
        if isinstance(stack, dict):
            yield from (frame for frame in stack.get("frames") or () if isinstance(frame, dict))


def _values(interface: Any) -> list[dict[str, Any]]:
    values = interface.get("values") if isinstance(interface, dict) else interface
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _walked(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redacted_text(value)
    if depth >= _DEEPEST:
        return value if value is None or isinstance(value, bool | int | float) else _TOO_DEEP
    if isinstance(value, dict):
        named = ((key, redacted_value(str(key), each), each) for key, each in value.items())
        return {key: _walked(shown, depth + 1) if shown is each else shown for key, shown, each in named}
    if isinstance(value, list | tuple):
        return [_walked(each, depth + 1) for each in value]
    return value
