"""The pack `health`: checks by outcome, their duration, and the state of each check."""

from __future__ import annotations

import time

from ..contract import HEALTH_STATES
from ..recording.timer import Timer
from .pack_metrics import Recording, outcome


class HealthPack:
    """Records health checks; `kind` is heartbeat, functional or dependency."""

    def __init__(self, recording: Recording) -> None:
        self._context = recording.context
        self._checks = recording.metric("health_checks_total")
        self._duration = recording.metric("health_check_duration_seconds")
        self._state = recording.metric("health_state")
        self._failures = recording.metric("health_consecutive_failures")
        self._last_success = recording.metric("health_last_success_timestamp_seconds")
        self._in_a_row: dict[str, int] = {}

    def check(self, check: str, kind: str = "functional") -> HealthCheck:
        """Time and count one check that runs in the block; it fails by raising, or by `success = False`."""
        return HealthCheck(self, check, kind)

    def record(
        self, check: str, *, kind: str = "functional", success: bool = True, duration: float | None = None
    ) -> None:
        """Count one finished check; `duration` in seconds. Consecutive failures are counted here."""
        try:
            failures = 0 if success else self._in_a_row.get(check, 0) + 1
            if len(self._in_a_row) < self._context.bounds.label_values or check in self._in_a_row:
                self._in_a_row[check] = failures
        except Exception:
            self._context.guard.note("recording a health check")
            return
        self._checks.inc(check=check, kind=kind, status=outcome(success))
        self._failures.set(failures, check=check)
        if duration is not None:
            self._duration.observe(duration, check=check)
        if success:
            self._last_success.set(time.time(), check=check)

    def state(self, check: str, state: str) -> None:
        """Set the state of a check: one of the contract's HEALTH_STATES, else `unknown`."""
        known = state if state in HEALTH_STATES else HEALTH_STATES[0]
        for each in HEALTH_STATES:
            self._state.set(float(each == known), check=check, state=each)


class HealthCheck(Timer):
    """One health check being run."""

    def __init__(self, pack: HealthPack, check: str, kind: str) -> None:
        super().__init__(pack._context.guard)
        self._pack = pack
        self.check = check
        self.kind = kind

    def _record(self) -> None:
        self._pack.record(self.check, kind=self.kind, success=self.success, duration=self.seconds)
