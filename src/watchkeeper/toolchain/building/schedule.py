"""Build several modules at once, as many as memory allows, and end every started build."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from watchkeeper.toolchain.building.build import Build
from watchkeeper.toolchain.building.build_lock import Lock
from watchkeeper.toolchain.building.build_progress import Progress, Report, Step
from watchkeeper.toolchain.building.go import Go
from watchkeeper.toolchain.cache import built_folder, is_whole, module_folder
from watchkeeper.toolchain.found_tool import ToolchainError
from watchkeeper.toolchain.interrupt import orderly_end
from watchkeeper.toolchain.pins import Module

_TICK_SECONDS = 0.2


class Schedule:
    """Builds modules in the given order; `failures` has a line for each module that could not be built."""

    def __init__(self, modules: Sequence[Module], *, go: Go, report: Report) -> None:
        self._go = go
        self._report = report
        self._began = time.monotonic()
        self._waiting = list(modules)
        self._running: list[Build] = []
        self.failures: dict[str, str] = {}

    def run(self, *, jobs: int) -> None:
        """Return when every module is in the cache or has failed; on any exception stop all builds."""
        with orderly_end():
            try:
                while self._waiting or self._running:
                    self._start(jobs)
                    self._collect()
                    if self._waiting or self._running:
                        time.sleep(_TICK_SECONDS)
            finally:
                for build in self._running:
                    with suppress(OSError):
                        build.abandon()

    def _start(self, jobs: int) -> None:
        for module in list(self._waiting):
            if len(self._running) >= jobs:
                return
            try:
                self._attempt(module)
            except OSError as error:
                self._waiting.remove(module)
                self._fail(module, error, seconds=0.0)

    def _attempt(self, module: Module) -> None:
        lock = Lock(module_folder(module) / "lock")
        if not lock.acquire():
            lock.close()
            self._report_step(module, "waiting", time.monotonic() - self._began)
            return
        if is_whole(module, built_folder(module)):
            lock.release()
            self._report_step(module, "built", time.monotonic() - self._began)
        else:
            self._report_step(module, "started", 0.0)
            self._running.append(self._build(module, lock))
        self._waiting.remove(module)

    def _build(self, module: Module, lock: Lock) -> Build:
        try:
            return Build(module, go=self._go, lock=lock)
        except BaseException:
            # A lock that is not released here would make the next try in this process wait forever.
            lock.release()
            raise

    def _collect(self) -> None:
        for build in list(self._running):
            if build.running:
                self._report_step(build.module, "running", build.seconds)
                continue
            self._running.remove(build)
            try:
                build.finish()
            except (ToolchainError, OSError) as error:
                self._fail(build.module, error, seconds=build.seconds)
            else:
                self._report_step(build.module, "built", build.seconds)

    def _fail(self, module: Module, error: ToolchainError | OSError, *, seconds: float) -> None:
        self._report_step(module, "failed", seconds)
        message = str(error)
        if isinstance(error, OSError):
            where = error.filename or module_folder(module)
            message = f"{module.name} cannot be built: {error.strerror}: {where}"
        self.failures[module.name] = message

    def _report_step(self, module: Module, step: Step, seconds: float) -> None:
        self._report(Progress(name=f"{module.name} {module.release}", step=step, seconds=seconds))
