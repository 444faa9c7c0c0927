"""What became of a drill's message to one receiver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Result = Literal["accepted", "failed", "muted", "unrouted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome at one receiver; seconds are counted from the alert, and None for what did not happen.

    `accepted` means that the receiver's server took the message, which is all that a sender can know. `redirected`
    says that this server is the local sink, because the receiver's secret is missing: that proves no real receiver.
    """

    receiver: str
    result: Result
    firing_seconds: float | None = None
    resolved_seconds: float | None = None
    reason: str = ""
    redirected: bool = False

    @property
    def is_proven(self) -> bool:
        """Return whether the real receiver took the message and the message that it is over."""
        return self.result == "accepted" and self.resolved_seconds is not None and not self.redirected
