"""How a service is scraped: by a job of ours with targets or with discovery, or by others under labels of theirs."""

from __future__ import annotations

from watchkeeper.model.service import Discovery
from watchkeeper.spec.document.cursor import Cursor

SCRAPE_KEYS = ("targets", "metrics_path", "discovery")


def is_scraped(place: Cursor) -> bool:
    """Return whether a scrape job of ours is rendered; report keys that contradict it."""
    has_match = place.node.child("match") is not None
    scraped = place.flag("scrape", default=not has_match)
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


def parse_discovery(place: Cursor) -> Discovery | None:
    """Return how Prometheus finds the service's targets; None where the spec lists them."""
    if not place.has("discovery"):
        return None
    found = place.go("discovery")
    if len(found.names()) > 1:
        found.report("WK111", "`discovery` needs exactly one of dns, file, http", "leave the others out")
    if found.has("dns"):
        return _dns(found.go("dns"))
    return Discovery(files=found.texts("file"), url=found.text("http"))


def _dns(place: Cursor) -> Discovery:
    port = place.whole("port")
    record = place.string("type", "SRV" if port is None else "A")
    if record == "SRV" and port is not None:
        place.report("WK111", "`port` does not fit SRV records, which contain it", "leave it out", key="port")
    if record != "SRV" and port is None and not place.is_broken("port"):
        place.report("WK102", f"`port` is missing: {record} records contain none", "add `port:`")
    return Discovery(names=place.texts("names"), record=record, port=port)  # type: ignore[arg-type]
