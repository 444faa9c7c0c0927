"""Sums up the metrics of several instances, as a dict that is ready for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from .executor import ExecutorMetrics
from .families import COMPONENT
from .instances import instances as known_instances

Row = tuple[tuple[str, str], ...]
Found = list[tuple[str, Metric]]


def aggregate_metrics(instances: Iterable[str | ExecutorMetrics] | None = None) -> dict[str, Any]:
    """Return the sums over the instances, given as names or objects; all initialized ones by default.

    `instances`: the names, `missing`: names without an instance; `counters` by family: rows of `labels` and
    `value`, summed; `histograms` by family: rows of `labels`, `buckets` (cumulative, by upper bound, of the
    bounds common to all, and "+Inf"), `sum` and `count`; `gauges` by family and component: rows of `labels`
    and `value`. The rows have no label `component`.
    """
    found, missing = _chosen(instances)
    metrics = [(each.instance_name, metric) for each in found for metric in each.registry.collect()]
    return {
        "instances": sorted({each.instance_name for each in found}),
        "missing": missing,
        "counters": _by_family(metrics, "counter", _counters),
        "histograms": _by_family(metrics, "histogram", _histograms),
        "gauges": _by_family(metrics, "gauge", _gauges),
    }


def _chosen(
    asked: Iterable[str | ExecutorMetrics] | str | ExecutorMetrics | None,
) -> tuple[list[ExecutorMetrics], list[str]]:
    known = known_instances()
    if asked is None:
        return list(known.values()), []
    wanted = [asked] if isinstance(asked, str | ExecutorMetrics) else list(asked)
    objects = [each if isinstance(each, ExecutorMetrics) else known.get(each) for each in wanted]
    missing = [str(each) for each, found in zip(wanted, objects, strict=True) if found is None]
    # An instance that is named twice counts once.
    return list({id(each): each for each in objects if each is not None}.values()), missing


def _by_family(metrics: Found, kind: str, merge: Any) -> dict[str, Any]:
    families: dict[str, Found] = {}
    for component, metric in metrics:
        if metric.type == kind:
            name = f"{metric.name}_total" if kind == "counter" else metric.name
            families.setdefault(name, []).append((component, metric))
    return {name: merge(found) for name, found in families.items()}


def _counters(found: Found) -> list[dict[str, Any]]:
    sums: dict[Row, float] = {}
    for _, metric in found:
        for sample in metric.samples:
            sums[_row(sample)] = sums.get(_row(sample), 0.0) + sample.value
    return [{"labels": dict(row), "value": _number(value)} for row, value in sums.items()]


def _gauges(found: Found) -> dict[str, list[dict[str, Any]]]:
    apart: dict[str, list[dict[str, Any]]] = {}
    for component, metric in found:
        rows = [{"labels": dict(_row(each)), "value": _number(each.value)} for each in metric.samples]
        apart.setdefault(component, []).extend(rows)
    return apart


def _histograms(found: Found) -> list[dict[str, Any]]:
    bounds = [{each.labels["le"] for each in metric.samples if "le" in each.labels} for _, metric in found]
    # An instance without observations has no bounds yet, and must not narrow those of the others.
    common = set.intersection(*shown) if (shown := [each for each in bounds if each]) else set()
    rows: dict[Row, dict[str, Any]] = {}
    for _, metric in found:
        for sample in metric.samples:
            row = rows.setdefault(
                _row(sample), {"labels": dict(_row(sample)), "buckets": {}, "sum": 0.0, "count": 0.0}
            )
            _add(row, sample, common)
    for row in rows.values():
        row["buckets"] = dict(sorted(row["buckets"].items(), key=lambda each: float(each[0])))
    return list(rows.values())


def _add(row: dict[str, Any], sample: Sample, common: set[str]) -> None:
    bound = sample.labels.get("le")
    if bound is None:
        part = "sum" if sample.name.endswith("_sum") else "count"
        row[part] += sample.value
    elif bound in common:
        row["buckets"][bound] = row["buckets"].get(bound, 0.0) + sample.value


def _row(sample: Sample) -> Row:
    return tuple((name, value) for name, value in sample.labels.items() if name not in (COMPONENT, "le"))


def _number(value: float) -> float | str:
    # JSON has no NaN and no infinities.
    return value if math.isfinite(value) else str(value)
