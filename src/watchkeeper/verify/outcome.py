"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check's verdict; `detail` is a number when it passed, the tool's own words when it did not."""

    check: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether one alert, by its labels, reaches exactly the receivers that the spec names."""

    service: str
    alert: str
    severity: str
    wanted: tuple[str, ...]
    reached: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Return whether somebody is reached, and nobody else."""
        return bool(self.wanted) and self.wanted == self.reached
