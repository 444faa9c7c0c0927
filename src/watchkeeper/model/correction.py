"""Corrections of the past: spans whose bad events the report takes out of the budget, with a reason and an author."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.model.position import Position

LeftOut = Literal["bad", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One span, in Unix seconds. `share` is that of its bad events which count as good; `all` leaves good ones out too.

    `services` names those that it is for, and is empty for all; an empty `slo` means all of their objectives. `value` is
    one value of the label of an objective with a budget for each, empty for all.
    """

    name: str
    span: tuple[int, int]
    reason: str
    author: str
    where: Position
    services: tuple[str, ...] = ()
    slo: str = ""
    value: str = ""
    leaves_out: LeftOut = "bad"
    share: Decimal = Decimal(1)
    ticket: str = ""
    location: str = "UTC"
    services_where: tuple[Position, ...] = ()
    slo_where: Position | None = None
    value_where: Position | None = None
    end_where: Position | None = None

    def is_for(self, service: str, slo: str) -> bool:
        """Return whether it is for an objective, by the names of its service and its own."""
        return (not self.services or service in self.services) and self.slo in ("", slo)
