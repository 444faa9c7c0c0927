"""The names and labels of a service's HTTP metrics: those of our middleware, or those of OpenTelemetry.

docs/opentelemetry.md says which of OpenTelemetry's names are read; docs/decisions/0055 says why so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

from watchkeeper import contract
from watchkeeper.contract import Family
from watchkeeper.model.value_matcher import matcher_of

Dialect = Literal["watchkeeper", "otel"]
Matchers = tuple[tuple[str, str, str], ...]

OTEL_DURATION: Final = "http_server_request_duration_seconds"
OTEL_OLD_DURATION: Final = "http_server_duration_milliseconds"
"""What instrumentations expose before OTEL_SEMCONV_STABILITY_OPT_IN is set; nothing of ours reads it."""
OTEL_BUCKETS: Final = tuple(
    map(
        Decimal,
        [
            "0.005",
            "0.01",
            "0.025",
            "0.05",
            "0.075",
            "0.1",
            "0.25",
            "0.5",
            "0.75",
            "1",
            "2.5",
            "5",
            "7.5",
            "10",
        ],
    )
)
"""The finite bounds that the conventions advise, in seconds: every SDK begins with them."""
_OTEL_IN_PROGRESS = "http_server_active_requests"
_METHOD, _STATUS, _ROUTE = "http_request_method", "http_response_status_code", "http_route"
# The opt-in attributes of the conventions, and what exporters say of the library that measured.
_FURTHER = (
    "error_type", "url_scheme", "network_protocol_name", "network_protocol_version", "server_address", "server_port",
    "user_agent_synthetic_type", "otel_scope_name", "otel_scope_version", "otel_scope_schema_url",
)  # fmt: skip
# Packs that only our middleware can emit, as it measures the requests itself.
OF_MIDDLEWARE: Final = ("http", "http_sizes", "http_first_byte")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpNames:
    """One dialect for one service. `requests` is the series that counts answered requests, `duration` the histogram.

    `every` are the matchers that a series of any counted request has, `failed` those of failed requests, `answered`
    those of all others. `uncounted` are the routes that `every` leaves out. `codes` are the values that `status` can
    have; an empty one stands for series without the label. `further` are labels that some series have.
    """

    dialect: Dialect
    requests: str
    duration: str
    in_progress: str
    method: str
    route: str
    status: str
    every: Matchers
    failed: Matchers
    answered: Matchers
    codes: tuple[str, ...]
    uncounted: tuple[str, ...] = ()
    buckets: tuple[Decimal, ...] = ()
    further: tuple[str, ...] = ()
    families: Mapping[str, Family] = field(compare=False, repr=False)

    @property
    def is_ours(self) -> bool:
        """Return whether our middleware measures: it sets the buckets, and routes have series before any request."""
        return self.dialect == "watchkeeper"


_INITIAL: Final = contract.INITIAL_STATUS_CODES
STATUS_CODES: Final = (*_INITIAL, *(str(code) for code in range(100, 600) if str(code) not in _INITIAL))

WATCHKEEPER: Final = HttpNames(
    dialect="watchkeeper",
    requests=contract.HTTP_REQUESTS,
    duration=contract.HTTP_DURATION,
    in_progress=contract.HTTP_IN_PROGRESS,
    method="method",
    route="handler",
    status="status_code",
    every=(),
    failed=(("status_code", "=~", "5.."),),
    answered=(("status_code", "!~", "5.."),),
    codes=(*STATUS_CODES, contract.OTHER),
    families={one.name: one for one in contract.FAMILIES},
)


@lru_cache(maxsize=256)
def otel_names(uncounted: tuple[str, ...], buckets: tuple[Decimal, ...]) -> HttpNames:
    """Return OpenTelemetry's names for a service that leaves out some routes; without buckets, those that are usual.

    A request without a status has failed: older instrumentations record none where an exception left the app.
    """
    every = (matcher_of(_ROUTE, uncounted, is_excluded=True),) if uncounted else ()
    bounds = buckets or OTEL_BUCKETS
    return HttpNames(
        dialect="otel",
        requests=f"{OTEL_DURATION}_count",
        duration=OTEL_DURATION,
        in_progress=_OTEL_IN_PROGRESS,
        method=_METHOD,
        route=_ROUTE,
        status=_STATUS,
        every=every,
        failed=((_STATUS, "=~", "5..|"), *every),
        answered=((_STATUS, "!~", "5..|"), *every),
        codes=(*STATUS_CODES, ""),
        uncounted=uncounted,
        buckets=bounds,
        further=_FURTHER,
        families=_otel_families(bounds),
    )


def _otel_families(buckets: tuple[Decimal, ...]) -> Mapping[str, Family]:
    others = [one for one in contract.FAMILIES if one.pack not in OF_MIDDLEWARE]
    http = (
        Family(
            OTEL_DURATION, "histogram", "seconds", (_METHOD, _ROUTE, _STATUS),
            "Duration of HTTP server requests, in seconds.", "http", buckets=tuple(map(float, buckets)),
        ),
        Family(_OTEL_IN_PROGRESS, "gauge", "", (_METHOD,), "HTTP requests being answered now.", "http"),
    )  # fmt: skip
    return {one.name: one for one in (*http, *others)}


_OTEL_FAMILIES: Final = otel_names((), ()).families
ALL_FAMILIES: Final = tuple({**_OTEL_FAMILIES, **WATCHKEEPER.families}.values())
"""The families of every dialect."""
OF_ONE_DIALECT: Final = frozenset(_OTEL_FAMILIES.keys() ^ WATCHKEEPER.families.keys())
"""The names of those that not every dialect has."""
