"""The demo's code sandbox: a pool of containers that take some time and sometimes fail."""

from __future__ import annotations

import asyncio
import random
import time
from collections import OrderedDict
from typing import Final

from backend_instrumentation import Instruments
from backend_instrumentation.tracing import TracingManager

from .faults import FaultSwitches

POOL_SIZE: Final = 20
_ERROR_RATIO: Final = 0.01
_MOST_RESULTS: Final = 500


class Sandbox:
    """Executes code in the background; results are kept for the latest executions."""

    def __init__(self, instruments: Instruments, faults: FaultSwitches, tracing: TracingManager) -> None:
        self._executions = instruments.counter("sandbox_executions_total")
        self._duration = instruments.histogram("sandbox_execution_duration_seconds")
        self._available = instruments.gauge("sandbox_pool_available")
        self._in_use = instruments.gauge("sandbox_pool_in_use")
        instruments.gauge("sandbox_pool_size").set(POOL_SIZE)
        self._faults = faults
        self._tracing = tracing
        self._busy = 0
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: OrderedDict[int, str] = OrderedDict()
        self.show_pool()

    def submit(self) -> int:
        """Start an execution and return its number."""
        self._count += 1
        self._keep(self._count, "running")
        task = asyncio.create_task(self._execute(self._count))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return self._count

    def result(self, number: int) -> str | None:
        """Return the outcome of an execution, "running", or None for an unknown one."""
        return self._results.get(number)

    def show_pool(self) -> None:
        """Set the gauges of the pool."""
        self._available.set(self._free())
        self._in_use.set(self._busy)

    def _free(self) -> int:
        return 0 if self._faults.now.pool_empty else POOL_SIZE - self._busy

    async def _execute(self, number: int) -> None:
        if self._free() <= 0:
            self._finish(number, "pool_exhausted")
            return
        self._busy += 1
        self.show_pool()
        started = time.perf_counter()
        try:
            # The task runs in the context of the request that submitted it, so that request's span is its parent.
            with self._tracing.span("sandbox execute", tags={"sandbox.execution": number}):
                await asyncio.sleep(random.uniform(0.05, 0.6) + self._faults.now.sandbox_delay_seconds)
        finally:
            self._busy -= 1
            self.show_pool()
        self._duration.observe(time.perf_counter() - started)
        failed = random.random() < max(_ERROR_RATIO, self._faults.now.sandbox_error_ratio)
        self._finish(
            number, random.choice(("runtime_error", "timeout", "syntax_error")) if failed else "none"
        )

    def _finish(self, number: int, error_type: str) -> None:
        status = "success" if error_type == "none" else "error"
        self._executions.labels(status=status, error_type=error_type).inc()
        self._keep(number, status)

    def _keep(self, number: int, result: str) -> None:
        self._results[number] = result
        while len(self._results) > _MOST_RESULTS:
            self._results.popitem(last=False)
