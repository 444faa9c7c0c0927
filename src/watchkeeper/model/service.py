"""Services and what the spec says of their own metrics and promises."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.model.position import Position
from watchkeeper.model.slo import Slo

MetricType = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of the service's own; `buckets` are finite upper bounds, of histograms only.

    `native` histograms have no fixed buckets; only those of others can be native.
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
class Service:
    """One watched service: where it is scraped, which packs it emits, and what healthy means for it.

    `exclude` contains the paths and route templates that its middleware does not count.
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
