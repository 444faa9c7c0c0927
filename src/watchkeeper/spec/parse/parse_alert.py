"""A threshold alert: which keys its preset takes, and its threshold in the preset's unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from backend_instrumentation.contract import HTTP_DURATION
from watchkeeper.model.alert import Alert, Preset, Proof, ProofSeries
from watchkeeper.model.duration import Duration
from watchkeeper.spec import formats
from watchkeeper.spec import user_promql as promql
from watchkeeper.spec.cursor import Cursor

_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|NaN|Inf)"
# promtool's notation: a number, a gap, or either of them repeated, with or without a step.
_ITEM = re.compile(rf"(?:_|stale|{_NUMBER})(?:x[0-9]+)?|{_NUMBER}[-+][0-9.eE]+x[0-9]+", re.ASCII)
_LARGEST = Decimal(10) ** 18
_COMMON = ("name", "preset", "for", "severity", "summary", "description", "runbook", "labels")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a preset takes: its default name, unit, and keys."""

    default_name: str
    unit: str
    needed: tuple[str, ...]
    further: tuple[str, ...] = ()


_SHAPES: dict[str, _Shape] = {
    "service_down": _Shape("ServiceDown", "", ()),
    "error_ratio": _Shape("HighErrorRate", "ratio", ("above",), ("min_events",)),
    "latency_quantile": _Shape(
        "HighLatency", "seconds", ("above",), ("quantile", "metric", "min_events", "external")
    ),
    "saturation": _Shape("HighSaturation", "ratio", ("above", "resource")),
    "gauge_below": _Shape("GaugeBelow", "number", ("below", "metric"), ("aggregate", "external")),
    "gauge_above": _Shape("GaugeAbove", "number", ("above", "metric"), ("aggregate", "external")),
}
_RAW = ("name", "expr", "for", "severity", "summary", "description", "runbook", "labels", "external", "proof")

_KEYS = {*_RAW, *_COMMON, *(key for shape in _SHAPES.values() for key in (*shape.needed, *shape.further))}


def parse_alert(place: Cursor) -> Alert | None:
    """Return the alert at `place`, or None when what is sound of it does not make one."""
    if place.is_broken("preset") or place.is_broken("expr"):
        return None
    preset = place.text("preset")
    if (preset is None) == (place.text("expr") is None):
        said = "needs `preset` or `expr`" if preset is None else "has both `preset` and `expr`"
        place.say("WK111", f"the alert {said}", "write one of them")
        return None
    if preset is None:
        place.only(_RAW, "does not fit an alert with an `expr` of its own", known=_KEYS)
        complete = place.need(("name",), "an `expr` has no name of its own")
        return _build(place, None, "", None) if complete else None
    shape = _SHAPES[preset]
    place.only((*_COMMON, *shape.needed, *shape.further), f"does not fit the preset {preset}", known=_KEYS)
    if not place.need(shape.needed, f"the preset {preset} cannot do without it"):
        return None
    threshold, readable = _threshold(place, shape)
    return _build(place, preset, shape.default_name, threshold) if readable else None  # type: ignore[arg-type]


def _build(place: Cursor, preset: Preset | None, default_name: str, threshold: Decimal | None) -> Alert:
    return Alert(
        name=place.string("name", default_name),
        preset=preset,
        expr=place.text("expr"),
        severity=place.string("severity", "warning"),  # type: ignore[arg-type]
        hold=Duration.parse(place.string("for", "5m")),
        threshold=threshold,
        quantile=place.number("quantile") or (Decimal("0.95") if preset == "latency_quantile" else None),
        metric=place.text("metric") or (HTTP_DURATION if preset == "latency_quantile" else None),
        resource=place.text("resource"),
        aggregate=place.text("aggregate"),
        min_events=place.whole("min_events"),
        external=place.flag("external"),
        summary=place.text("summary"),
        description=place.string("description", ""),
        runbook=place.text("runbook"),
        labels=place.labels(),
        proof=_proof(place.go("proof")) if place.has("proof") else None,
        where=place.value_where("name"),
        threshold_where=place.value_where("above" if "above" in place.names() else "below"),
    )


def _threshold(place: Cursor, shape: _Shape) -> tuple[Decimal | None, bool]:
    key = next((key for key in ("above", "below") if key in shape.needed), None)
    if key is None:
        return None, True
    if place.is_broken(key):
        return None, False
    value = place.go(key).node.scalar
    assert isinstance(value, str | int | Decimal)
    try:
        return _in_unit(value, shape.unit), True
    except formats.Malformed as wrong:
        place.say(wrong.code, f"`{key}`: {wrong.message}", wrong.remedy, value=key)
        return None, False


def _in_unit(value: str | int | Decimal, unit: str) -> Decimal:
    if unit == "ratio":
        number = formats.ratio(value)
        if formats.is_bare_fraction(value):
            bare = Decimal(str(value).strip())
            shown = f"{(bare * 100).normalize():f}%"
            raise formats.Malformed(
                "WK106", f"{bare} looks like a fraction", f"did you mean {shown}, or {bare}%?"
            )
        return number
    if unit == "seconds":
        if not isinstance(value, str):
            raise formats.Malformed("WK105", f"{value} has no unit", f"write {value}s or {value}ms")
        return formats.duration(value).seconds
    if isinstance(value, str):
        raise formats.Malformed("WK103", f"{value[:60]!r} is not a number", "write a plain number")
    if abs(Decimal(value)) > _LARGEST:
        raise formats.Malformed("WK108", f"{value} is more than any gauge shows", "write a smaller number")
    return Decimal(value)


def _proof(place: Cursor) -> Proof:
    fires, silent = (tuple(map(_series, place.each(key))) for key in ("fires", "silent"))
    return Proof(fires, silent)


def _series(place: Cursor) -> ProofSeries:
    series, values = place.string("series", ""), place.string("values", "")
    try:
        is_series = type(promql.parse(series)).__name__ == "VectorSelector"
    except formats.Malformed:
        is_series = False
    if not is_series:
        place.say(
            "WK205", f"{series[:60]!r} is no series", 'write it as up{service="checkout"}', value="series"
        )
    if not all(_ITEM.fullmatch(item) for item in values.split()):
        place.say("WK205", f"{values[:60]!r} are no samples", "write 0+1x60, or 1 2 _ stale", value="values")
    return ProofSeries(series, values)
