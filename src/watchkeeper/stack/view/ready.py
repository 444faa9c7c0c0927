"""Wait until a stack is ready: every part answers, every target is scraped, every rule is evaluated."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from watchkeeper.local_http import NOTHING_LISTENS, NoAnswer, failure_reason
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.stack_error import StackFailed
from watchkeeper.stack.view.endpoints import Endpoints, health_checks
from watchkeeper.stack.view.observed import Observed, observe

_POLL_SECONDS = 0.1
# The caller's own check, such as for a process that ended: it raises StackFailed.
Watch = Callable[[], None]


_SOON_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Until when to wait (by the monotonic clock), what to check meanwhile, and where to show progress."""

    deadline: float
    watch: Watch
    progress: Progress

    def pause(self, missing: str) -> None:
        """Wait briefly for what is missing; raise StackFailed after the deadline."""
        self.watch()
        if time.monotonic() >= self.deadline:
            raise StackFailed(f"not ready after {self.progress.seconds:.0f} s: {missing}")
        self.progress.show(f"waiting for {missing}")
        time.sleep(_POLL_SECONDS)


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems of a stack that is up: a line for each service that does not answer and each rule that fails."""

    silent: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()


def settle(plan: Plan, at: Endpoints, waiting: Waiting, *, fresh: bool) -> Findings:
    """Return when every part answers, the stack's targets are up and its rules evaluated; raise StackFailed.

    The user's own services need not be up; one scrape is enough. Only a `fresh` stack waits for the first
    evaluation of its rules.
    """
    checks = health_checks(at)
    while reasons := _unready(checks):
        waiting.pause(", ".join(_with_reason(name, reason) for name, reason in reasons.items()))
    elsewhere = [service.name for service in plan.services if not service.is_demo]
    unscraped = [service.name for service in plan.services if service.is_demo and fresh]
    while missing := missing_of(seen := _observe(at.prometheus), elsewhere, fresh=fresh):
        unscraped = _report_scraped(unscraped, seen, waiting.progress)
        waiting.pause(missing)
    _report_scraped(unscraped, seen, waiting.progress)
    waiting.progress.clear()
    return _findings(seen) if seen else Findings()


def _findings(seen: Observed) -> Findings:
    silent = [each for each in seen.targets if each.health == "failing"]
    failing = [rule for rule in seen.rules if rule.health == "failing"]
    return Findings(
        tuple(
            f"{each.service or each.job}: {each.address} does not answer: {each.reason}" for each in silent
        ),
        tuple(f"rule {rule.name} fails: {rule.error}" for rule in failing),
    )


def _observe(prometheus: str) -> Observed | None:
    try:
        return observe(prometheus)
    except NoAnswer:
        return None


def _report_scraped(services: list[str], seen: Observed | None, progress: Progress) -> list[str]:
    """Report the services whose first scrape succeeded, and return the others."""
    scraped = {target.service for target in seen.targets if target.health == "ok"} if seen else set()
    for name in services:
        if name in scraped:
            progress.say(f"{name} is scraped · {progress.seconds:.0f} s")
    return [name for name in services if name not in scraped]


def _unready(checks: Mapping[str, str]) -> dict[str, str]:
    return {name: reason for name, url in checks.items() if (reason := failure_reason(url))}


def _with_reason(name: str, reason: str) -> str:
    # Every server that was just started refuses connections at first.
    return name if reason == NOTHING_LISTENS else f"{name} ({reason})"


def missing_of(seen: Observed | None, elsewhere: Collection[str], *, fresh: bool) -> str:
    """Return what a start still waits for, in words, or an empty text; see `settle`."""
    if seen is None:
        return "Prometheus"
    if not seen.targets:
        return "the first target"
    parts = []
    unscraped = [each for each in seen.targets if each.health == "waiting"]
    failing = [each for each in seen.targets if each.health == "failing" and each.service not in elsewhere]
    if unscraped or failing:
        good = len(seen.targets) - len(unscraped) - len(failing)
        # The first scrape may have reached a server that was still starting: Prometheus scrapes it again.
        why = f" ({failing[0].job}: {failing[0].error})" if failing else ""
        parts.append(f"targets, {good} of {len(seen.targets)} up{why}")
    # Rollups are first evaluated within five minutes; no page depends on them until then.
    soon = [rule for rule in seen.rules if rule.interval <= _SOON_SECONDS]
    young = [rule for rule in soon if rule.health == "waiting"] if fresh else []
    if young:
        parts.append(f"rules, {len(soon) - len(young)} of {len(soon)} evaluated")
    return "; ".join(parts)
