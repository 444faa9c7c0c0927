"""A threshold alert: which keys its preset takes, and its threshold in the preset's unit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import cast

from watchkeeper.model.alert import Alert, Preset, Proof, ProofSeries
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.model.notify import Route
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_route import parse_route
from watchkeeper.spec.preset_shapes import PRESET_SHAPES, PresetShape, Unit
from watchkeeper.spec.promql import user_promql
from watchkeeper.spec.text_files import text_file

_NUMBER = r"[-+]?(?:[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|NaN|Inf)"
# promtool's notation: a number, a gap, or either of them repeated, with or without a step.
_ITEM = re.compile(rf"(?:_|stale|{_NUMBER})(?:x[0-9]+)?|{_NUMBER}[-+][0-9.eE]+x[0-9]+", re.ASCII)
_LARGEST = Decimal(10) ** 18
_EITHER = ("for", "severity", "summary", "description", "runbook", "runbook_notes", "labels", "receivers")
_COMMON = ("name", "preset", *_EITHER)
_RAW = ("name", "expr", *_EITHER, "external", "proof")
_KEYS = {
    *_RAW,
    *_COMMON,
    *(key for shape in PRESET_SHAPES.values() for key in (*shape.required, *shape.optional)),
}


def parse_alert(place: Cursor, http: HttpNames) -> Alert | None:
    """Return the alert at `place`, or None when its valid parts do not make one; `http` are its service's names."""
    if place.is_broken("preset") or place.is_broken("expr"):
        return None
    preset = cast("Preset | None", place.text("preset"))
    if (preset is None) == (place.text("expr") is None):
        wrong = "needs `preset` or `expr`" if preset is None else "has both `preset` and `expr`"
        place.report("WK111", f"the alert {wrong}", "write one of them")
        return None
    if preset is None:
        place.allow_only(_RAW, "does not fit an alert with an `expr`", known=_KEYS)
        complete = place.require(("name",), "an alert with an `expr` has no default name")
        return _build(place, None, None, None, http) if complete else None
    shape = PRESET_SHAPES[preset]
    allowed = (*_COMMON, *shape.required, *shape.optional)
    place.allow_only(allowed, f"does not fit the preset {preset}", known=_KEYS)
    if not place.require(shape.required, f"the preset {preset} needs it"):
        return None
    threshold, readable = _threshold(place, shape)
    return _build(place, preset, shape, threshold, http) if readable else None


def _build(
    place: Cursor,
    preset: Preset | None,
    shape: PresetShape | None,
    threshold: Decimal | None,
    http: HttpNames,
) -> Alert:
    return Alert(
        name=place.string("name", shape.default_name if shape else ""),
        preset=preset,
        expr=place.text("expr"),
        severity=place.string("severity", "warning"),  # type: ignore[arg-type]
        hold=Duration.parse(place.string("for", "5m")),
        threshold=threshold,
        quantile=place.number("quantile") or (shape.default_quantile if shape else None),
        metric=place.text("metric") or (http.duration if shape and shape.reads_http_duration else None),
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
        runbook_notes=text_file(place, "runbook_notes"),
        routes=_routes(place),
    )


def _routes(place: Cursor) -> tuple[Route, ...]:
    if not place.has("receivers"):
        return ()
    return (parse_route(place.string("severity", "warning"), place.go("receivers")),)


def _threshold(place: Cursor, shape: PresetShape) -> tuple[Decimal | None, bool]:
    key = next((key for key in ("above", "below") if key in shape.required), None)
    if key is None:
        return None, True
    if place.is_broken(key):
        return None, False
    value = place.go(key).node.scalar
    assert isinstance(value, str | int | Decimal)
    try:
        return _in_unit(value, shape.unit), True
    except formats.Malformed as wrong:
        place.report(wrong.code, f"`{key}`: {wrong.message}", wrong.remedy, value=key)
        return None, False


def _in_unit(value: str | int | Decimal, unit: Unit) -> Decimal:
    if unit == "ratio":
        number = formats.ratio(value)
        if formats.is_bare_fraction(value):
            bare = Decimal(str(value).strip())
            shown = f"{(bare * 100).normalize():f}%"
            raise formats.Malformed(
                "WK106", f"{bare} is a bare fraction", f"did you mean {shown}, or {bare}%?"
            )
        return number
    if unit == "seconds":
        if not isinstance(value, str):
            raise formats.Malformed("WK105", f"{value} has no unit", f"write {value}s or {value}ms")
        return formats.duration(value).seconds
    if isinstance(value, str):
        raise formats.Malformed("WK103", f"{value[:60]!r} is not a number", "write a plain number")
    if abs(Decimal(value)) > _LARGEST:
        raise formats.Malformed(
            "WK108", f"{value} is larger than the value of any gauge", "write a smaller number"
        )
    return Decimal(value)


def _proof(place: Cursor) -> Proof:
    fires, silent = (tuple(map(_series, place.each(key))) for key in ("fires", "silent"))
    return Proof(fires=fires, silent=silent)


def _series(place: Cursor) -> ProofSeries:
    series, values = place.string("series", ""), place.string("values", "")
    try:
        is_series = type(user_promql.parse(series)).__name__ == "VectorSelector"
    except formats.Malformed:
        is_series = False
    if not is_series:
        place.report(
            "WK205", f"{series[:60]!r} is not a series", 'write it as up{service="checkout"}', value="series"
        )
    if not all(_ITEM.fullmatch(item) for item in values.split()):
        place.report(
            "WK205",
            f"{values[:60]!r} is not a list of samples",
            "write 0+1x60, or 1 2 _ stale",
            value="values",
        )
    return ProofSeries(series, values)
