"""The class that monitors extend: a logger, and the name under which their records appear."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ClassVar

from ..writing.log_file import LogFile
from ..writing.performance_logger import PerformanceLogger

if TYPE_CHECKING:
    from ...global_metrics.executor import ExecutorMetrics
    from ...packs.instruments import Instruments


class LightweightPerformanceMonitor:
    """Records through `self.logger`, and keeps nothing in memory.

    `logger` is a PerformanceLogger, a LogFile, a `logging.Logger`, or None for the log of the process. `module` is
    the record's module, unless a PerformanceLogger decides; a subclass without one gets the name of its Python
    module. `feed_metrics` says whether records also reach the Prometheus families of the contract, and `metrics`
    whose: an Instruments, an ExecutorMetrics, or None for those of the process.
    """

    module: ClassVar[str] = ""
    feed_metrics: bool = True
    metrics: Instruments | ExecutorMetrics | None = None

    def __init__(self, logger: PerformanceLogger | LogFile | logging.Logger | None = None) -> None:
        if isinstance(logger, PerformanceLogger):
            self.logger = logger
        else:
            self.logger = PerformanceLogger(logger, self.module or type(self).__module__)
