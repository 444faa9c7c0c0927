"""Feeds records to the contract's families, when this process has metrics that enable them; never raises.

Nothing is imported for it: a module that is not loaded has not initialized any metrics.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from .loss_counts import METRICS, lost

if TYPE_CHECKING:
    from ...global_metrics.executor import ExecutorMetrics
    from ...packs.instruments import Instruments

    Metrics = Instruments | ExecutorMetrics

_PACKAGE: Final = __name__.rpartition(".logmetrics.")[0]
INSTRUMENTS: Final = f"{_PACKAGE}.packs.instruments"
INSTANCES: Final = f"{_PACKAGE}.global_metrics.instances"


def checkpoint(
    metrics: Metrics | None, operation: str, duration: float | None, size: float | None, success: bool
) -> None:
    """Count one checkpoint in `metrics`, else where the process counts; `duration` in seconds, `size` in bytes."""
    try:
        target = metrics or _target("checkpoint")
        if target is not None:
            target.checkpoint.record(operation, success=bool(success), duration=duration, size=size)
    except Exception as error:
        lost(METRICS, error)


def llm_call(
    metrics: Metrics | None,
    model: str,
    response_time: float | None,
    prompt_tokens: int,
    completion_tokens: int,
    success: bool,
) -> None:
    """Count one call of a model in `metrics`, else where the process counts; `response_time` in seconds."""
    try:
        target = metrics or _target("ai")
        if target is not None:
            target.ai.response(
                model=model,
                prompt_tokens=prompt_tokens,
                completion_tokens=completion_tokens,
                duration=response_time,
                success=bool(success),
            )
    except Exception as error:
        lost(METRICS, error)


def _target(pack: str) -> Metrics | None:
    """Return the newest application that enables the pack, else the global metrics, else None."""
    instruments = sys.modules.get(INSTRUMENTS)
    found: Instruments | None = instruments.newest(pack) if instruments is not None else None
    if found is not None:
        return found
    instances = sys.modules.get(INSTANCES)
    if instances is None:
        return None
    metrics: ExecutorMetrics | None = instances.get_global_metrics()
    return metrics or next(iter(instances.instances().values()), None)
