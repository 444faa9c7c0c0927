"""Whether Prometheus scrapes a service by a job of ours, and how it reaches the targets."""

from __future__ import annotations

from watchkeeper.model.scrape import ClientTls, Scheme, Scrape
from watchkeeper.spec.document.cursor import Cursor

SCRAPE_KEYS = ("targets", "metrics_path", "discovery")


def parse_scrape(service: Cursor) -> Scrape:
    """Return the scheme, certificates and credentials of a service's scrapes; report keys that do not fit together."""
    if not service.has("scrape") or service.scalar("scrape") is not None:
        return Scrape()
    place = service.go("scrape")
    scheme: Scheme = "https" if place.text("scheme") == "https" else "http"
    login = parse_login(place)
    return Scrape(
        scheme=scheme,
        tls=_tls_of_scrape(place, scheme),
        username=login.text("username") if login else None,
        password_file=login.text("password_file") if login else None,
        bearer_token_file=place.text("bearer_token_file"),
        where=place.where,
    )


def parse_login(place: Cursor) -> Cursor | None:
    """Return the place of a user and a password; report a token beside them."""
    login = place.go("basic_auth") if place.has("basic_auth") else None
    if login is not None and place.has("bearer_token_file"):
        message = "`bearer_token_file` does not fit beside `basic_auth`"
        place.report(
            "WK111", message, "a request sends one of them: remove the other", key="bearer_token_file"
        )
    return login


def _tls_of_scrape(place: Cursor, scheme: Scheme) -> ClientTls | None:
    if place.has("tls") and scheme == "http" and not place.is_broken("scheme"):
        place.report("WK111", "`tls` does not fit a scrape by http", "add `scheme: https`", key="tls")
    return parse_tls(place)


def parse_tls(place: Cursor) -> ClientTls | None:
    """Return the certificates under `tls`; report half of a pair."""
    if not place.has("tls"):
        return None
    tls = place.go("tls")
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if tls.has(one):
            tls.require((other,), f"`{one}` is of no use without it")
    return ClientTls(
        ca_file=tls.text("ca_file"),
        cert_file=tls.text("cert_file"),
        key_file=tls.text("key_file"),
        server_name=tls.text("server_name"),
    )


def is_scraped(place: Cursor) -> bool:
    """Return whether a scrape job of ours is rendered; report keys that contradict it."""
    has_match = place.node.child("match") is not None
    scraped = place.flag("scrape", default=place.has("scrape") or not has_match)
    if has_match and place.has("scrape") and scraped:
        message = "`match` is for a service that others scrape: a job of ours sets the label `service`"
        place.report("WK111", message, "leave out `match`, or write `scrape: false`", key="match")
    elif not scraped:
        why = "`match`" if has_match else "`scrape: false`"
        for key in SCRAPE_KEYS:
            if place.node.child(key) is not None:
                message = f"`{key}` does not fit {why}: others scrape the service"
                place.report("WK111", message, f"leave out `{key}`", key=key)
    if place.node.child("discovery") is not None and place.node.child("targets") is not None:
        message = "`discovery` finds the targets, and `targets` lists them"
        place.report("WK111", message, "leave one of them out", key="discovery")
    return scraped


def default_targets(name: str, place: Cursor, *, scraped: bool) -> tuple[str, ...]:
    """Return the addresses of a service for which the spec lists none."""
    return (f"{name}:8000",) if scraped and place.node.child("discovery") is None else ()
