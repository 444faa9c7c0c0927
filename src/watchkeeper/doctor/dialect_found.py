"""Whose names the HTTP metrics of a service have on a server, where these are not the ones that its rules read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.contract import HTTP_REQUESTS
from watchkeeper.doctor.server import Server
from watchkeeper.emit.promql import selector
from watchkeeper.model.http_dialect import OTEL_DURATION, OTEL_OLD_DURATION
from watchkeeper.model.service import Matcher, Service

# A restart resets a counter once; workers that answer the scrapes of one port in turn do so all the time.
_MOST_RESETS = 4
_OPT_IN = "set OTEL_SEMCONV_STABILITY_OPT_IN=http in its environment"


def dialect_findings(server: Server, service: Service, own: Sequence[Matcher]) -> Iterator[str]:
    """Yield what is wrong with the names and the values; `own` selects the service's series, or those of all."""
    if "http" not in service.signals:
        return
    http = service.http
    if not server.count(selector(http.requests, own)):
        yield from _other_names(server, own, is_ours=http.is_ours)
    elif not http.is_ours:
        yield from _mixed_up(server, http.status, selector(http.requests, own))
        yield from _several_workers(server, http.requests, own)


def _other_names(server: Server, own: Sequence[Matcher], *, is_ours: bool) -> Iterator[str]:
    if is_ours and server.count(selector(f"{OTEL_DURATION}_count", own)):
        yield f"OpenTelemetry measures its requests, as {OTEL_DURATION}: write `dialect: otel`"
    elif server.count(selector(f"{OTEL_OLD_DURATION}_count", own)):
        also = ", and write `dialect: otel`" if is_ours else ""
        yield f"it exposes {OTEL_OLD_DURATION}, OpenTelemetry's older name: {_OPT_IN}{also}"
    elif not is_ours and server.count(selector(HTTP_REQUESTS, own)):
        yield f"it exposes {HTTP_REQUESTS}, as our middleware does: leave out `dialect: otel`"


def _mixed_up(server: Server, status: str, requests: str) -> Iterator[str]:
    """Yield values that are no status codes: an old exporter gives them the labels of another series."""
    wrong = sorted(value for value in server.values(status, requests) if not value.isdecimal())
    if wrong:
        yield (
            f"{status} is {wrong[0]} in some series, which is no status code: its exporter mixes up labels, "
            "so update opentelemetry-exporter-prometheus and the SDK"
        )


def _several_workers(server: Server, requests: str, own: Sequence[Matcher]) -> Iterator[str]:
    """Yield counters that fall all the time: OpenTelemetry's exporter shows one process, and our middleware all."""
    resets = server.value(f"max(resets({selector(requests, own, range='10m')}))")
    if resets is not None and resets > _MOST_RESETS:
        yield (
            f"its counters fell {resets:.0f} times in 10m, as if several workers share a port and each scrape sees another: "
            "run one process a port, or send metrics to a collector"
        )
