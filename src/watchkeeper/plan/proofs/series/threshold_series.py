"""The input series of a threshold alert, and its decoys."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import ceil
from typing import Literal

from watchkeeper import contract
from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service
from watchkeeper.plan.presets import RESOURCES
from watchkeeper.plan.proofs.series.decoys import decoy_texts
from watchkeeper.plan.proofs.series.filtered_series import uncounted_texts
from watchkeeper.plan.proofs.series.input_series import (
    first_labels,
    histogram_series,
    placed,
    request_series,
    series_text,
)
from watchkeeper.plan.proofs.series.samples import SECOND, Series, on_two_targets
from watchkeeper.plan.service_matcher import reads_external

# By how much a level exceeds its limit when it is past it.
_PAST = Decimal("0.02")
_LIMIT = Decimal(1000)
_CORES = Decimal("0.04")
_CHECK = "proof"
_UNLIMITED = "unlimited:8000"


def fed_by(alert: Alert, service: Service) -> tuple[Series, ...]:
    """Return the alert's input series; a phase's ratio is 0 for a healthy level, 0.5 for one exactly at its limit."""
    external = reads_external(alert, service)
    own = None if external else service
    found = tuple(on_two_targets(_series(alert, service, own)))
    uncounted = [_decoy_of(text, one) for one in found for text in uncounted_texts(one.text, service)]
    if external:
        return (*found, *uncounted)
    decoys = (_decoy_of(text, one) for one in found for text in decoy_texts(one.text, service))
    return (*found, *decoys, *uncounted)


def assumptions_of(alert: Alert, service: Service) -> tuple[str, ...]:
    """Return what the input series assume: a bucket of a histogram that the spec does not declare."""
    declared = any(metric.name == alert.metric for metric in service.metrics)
    if alert.preset != "latency_quantile" or not alert.external or declared:
        return ()
    return (f'{alert.metric}_bucket with le="{contract.le(float(alert.threshold or 0))}"',)


def labels_of(alert: Alert) -> tuple[tuple[str, str], ...]:
    """Return the labels that a firing alert inherits from its series."""
    if alert.preset == "health_failing":
        return (("check", _CHECK),)
    return (("instance", placed({}, None)["instance"]),) if alert.preset == "saturation" else ()


def _series(alert: Alert, service: Service, own: Service | None) -> Iterator[Series]:
    match alert.preset:
        case "service_down":
            yield Series(series_text("up", placed({}, own)), "up")
        case "error_ratio":
            yield from request_series(service, own)
        case "latency_quantile":
            yield from histogram_series(alert.metric or "", alert.threshold or Decimal(0), service, own)
        case "saturation":
            yield from _saturation(alert, own)
        case "gauge_below" | "gauge_above":
            yield from _gauge(alert, service, own)
        case "health_failing":
            yield from _health(own)
        case "replicas_below":
            yield from _replicas(alert, own)
        case None:
            raise AssertionError(f"{alert.name} is no preset")


def _saturation(alert: Alert, own: Service | None) -> Iterator[Series]:
    used, limit, _ = RESOURCES[alert.resource or "memory"]
    threshold = alert.threshold or Decimal(0)
    well, past = threshold * (1 - _PAST), threshold * (1 + _PAST)
    for instance, bad in ((None, past), (SECOND, well)):
        where = placed({"instance": instance} if instance else {}, own)
        if alert.resource == "cpu":
            yield Series(series_text(limit, where), "constant", value=f"{_CORES}")
            yield Series(series_text(used, where), "level_counter", low=well * _CORES, high=bad * _CORES)
        else:
            yield Series(series_text(limit, where), "constant", value=f"{_LIMIT}")
            yield Series(series_text(used, where), "level", low=well * _LIMIT, high=bad * _LIMIT)
    # A limit that nobody set is exposed as 0.
    free = placed({"instance": _UNLIMITED}, own)
    yield Series(series_text(limit, free), "constant", value="0")
    kind: Literal["level", "level_counter"] = "level_counter" if alert.resource == "cpu" else "level"
    yield Series(series_text(used, free), kind, low=_LIMIT, high=_LIMIT)


def _gauge(alert: Alert, service: Service, own: Service | None) -> Iterator[Series]:
    limit = alert.threshold or Decimal(0)
    away = max(abs(limit) * _PAST, Decimal("0.01"))
    well, past = (
        (limit + away, limit - away) if alert.preset == "gauge_below" else (limit - away, limit + away)
    )
    labels = first_labels(alert.metric or "", service, external=own is None)
    yield Series(series_text(alert.metric or "", placed(labels, own)), "level", low=well, high=past)
    if alert.aggregate in (None, "min" if alert.preset == "gauge_below" else "max"):
        well_elsewhere = placed({**labels, "instance": SECOND}, own)
        yield Series(series_text(alert.metric or "", well_elsewhere), "level", low=well, high=well)


def _health(own: Service | None) -> Iterator[Series]:
    """Yield the states of a check that fails when everything is bad, and of one that never does."""
    for check, low, high in ((_CHECK, 0, 1), ("other", 0, 0)):
        for state, here, there in (("error", low, high), ("running", 1 - low, 1 - high)):
            text = series_text("health_state", placed({"check": check, "state": state}, own))
            yield Series(text, "level", low=Decimal(here), high=Decimal(there))


def _replicas(alert: Alert, own: Service | None) -> Iterator[Series]:
    """Yield as many targets as are needed; one of them is down when everything is bad."""
    yield Series(series_text("up", placed({}, own)), "level", low=Decimal(1), high=Decimal(0))
    for index in range(1, ceil(alert.threshold or Decimal(0))):
        yield Series(
            series_text("up", placed({"instance": f"replica{index}:8000"}, own)), "constant", value="1"
        )


def _decoy_of(text: str, one: Series) -> Series:
    match one.kind:
        case "up":
            return Series(text, "constant", value="1")
        case "level" | "level_counter":
            far = one.high + 100 * (one.high - one.low)
            return Series(text, one.kind, low=far, high=far)
        case "counter":
            # Ten times as busy, with as many bad as good events: a sum that includes it is wrong either way.
            return Series(text, "counter", good=1, bad=1, share=one.share * 10)
    return Series(text, one.kind, value=one.value)
