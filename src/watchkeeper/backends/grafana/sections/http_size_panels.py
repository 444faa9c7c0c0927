"""The panels of the packs http_sizes and http_first_byte."""

from __future__ import annotations

from watchkeeper.backends.grafana.addresses import Addresses
from watchkeeper.backends.grafana.panels import Panel, Query, row
from watchkeeper.backends.grafana.queries import largest, quantile, rate
from watchkeeper.backends.grafana.scope import Scope
from watchkeeper.backends.grafana.sections.work_panels import Place, heat_map, quantiles
from watchkeeper.contract import HTTP_FIRST_BYTE, HTTP_REQUEST_SIZE, HTTP_RESPONSE_SIZE

_BODIES = (("requests", HTTP_REQUEST_SIZE), ("responses", HTTP_RESPONSE_SIZE))


def sizes(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return how large bodies are, and how many bytes they are per second."""
    bytes_ = tuple(Query(rate(scope, f"{histogram}_sum"), name) for name, histogram in _BODIES)
    return (
        row(120, "Body sizes"),
        _largest(121, "Request size p95", "request bodies", HTTP_REQUEST_SIZE, scope),
        _largest(122, "Response size p95", "response bodies", HTTP_RESPONSE_SIZE, scope),
        Panel(id=123, kind="timeseries", title="Body bytes", description="Bytes of request and response bodies per second.",
              unit="Bps", queries=bytes_, width=8),
    )  # fmt: skip


def first_byte(scope: Scope, _: Addresses) -> tuple[Panel, ...]:
    """Return how long requests wait for the first byte of their response."""
    what = "the time to the first byte of a response body"
    return (
        row(130, "First byte"),
        quantiles(Place(131, 12), scope, HTTP_FIRST_BYTE, "First byte", what),
        heat_map(
            Place(132, 12), scope, HTTP_FIRST_BYTE, "First byte heat map", "responses since the last point"
        ),
    )


def _largest(identifier: int, title: str, what: str, histogram: str, scope: Scope) -> Panel:
    size = largest(quantile(scope, histogram, "0.95", by="handler"))
    return Panel(
        id=identifier,
        kind="timeseries",
        title=title,
        description=f"95% of an endpoint's {what} had at most this size; the ten largest.",
        unit="bytes",
        queries=(Query(size, "{{handler}}"),),
        width=8,
    )
