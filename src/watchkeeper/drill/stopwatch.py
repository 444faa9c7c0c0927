"""A line for each step, with the seconds since the fault."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: seconds since the fault, what happened, and whether it was what should happen."""

    seconds: float
    words: str
    good: bool


@dataclass(slots=True)
class Stopwatch:
    """Collects steps and shows each as it happens; `started_unix` is when the fault was injected."""

    show: Show
    started: float = field(default_factory=time.monotonic)
    started_unix: float = field(default_factory=time.time)
    steps: list[Step] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """Return the seconds since the fault."""
        return time.monotonic() - self.started

    def restart(self) -> None:
        """Set the time of the fault to now."""
        self.started, self.started_unix = time.monotonic(), time.time()

    def mark(self, words: str, *, good: bool = True, seconds: float | None = None) -> None:
        """Record a step that happened now, or at a known time."""
        step = Step(self.seconds if seconds is None else seconds, words, good)
        self.steps.append(step)
        self.show(f"{step.seconds:8.1f} s  {'' if good else 'WRONG: '}{words}")
