"""Keys that are checked but not rendered yet: each render reports them."""

from __future__ import annotations

from collections.abc import Iterator

from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.problem import Problem

_STACK = {
    "web_config_file": "has no output: write `access` instead, which protects every server of the stack"
}


def notes(root: Cursor) -> Iterator[Problem]:
    """Yield one note for each key of the document that has no output yet."""
    for place in (root, *root.each("services", even_broken=True)):
        for alert in place.each("alerts"):
            if alert.has("expr") and not alert.has("proof"):
                message = f"{alert.string('name', 'an alert')} has an `expr` and no `proof`"
                yield Problem(
                    alert.value_where("name"),
                    "WK302",
                    message,
                    "add the series under which it must fire and stay silent",
                )
    if root.has("stack"):
        yield from _pending_keys(root.go("stack"), _STACK)


def _pending_keys(place: Cursor, pending: dict[str, str]) -> Iterator[Problem]:
    for key in place.names():
        if key in pending:
            yield Problem(place.key_where(key), "WK301", f"`{key}` {pending[key]}")
