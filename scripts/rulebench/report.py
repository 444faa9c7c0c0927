"""Everything that one run found, in words and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from . import computed_cost, table
from .computed_cost import Computed
from .figures import Row, Verdict
from .stage import RuleCost


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of the table, the bars, and our rules one by one with who reads them and which ranges are read twice."""

    rows: Sequence[Row]
    verdicts: Sequence[Verdict]
    rules: Sequence[RuleCost]
    readers: Mapping[str, int]
    twice: Mapping[str, int]
    computed: Sequence[Computed] = ()

    def as_text(self) -> str:
        """Return the tables."""
        blocks = (
            table.table(self.rows),
            computed_cost.lines(self.computed),
            table.NOTES,
            table.bars(self.verdicts),
            table.rules(self.rules, self.readers),
            ("ranges that are read more than once:", *_lines(self.twice)),
        )
        return "\n\n".join("\n".join(block) for block in blocks)

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs: samples and seconds in a cycle of 30 s."""
        return {
            **table.as_json(self.rows, self.verdicts, self.rules),
            "computed": [asdict(one) for one in self.computed],
            "readers": dict(self.readers),
            "read_more_than_once": dict(self.twice),
        }


def _lines(twice: Mapping[str, int]) -> list[str]:
    return [f"  {what}: {times} times" for what, times in twice.items()]
