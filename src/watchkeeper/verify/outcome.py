"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check's verdict; `detail` counts what passed, or quotes the tool's message about a failure."""

    check: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The receivers that one alert's labels reach, and those that the spec names."""

    service: str
    alert: str
    severity: str
    wanted: tuple[str, ...]
    reached: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Return whether the alert reaches exactly the receivers of the spec, and at least one unless it is for nobody."""
        return (bool(self.wanted) or self.severity == "none") and self.wanted == self.reached
