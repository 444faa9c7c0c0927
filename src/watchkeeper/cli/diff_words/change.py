"""One difference between two specs, as a sentence about a subject."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["added", "removed", "changed"]
Section = Literal["objectives", "alerts", "notified", "cost", "settings"]
SECTIONS: tuple[Section, ...] = ("objectives", "alerts", "notified", "cost", "settings")


@dataclass(frozen=True, slots=True)
class Change:
    """`subject` is an objective, an alert with its service, a receiver, a figure of the cost or a key of the spec."""

    section: Section
    kind: Kind
    subject: str
    text: str
