"""The settings of a threshold alert as people write them, by their names in the spec."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from watchkeeper.emit.promql import number
from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.presets import PRESET_MIN_EVENTS
from watchkeeper.spec.preset_shapes import PRESET_SHAPES


def preset_numbers(written: Alert, planned: PlannedAlert) -> tuple[tuple[str, str], ...]:
    """Return the settings that decide the alert, defaults included; the window is read only by presets with one."""
    return tuple(_numbers(written, planned))


def _numbers(written: Alert, planned: PlannedAlert) -> Iterator[tuple[str, str]]:
    if written.preset is not None:
        shape = PRESET_SHAPES[written.preset]
        if written.threshold is not None:
            key = "below" if "below" in shape.required else "above"
            yield key, _in_unit(written.threshold, shape.unit)
        if written.quantile is not None:
            yield "quantile", number(written.quantile)
        for name, text in (("metric", written.metric), ("resource", written.resource)):
            if text is not None:
                yield name, text
        if "aggregate" in shape.optional:
            yield "aggregate", written.aggregate or ("min" if "below" in shape.required else "max")
        if "min_events" in shape.optional:
            yield "min_events", str(written.min_events or PRESET_MIN_EVENTS)
    if planned.window is not None:
        yield "window", str(planned.window)
    yield "for", str(planned.hold)


def _in_unit(value: Decimal, unit: str) -> str:
    if unit == "ratio":
        return percentage(value)
    milliseconds = value * 1000
    if unit == "seconds" and milliseconds == int(milliseconds):
        return str(Duration(int(milliseconds)))
    return f"{number(value)}s" if unit == "seconds" else number(value)
