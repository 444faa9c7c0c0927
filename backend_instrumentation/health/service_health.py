"""The health of one service: its checks, their groups, and whether it is draining."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import ref

from .checks import health_feed
from .checks.check_definition import READY, STARTUP, Check, CheckError, CheckFunction, Kind
from .checks.check_runner import CheckAnswer, CheckRunner
from .checks.check_scheduler import CheckScheduler
from .checks.event_loop_lag import loop_lag
from .probes.health_report import HealthReport, combined

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from .monitoring_config import MonitoringConfig
    from .probes.health_endpoints import Allow

F = TypeVar("F", bound=CheckFunction)
_DRAINING = "the service is shutting down"
_STARTING = "the service is starting"


class Health:
    """The checks of a service. They run in the background; reports are made of their latest answers at once.

    `config` gives the checks their period, timeout, retries and number of failures where they state none.
    """

    def __init__(self, config: MonitoringConfig | None = None) -> None:
        _NEWEST[:] = [ref(self)]
        self.loop: asyncio.AbstractEventLoop | None = None
        """The application's event loop: checks that are coroutines run in it, and use its clients."""
        self._defaults: dict[str, Any] = {} if config is None else config.check_defaults()
        self._runners: dict[str, CheckRunner] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[CheckAnswer], object]] = []
        self._scheduler = CheckScheduler(lambda: health_feed.GUARD.note("running health checks"))
        self._enabled = config is None or config.enabled
        self._started_up = False
        self._draining = False  # no lock: a signal handler sets it

    def add(self, name: str | Check, run: CheckFunction | None = None, **options: Any) -> Check:
        """Add a check: a `Check`, or its name and function with options of `Check`. Raises CheckError.

        The options are kind, tags, critical, period, timeout, retries, failures and successes.
        """
        check = name if isinstance(name, Check) else self._made(name, run, options)
        with self._lock:
            if check.name in self._runners:
                raise CheckError(f"check {check.name!r}: there is one of that name already")
            runner = CheckRunner(check, self._answered, lambda: self.loop)
            self._runners[check.name] = runner
        self._scheduler.add(runner)
        return check

    def listen(self, listener: Callable[[CheckAnswer], object]) -> None:
        """Call the function with each new answer, in the thread of the check; its exceptions are counted."""
        self._listeners.append(listener)

    def _answered(self, answer: CheckAnswer) -> None:
        health_feed.record(answer)
        for listener in tuple(self._listeners):
            self._passed_on(listener, answer)

    def _passed_on(self, listener: Callable[[CheckAnswer], object], answer: CheckAnswer) -> None:
        try:
            listener(answer)
        except Exception:
            health_feed.GUARD.note("passing on the answer of a health check")

    def _made(self, name: str, run: CheckFunction | None, options: dict[str, Any]) -> Check:
        if run is None:
            raise CheckError(f"check {name!r}: run is missing; it is a function without arguments")
        known = {*Check.__slots__} - {"name", "run"}
        unknown = sorted(set(options) - known)
        if unknown:
            raise CheckError(
                f"check {name!r}: {', '.join(unknown)} is no option; there are {', '.join(sorted(known))}"
            )
        return Check(name, run, **{**self._defaults, **options})

    def check(self, name: str, **options: Any) -> Callable[[F], F]:
        """Decorate a function or coroutine function: `@health.check("pool", critical=False)`."""

        def added(run: F) -> F:
            self.add(name, run, **options)
            return run

        return added

    def heartbeat(self, name: str, run: CheckFunction, **options: Any) -> Check:
        """Add a check that a part of the process is alive; it belongs to the groups live and ready."""
        return self._of_kind("heartbeat", name, run, {"tags": ("live", READY), **options})

    def functional(self, name: str, run: CheckFunction, **options: Any) -> Check:
        """Add a check that the service can do its work; it belongs to the group ready."""
        return self._of_kind("functional", name, run, options)

    def dependency(self, name: str, run: CheckFunction, **options: Any) -> Check:
        """Add a check of another system: `health.dependency("cache", tcp("cache", 6379))`; never of liveness."""
        return self._of_kind("dependency", name, run, options)

    def _of_kind(self, kind: Kind, name: str, run: CheckFunction, options: dict[str, Any]) -> Check:
        return self.add(name, run, **{**options, "kind": kind})

    def watch_loop(self, *, warn: float = 0.1, fail: float = 1.0, **options: Any) -> Check:
        """Add a check of the event loop's lag, in seconds; it degrades readiness."""
        given = {"critical": False, "period": 5.0, "timeout": fail + 1, "retries": 0, **options}
        run = loop_lag(lambda: self.loop, warn=warn, fail=fail)
        return self._of_kind("heartbeat", "event-loop", run, given)

    def start(self) -> None:
        """Run the checks from now on, all at once first; safe twice, and in each process after a fork."""
        if not self._enabled or self._scheduler.running:
            return
        with suppress(RuntimeError):  # outside of a loop, coroutines run in loops of their own
            self.loop = asyncio.get_running_loop()
        try:
            self._scheduler.start()
        except RuntimeError:
            health_feed.GUARD.note("starting the health checks")

    def stop(self, seconds: float = 1.0) -> None:
        """Run no further checks; waits at most that long. Safe twice."""
        self._scheduler.stop(seconds)

    @property
    def running(self) -> bool:
        """Whether the checks run in this process."""
        return self._scheduler.running

    @property
    def draining(self) -> bool:
        """Whether the service announced its end: readiness fails, liveness does not."""
        return self._draining

    def drain(self) -> None:
        """Fail readiness from now on, so that no new requests are sent here."""
        self._draining = True

    def answers(self, group: str | None = None) -> tuple[CheckAnswer, ...]:
        """Return the latest answers of a group, or of all checks; waits for nothing."""
        runners: Iterable[CheckRunner] = tuple(self._runners.values())
        return tuple(each.answer() for each in runners if group is None or group in each.check.tags)

    def report(self, group: str | None = None) -> HealthReport:
        """Return the state of a group (live, ready, startup or a tag of yours), or of all checks."""
        if not self._enabled:
            return combined((), _DRAINING if group == READY and self.draining else "")
        if group == STARTUP:
            return self._startup()
        if group != READY:
            return combined(self.answers(group))
        reason = _DRAINING if self.draining else ""
        if not reason and not self._startup().healthy:
            reason = _STARTING
        return combined(self.answers(group), reason)

    def _startup(self) -> HealthReport:
        # Passed once is passed for good: the probes of liveness and readiness take over.
        report = combined(self.answers(STARTUP))
        if self._started_up:
            return combined(())
        self._started_up = report.healthy
        return report

    def attach(
        self,
        app: Starlette,
        *,
        live_path: str | None = "/health",
        ready_path: str | None = "/ready",
        startup_path: str | None = "/health/startup",
        detail_path: str | None = "/health/detail",
        allow: Allow | None = None,
        drain_seconds: float = 5.0,
    ) -> None:
        """Serve the probes of an application, and run its checks from its startup to its shutdown.

        None serves nothing at that place, and a route of the application at exactly that path wins. `allow` takes
        the request and returns whether it may see details; without it, nobody may. After SIGTERM, readiness fails
        for `drain_seconds` before the server gets the signal, if readiness was asked for in the last minute.
        """
        from .probes.health_endpoints import ProbePaths, attach

        attach(self, app, ProbePaths(live_path, ready_path, startup_path, detail_path), allow, drain_seconds)


_NEWEST: Final[list[ref[Health]]] = []


def newest_health() -> Health | None:
    """Return the health that was made last in this process, if it still exists."""
    return _NEWEST[0]() if _NEWEST else None
