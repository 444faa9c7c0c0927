"""The moments of evaluation, and sums over the windows that end at each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, repeat

Values = Sequence[float | None]
# Sums are of whole numbers, so that a window without events sums to exactly 0 whatever came before it.
_PARTS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Every `step` seconds from `start`, so many times; Unix seconds, and multiples of the step."""

    start: int
    step: int
    count: int

    @property
    def end(self) -> int:
        """Return the last moment."""
        return self.start + (self.count - 1) * self.step

    def moment(self, index: int) -> int:
        """Return a moment by its number."""
        return self.start + index * self.step

    def steps(self, seconds: float) -> int:
        """Return how many moments a window of so many seconds contains; the one at its beginning is outside."""
        return -(-int(seconds) // self.step)


class Sums:
    """Sums of values over windows; a missing value adds nothing, and is not counted."""

    def __init__(self, values: Values) -> None:
        self._sums = list(
            accumulate((0 if one is None else round(one * _PARTS) for one in values), initial=0)
        )
        self._counts = list(accumulate((one is not None for one in values), initial=0))

    def over(self, steps: int) -> list[float]:
        """Return for each moment the sum of the window that ends there."""
        return [(high - low) / _PARTS for low, high in _ends(self._sums, steps)]

    def counted(self, steps: int) -> list[int]:
        """Return for each moment how many values its window has."""
        return [high - low for low, high in _ends(self._counts, steps)]


def _ends(sums: list[int], steps: int) -> Iterator[tuple[int, int]]:
    return zip(chain(repeat(0, steps), sums[1:]), sums[1:], strict=False)
