"""The metrics and labels of a service: the contract's packs, what the spec declares, and Prometheus' own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache

from watchkeeper.model.http_dialect import OF_ONE_DIALECT, HttpNames
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.slo import Sli

# Labels and series that Prometheus adds to every target.
_TARGET_LABELS = ("instance", "job", "service")
# What the scrape configurations of others add, those of the Prometheus operator first.
_OF_OTHERS = ("namespace", "pod", "container", "endpoint", "node", "cluster", "region", "zone", "environment")
_SYNTHETIC = (
    "up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling", "scrape_series_added",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """One metric family: type, label names, finite bucket bounds; `pack` is None when the spec declares it."""

    name: str
    type: str
    labels: tuple[str, ...]
    buckets: tuple[Decimal, ...]
    pack: str | None
    external: bool


class Vocabulary:
    """All families that exist for one service, by every series name that they expose.

    `services` are all of the spec: a selector may name another one.
    """

    def __init__(self, service: Service, services: tuple[Service, ...] = ()) -> None:
        self.service = service
        self.services = services or (service,)
        self.families, self.series = _known(service.metrics, service.http)
        added = (
            service.target_labels
            if service.is_scraped
            else (*service.match, *((one, "") for one in _OF_OTHERS))
        )
        self._extra_labels = {*_TARGET_LABELS, *(name for name, _ in added)}

    def counted_by(self, sli: Sli) -> KnownFamily | None:
        """Return the family that an indicator of requests or of a histogram counts, None for others."""
        http = self.service.http
        counted = http.requests if sli.kind == "availability" else http.duration
        name = counted if sli.family == "http" else sli.family or ""
        return self.families.get(name) or (self.series.get(name) if sli.family == "http" else None)

    def is_enabled(self, family: KnownFamily) -> bool:
        """Return whether the service says that it emits the family."""
        return family.pack is None or family.pack in self.service.signals

    def allows(self, family: KnownFamily, series: str, label: str) -> bool:
        """Return whether a series of the family can carry the label."""
        return (
            label in self._extra_labels
            or label in family.labels
            or (label == "le" and series.endswith("_bucket"))
        )

    def labels_of(self, family: KnownFamily) -> tuple[str, ...]:
        """Return the label names to suggest for a family."""
        return (*family.labels, *sorted(self._extra_labels))

    def closest(self, name: str, *, type_: str | None = None) -> str:
        """Return a remedy for a name that does not exist."""
        if (other := self._of_other_dialect(name)) is not None:
            return other
        if type_ is None:
            names: Iterable[str] = self.series
        else:
            names = (family.name for family in self.families.values() if family.type == type_)
        close = get_close_matches(name, list(names), n=1, cutoff=0.7)
        declare = "declare it under `metrics:`, with `external: true` if something else exposes it"
        return f"did you mean {close[0]}?" if close else declare

    def _of_other_dialect(self, name: str) -> str | None:
        """Return a remedy for a name that HTTP's metrics have in another dialect than that of the service."""
        http = self.service.http
        if name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count") not in OF_ONE_DIALECT:
            return None
        if http.is_ours:
            return "write `dialect: otel` if OpenTelemetry measures the requests of this service"
        return f"`dialect: otel` has {http.requests} and {http.duration}_bucket"


@lru_cache(maxsize=8)
def _known(
    metrics: tuple[Metric, ...], http: HttpNames
) -> tuple[Mapping[str, KnownFamily], Mapping[str, KnownFamily]]:
    """Return families and series by their names; services without their own metrics share one result."""
    families = {family.name: family for family in _families(metrics, http)}
    return families, {name: family for family in families.values() for name in series_names(family)}


def _families(metrics: Iterable[Metric], http: HttpNames) -> Iterator[KnownFamily]:
    yield from _contract_families(http)
    for metric in metrics:
        yield KnownFamily(metric.name, metric.type, metric.labels, metric.buckets, None, metric.external)
    for name in ("ALERTS", "ALERTS_FOR_STATE"):
        labels = ("alert_kind", "alertname", "alertstate", "severity", "team")
        yield KnownFamily(name, "gauge", labels, (), None, external=False)
    for name in _SYNTHETIC:
        yield KnownFamily(name, "gauge", (), (), None, external=False)


@lru_cache(maxsize=8)
def _contract_families(http: HttpNames) -> tuple[KnownFamily, ...]:
    """Return the contract's families; they are cached because a large spec needs them thousands of times."""
    return tuple(
        KnownFamily(
            one.name,
            one.type,
            (*one.labels, *http.further) if one.pack == "http" else one.labels,
            tuple(Decimal(repr(b)) for b in one.buckets),
            one.pack,
            external=False,
        )
        for one in http.families.values()
    )


def exposures(service: Service) -> Counter[str]:
    """Return how often each series name is exposed: by the contract, the service's own metrics and Prometheus itself."""
    return Counter(
        name for family in _families(service.metrics, service.http) for name in series_names(family)
    )


def series_names(family: KnownFamily | Metric) -> tuple[str, ...]:
    """Return the names of the series that a family exposes."""
    if family.type != "histogram":
        return (family.name,)
    return tuple(f"{family.name}_{part}" for part in ("bucket", "sum", "count"))
