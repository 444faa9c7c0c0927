"""How Prometheus finds the targets of a service itself."""

from __future__ import annotations

from watchkeeper.model.service import Discovery
from watchkeeper.spec.document.cursor import Cursor


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
