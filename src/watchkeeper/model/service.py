"""Services and what the spec says of their own metrics and promises."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper import contract
from watchkeeper.contract import Family
from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import WATCHKEEPER, Dialect, HttpNames, otel_names
from watchkeeper.model.position import Position
from watchkeeper.model.scrape import Scrape
from watchkeeper.model.slo import Sli, Slo

MetricType = Literal["counter", "gauge", "histogram"]
HistogramUnit = Literal["s", "ms", "us"]
Matcher = tuple[str, str, str]
# The label that a scrape job of ours gives to every series of a service.
_SERVICE_LABEL = "service"
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of the service's own; `buckets` are finite upper bounds, of histograms only.

    `native` histograms have no fixed buckets; only those of others can be native, or measure in another unit than
    seconds. Buckets are in the metric's own unit.
    """

    name: str
    type: MetricType
    labels: tuple[str, ...]
    help: str
    buckets: tuple[Decimal, ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]
    external: bool
    where: Position
    native: bool = False
    unit: HistogramUnit = "s"

    @property
    def per_second(self) -> int:
        """Return how many of a histogram's units make a second."""
        return _PER_SECOND[self.unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sla:
    """Promises to customers: reported, never alerted on. Ratios are 0..1."""

    availability: Decimal | None
    latency_quantile: Decimal | None
    latency_below: Duration | None
    page_load: Duration | None
    support: tuple[tuple[str, Duration], ...]
    where: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """How Prometheus finds the targets itself: exactly one of DNS names, target files and an HTTP address.

    `record` and `port` are about DNS: an SRV record contains the ports, the others need one.
    """

    names: tuple[str, ...] = ()
    record: Literal["A", "AAAA", "SRV"] = "SRV"
    port: int | None = None
    files: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One watched service: where it is scraped, which packs it emits, and what healthy means for it.

    `exclude` contains the paths and route templates that its middleware does not count. `match` has the labels by which
    series that others scrape are the service's. A service that is not scraped has no job in the rendered configuration.
    `http_buckets` are the finite bounds of its HTTP durations under another dialect than ours, none for the usual ones.
    """

    name: str
    team: str
    description: str
    targets: tuple[str, ...]
    target_positions: tuple[Position, ...]
    metrics_path: str
    signals: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]
    slos: tuple[Slo, ...]
    alerts: tuple[Alert, ...]
    metrics: tuple[Metric, ...]
    sla: Sla | None
    runbook_base_url: str | None
    where: Position
    exclude: tuple[str, ...] = ()
    scrape: Scrape = Scrape()
    match: tuple[tuple[str, str], ...] = ()
    match_positions: tuple[tuple[str, Position], ...] = ()
    is_scraped: bool = True
    discovery: Discovery | None = None
    dialect: Dialect = "watchkeeper"
    http_buckets: tuple[Decimal, ...] = ()

    @property
    def http(self) -> HttpNames:
        """Return the names of its HTTP metrics. Our middleware leaves out some routes itself, else the rules do."""
        if self.dialect == "watchkeeper":
            return WATCHKEEPER
        uncounted = {*contract.UNCOUNTED_PATHS, self.metrics_path, *self.exclude}
        # The metrics are usually a mounted app; FastAPI itself calls the route of one so.
        uncounted.add(f"{self.metrics_path}/{{path}}")
        return otel_names(tuple(sorted(uncounted)), self.http_buckets)

    def http_of(self, sli: Sli) -> HttpNames:
        """Return the names for one indicator: where it selects routes, its rules need not leave out others."""
        chooses = any(one.label == self.http.route and not one.is_excluded for one in sli.filters)
        return otel_names((), self.http_buckets) if chooses and not self.http.is_ours else self.http

    def family(self, name: str) -> Family | None:
        """Return the family of the contract that the service has under that name, None when it has none."""
        return self.http.families.get(name)

    @property
    def own_labels(self) -> tuple[tuple[str, str], ...]:
        """Return the labels that all series of the service have, and no others have all of them."""
        return self.match or ((_SERVICE_LABEL, self.name),)

    @property
    def target_labels(self) -> tuple[tuple[str, str], ...]:
        """Return the labels that a scrape job of ours adds to the service's series besides those of every service."""
        return self.labels if self.is_scraped else ()

    @property
    def own(self) -> tuple[Matcher, ...]:
        """Return the matchers that select the series which the service exposes, and its `up`.

        What rules record, and `ALERTS`, has the label `service` in any case.
        """
        return tuple((label, "=", value) for label, value in self.own_labels)

    def in_unit_of(self, histogram: str, seconds: Decimal) -> Decimal:
        """Return seconds in the unit of one of the service's histograms."""
        return seconds * self.units_per_second(histogram)

    def units_per_second(self, histogram: str) -> int:
        """Return how many units of a histogram make a second; 1 for those that the spec does not declare."""
        return next((one.per_second for one in self.metrics if one.name == histogram), 1)
