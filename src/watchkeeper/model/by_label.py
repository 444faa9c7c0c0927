"""The label by which an objective has a budget for each value."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model.position import Position

MOST_VALUES = 50
"""How many values have a budget of their own where the spec does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByLabel:
    """A label whose values have budgets of their own: those that are listed, else at most so many that are found.

    `where` is the position of the label, `positions` are those of the listed values. `is_bounded_here` says that the
    spec itself wrote the bound: a list, or `at_most`.
    """

    label: str
    values: tuple[str, ...]
    at_most: int
    is_bounded_here: bool
    where: Position
    positions: tuple[Position, ...] = ()
