"""Renders the scrape of several worker processes: their values from the files, and readings that all share."""

from __future__ import annotations

from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from ..guard import Guard
from ..multiprocess.process_totals import OF_PROCESSES, processes
from ..registry.collectors import WHOLE_FAMILIES, ExposedFamily, WholeFamily
from ..registry.leases import hidden
from .text_format import END, Collected, Format, header
from .worker_merge import Workers

_ALIKE: Final = ("system_", "process_")
"""The readings of the machine and of all workers, which every worker can give."""


def render_workers(
    workers: Workers, registry: CollectorRegistry, style: Format, names: frozenset[str], guard: Guard
) -> bytes:
    """Return the merged values of the workers, in that format, with HELP and TYPE of families without series."""
    text, known = workers.render(style, names, hidden(registry))
    collected = _of_all(workers, _collected(registry, guard), guard)
    parts = [text, *(_part(metric, style, names, known) for metric in collected)]
    return b"".join([*parts, END if style.open_metrics else b""])


def _part(metric: Metric, style: Format, names: frozenset[str], known: frozenset[str]) -> bytes:
    without_series = not names and metric.name.removesuffix("_total") not in known
    if isinstance(metric, WholeFamily):
        return _header(metric.exposed, style) if without_series else b""
    if metric.samples and not metric.name.startswith(_ALIKE):
        return b""  # one worker's own value, or a value that is in the files already
    if without_series or metric.name in names:
        return style.encode(Collected([metric])).removesuffix(END)
    return b""


def _of_all(workers: Workers, collected: list[Metric], guard: Guard) -> list[Metric]:
    # The sums over all processes replace the readings of this one.
    others = [metric for metric in collected if metric.name not in OF_PROCESSES]
    if len(others) == len(collected):
        return collected
    try:
        return [*others, *processes(workers.folder, workers.pids())]
    except Exception:
        guard.note("reading the worker processes")
        return others


def _collected(registry: Any, guard: Guard) -> list[Metric]:
    try:
        with WHOLE_FAMILIES:
            return list(registry.collect())
    except Exception:
        guard.note("a collector in the registry")
        return []


def _header(exposed: ExposedFamily, style: Format) -> bytes:
    family = exposed.family
    return header(family.name, family.type, family.help, style).encode()
