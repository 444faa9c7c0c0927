"""Renders a registry as text: our own counters and histograms fast and in small steps, the rest by prometheus-client.

It runs in a thread and yields the interpreter every few series, so that a scrape of many series does not delay the
requests that are being answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any, Final

from prometheus_client.metrics_core import Metric

from ..guard import Guard
from ..registry.collectors import WHOLE_FAMILIES, ExposedFamily, WholeFamily
from ..registry.own_collectors import plain_name
from .text_format import END, Collected, Format, exemplar, header, labels, number

_STEP: Final = 20


def render(collectable: Any, style: Format, guard: Guard) -> bytes:
    """Return the metrics of a registry, or of any object with `collect`, in that format.

    A metric that cannot be rendered is left out and counted. An exception of a collector propagates.
    """
    with WHOLE_FAMILIES:
        metrics = list(collectable.collect())
    # A collector that describes no names, as ours, may have one of ours.
    others = {metric.name for metric in metrics if not isinstance(metric, WholeFamily)}
    parts = [_part(metric, style, guard) for metric in metrics if not _repeats(metric, others)]
    return b"".join([*parts, END if style.open_metrics else b""])


def _repeats(metric: Metric, others: Collection[str]) -> bool:
    return isinstance(metric, WholeFamily) and plain_name(metric.exposed.family) in others


def _part(metric: Metric, style: Format, guard: Guard) -> bytes:
    try:
        if isinstance(metric, WholeFamily):
            return _own(metric.exposed, style)
        return style.encode(Collected([metric])).removesuffix(END)
    except Exception:
        guard.note(f"writing {metric.name}")
        return b""


def _own(exposed: ExposedFamily, style: Format) -> bytes:
    lines = _LINES.get(exposed.family.type)
    if lines is not None:
        try:
            return _fast(exposed, style, lines)
        except AttributeError:  # this prometheus-client stores its values differently
            pass
    return style.encode(Collected(exposed.metrics())).removesuffix(END)


def _fast(exposed: ExposedFamily, style: Format, lines: Callable[..., list[str]]) -> bytes:
    family = exposed.family
    text = [header(family.name, family.type, family.help, style)]
    for count, (values, child) in enumerate(exposed.children(), 1):
        prefixes = exposed.prefixes.get(values)
        if prefixes is None:
            prefixes = exposed.prefixes[values] = _PREFIXES[family.type](exposed, values, child)
        text += lines(prefixes, child, style)
        if count % _STEP == 0:
            time.sleep(0)
    # A label value may contain a lone surrogate, which UTF-8 cannot encode.
    return "".join(text).encode("utf-8", "replace")


def _counter_prefixes(exposed: ExposedFamily, values: tuple[str, ...], _: Any) -> list[str]:
    family = exposed.family
    return [f"{family.name}{labels(zip(family.labels, values, strict=True))} "]


def _histogram_prefixes(exposed: ExposedFamily, values: tuple[str, ...], child: Any) -> list[str]:
    family = exposed.family
    pairs = list(zip(family.labels, values, strict=True))
    buckets = [
        f"{family.name}_bucket{labels([*pairs, ('le', number(bound))])} " for bound in child._upper_bounds
    ]
    common = labels(pairs)
    return [*buckets, f"{family.name}_count{common} ", f"{family.name}_sum{common} "]


def _counter_lines(prefixes: list[str], child: Any, style: Format) -> list[str]:
    value = child._value
    tail = exemplar(value.get_exemplar()) if style.open_metrics else ""
    return [f"{prefixes[0]}{number(value.get())}{tail}\n"]


def _histogram_lines(prefixes: list[str], child: Any, style: Format) -> list[str]:
    sofar, lines = 0.0, []
    for prefix, bucket in zip(prefixes, child._buckets, strict=False):
        sofar += bucket.get()
        tail = exemplar(bucket.get_exemplar()) if style.open_metrics else ""
        lines.append(f"{prefix}{number(sofar)}{tail}\n")
    lines.append(f"{prefixes[-2]}{number(sofar)}\n")
    if child._upper_bounds[0] >= 0:
        lines.append(f"{prefixes[-1]}{number(child._sum.get())}\n")
    return lines


_PREFIXES: Final = {"counter": _counter_prefixes, "histogram": _histogram_prefixes}
_LINES: Final[dict[str, Callable[..., list[str]]]] = {
    "counter": _counter_lines,
    "histogram": _histogram_lines,
}
