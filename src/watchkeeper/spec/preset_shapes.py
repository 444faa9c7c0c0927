"""The presets of threshold alerts, as the spec writes them: one row each.

docs/extending.md says what else a new preset needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from watchkeeper import naming
from watchkeeper.model.alert import Preset

Unit = Literal["", "ratio", "seconds", "number"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetShape:
    """One preset: its default name, the unit of its threshold, its keys, and what it reads.

    `pack` is the metric pack that it always reads, `metric_type` the type that its `metric` must have,
    `reads_http_duration` that this is the duration of requests by default. `labels` are those of the series that its
    expression returns, and `reads_window` says whether it reads the window
    of its `for`.
    """

    default_name: str
    unit: Unit = ""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    pack: str | None = None
    metric_type: str | None = None
    reads_http_duration: bool = False
    default_quantile: Decimal | None = None
    labels: tuple[str, ...] = ()
    reads_window: bool = False


PRESET_SHAPES: Final[Mapping[Preset, PresetShape]] = {
    "service_down": PresetShape(default_name="ServiceDown"),
    "error_ratio": PresetShape(
        default_name="HighErrorRate",
        unit="ratio",
        required=("above",),
        optional=("min_events",),
        pack="http",
        reads_window=True,
    ),
    "latency_quantile": PresetShape(
        default_name="HighLatency",
        unit="seconds",
        required=("above",),
        optional=("quantile", "metric", "min_events", "external"),
        metric_type="histogram",
        reads_http_duration=True,
        default_quantile=Decimal("0.95"),
        reads_window=True,
    ),
    "saturation": PresetShape(
        default_name="HighSaturation",
        unit="ratio",
        required=("above", "resource"),
        pack="system",
        labels=("instance",),
    ),
    "gauge_below": PresetShape(
        default_name="GaugeBelow",
        unit="number",
        required=("below", "metric"),
        optional=("aggregate", "external"),
        metric_type="gauge",
    ),
    "gauge_above": PresetShape(
        default_name="GaugeAbove",
        unit="number",
        required=("above", "metric"),
        optional=("aggregate", "external"),
        metric_type="gauge",
    ),
    "health_failing": PresetShape(default_name="HealthFailing", pack="health", labels=("check",)),
    "replicas_below": PresetShape(default_name="ReplicasBelow", unit="number", required=("below",)),
    "metric_conflict": PresetShape(default_name=naming.METRIC_CONFLICT, pack="http", labels=("metric",)),
}
