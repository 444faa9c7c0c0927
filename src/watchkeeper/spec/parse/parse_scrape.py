"""How Prometheus reaches the targets of a service."""

from __future__ import annotations

from watchkeeper.model.scrape import ClientTls, Scheme, Scrape
from watchkeeper.spec.document.cursor import Cursor


def parse_scrape(service: Cursor) -> Scrape:
    """Return the scheme, certificates and credentials of a service's scrapes; report keys that do not fit together."""
    if not service.has("scrape"):
        return Scrape()
    place = service.go("scrape")
    scheme: Scheme = "https" if place.text("scheme") == "https" else "http"
    login = place.go("basic_auth") if place.has("basic_auth") else None
    if login is not None and place.has("bearer_token_file"):
        remedy = "a scrape sends one of them: remove the other"
        place.report(
            "WK111", "`bearer_token_file` does not fit beside `basic_auth`", remedy, key="bearer_token_file"
        )
    return Scrape(
        scheme=scheme,
        tls=_tls(place, scheme),
        username=login.text("username") if login else None,
        password_file=login.text("password_file") if login else None,
        bearer_token_file=place.text("bearer_token_file"),
        where=place.where,
    )


def _tls(place: Cursor, scheme: Scheme) -> ClientTls | None:
    if not place.has("tls"):
        return None
    if scheme == "http" and not place.is_broken("scheme"):
        place.report("WK111", "`tls` does not fit a scrape by http", "add `scheme: https`", key="tls")
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
