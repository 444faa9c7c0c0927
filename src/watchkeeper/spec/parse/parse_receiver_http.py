"""How Alertmanager reaches one receiver: certificates, credentials, redirects and a proxy."""

from __future__ import annotations

from watchkeeper.model.notify import ReceiverKind
from watchkeeper.model.scrape import ReceiverHttp
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_scrape import parse_login, parse_tls


def parse_receiver_http(receiver: Cursor, kind: ReceiverKind) -> ReceiverHttp | None:
    """Return the settings under `http`, None without them; report those that have no effect."""
    if not receiver.has("http"):
        return None
    place = receiver.go("http")
    login = parse_login(place)
    if kind == "opsgenie":
        _report_other_key(place)
    if place.has("no_proxy") and not place.has("proxy_url"):
        message = "`no_proxy` does not fit without `proxy_url`"
        place.report("WK111", message, "add `proxy_url`, or remove it", key="no_proxy")
    return ReceiverHttp(
        tls=parse_tls(place),
        username=login.text("username") if login else None,
        password_file=login.text("password_file") if login else None,
        bearer_token_file=place.text("bearer_token_file"),
        follow_redirects=place.flag("follow_redirects", default=True),
        proxy_url=place.text("proxy_url"),
        no_proxy=place.texts("no_proxy"),
    )


def _report_other_key(place: Cursor) -> None:
    # Alertmanager's client leaves the header as it is where an integration has set it.
    for key in ("basic_auth", "bearer_token_file"):
        if place.has(key):
            message = (
                f"`{key}` does not fit an opsgenie receiver, whose requests are authorized by its API key"
            )
            place.report("WK111", message, "remove it", key=key)
