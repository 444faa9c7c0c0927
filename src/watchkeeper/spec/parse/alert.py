"""A threshold alert: which keys its preset takes, and its threshold in the preset's unit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.alert import Alert, Preset, Proof, ProofSeries
from watchkeeper.model.duration import Duration
from watchkeeper.spec import formats
from watchkeeper.spec.cursor import Cursor

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


def parse_alert(place: Cursor) -> Alert | None:
    """Return the alert at `place`, or None when preset, name and expression do not make one."""
    preset = place.text("preset")
    if (preset is None) == (place.text("expr") is None):
        said = "needs `preset` or `expr`" if preset is None else "has both `preset` and `expr`"
        place.say("WK111", f"the alert {said}", "write one of them")
        return None
    if preset is None:
        place.only(_RAW, "does not fit an alert with an `expr` of its own")
        complete = place.need(("name",), "an `expr` has no name of its own")
        return _build(place, None, "", None) if complete else None
    shape = _SHAPES[preset]
    place.only((*_COMMON, *shape.needed, *shape.further), f"does not fit the preset {preset}")
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
        metric=place.text("metric")
        or ("http_request_duration_seconds" if preset == "latency_quantile" else None),
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
        if isinstance(value, Decimal) and 0 < value < 1:
            shown = f"{(value * 100).normalize():f}%"
            raise formats.Malformed(
                "WK106", f"{value} looks like a fraction", f"did you mean {shown}, or {value}%?"
            )
        return number
    if unit == "seconds":
        if not isinstance(value, str):
            raise formats.Malformed("WK105", f"{value} has no unit", f"write {value}s or {value}ms")
        return formats.duration(value).seconds
    if isinstance(value, str):
        raise formats.Malformed("WK103", f"{value!r} is not a number", "write a plain number")
    return Decimal(value)


def _proof(place: Cursor) -> Proof:
    def series(key: str) -> tuple[ProofSeries, ...]:
        return tuple(
            ProofSeries(item.string("series", ""), item.string("values", "")) for item in place.each(key)
        )

    return Proof(series("fires"), series("silent"))
