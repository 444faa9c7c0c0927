"""Combines the answers of a group, and writes them in the shape of application/health+json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final, Protocol

from ..checks.check_result import State
from ..checks.check_runner import CheckAnswer

MEDIA_TYPE: Final = "application/health+json"
_DOWN: Final = frozenset({"fail", "unknown"})


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The state of a group, pass, warn or fail, with the answers of its checks; `reason` explains a fail without one."""

    state: State
    answers: tuple[CheckAnswer, ...]
    reason: str = ""

    @property
    def healthy(self) -> bool:
        """Whether a probe of the group passes; a degraded group passes."""
        return self.state != "fail"

    def minimal(self) -> dict[str, Any]:
        """Return what a stranger may see: the state, and the names of the checks that decided it."""
        body: dict[str, Any] = {"status": self.state}
        if self.reason:
            body["output"] = self.reason
        if self.state != "pass":
            named = [
                {"name": each.check.name, "status": each.state} for each in self.answers if _counts(each)
            ]
            body["checks"] = named
        return body

    def detailed(self) -> dict[str, Any]:
        """Return all answers, by name, in the shape of application/health+json."""
        body: dict[str, Any] = {"status": self.state}
        if self.reason:
            body["output"] = self.reason
        body["checks"] = {each.check.name: [_entry(each)] for each in self.answers}
        return body


def combined(answers: Iterable[CheckAnswer], reason: str = "") -> HealthReport:
    """Return the report of a group: failed when a critical check is down, or for a reason of the service's own.

    A check that is not critical only degrades the group, and so does an answer that is too old.
    """
    found = tuple(answers)
    if reason or any(each.check.critical and each.state in _DOWN for each in found):
        return HealthReport("fail", found, reason)
    degraded = any(_counts(each) for each in found)
    return HealthReport("warn" if degraded else "pass", found)


def _counts(answer: CheckAnswer) -> bool:
    return answer.state in _DOWN or answer.state == "warn" or answer.stale


def _entry(answer: CheckAnswer) -> dict[str, Any]:
    check, last = answer.check, answer.last
    entry: dict[str, Any] = {
        "status": answer.state,
        "componentType": check.kind,
        "critical": check.critical,
        "groups": list(check.tags),
        "consecutiveFailures": answer.consecutive_failures,
        "stale": answer.stale,
    }
    if answer.time is not None and answer.age is not None and answer.duration is not None:
        entry["time"] = datetime.fromtimestamp(answer.time, timezone.utc).isoformat(timespec="milliseconds")
        entry["ageSeconds"] = round(answer.age, 3)
        entry["durationSeconds"] = round(answer.duration, 6)
    if last.observed is not None:
        entry.update(observedValue=last.observed, observedUnit=last.unit)
    if last.message:
        entry["output"] = last.message
    if last.state != answer.state:
        entry["lastStatus"] = last.state  # the check's `failures` or `successes` are not reached yet
    return entry


class Probed(Protocol):
    """A service as its probes see it."""

    @property
    def running(self) -> bool: ...

    @property
    def draining(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self, seconds: float = 1.0) -> None: ...

    def drain(self) -> None: ...

    def report(self, group: str | None = None) -> HealthReport: ...
