"""The worst that was seen of each kind of schedule, gathered over all test processes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "WATCHKEEPER_TRUTH_FOLDER"
IS_LONG = bool(os.environ.get("WATCHKEEPER_LONG"))


@dataclass(frozen=True)
class Entry:
    """One schedule: by how much the budget, and the worst of the ratios, differed from the truth.

    `of_budget` is a share of the budget, `of_ratio` of the true ratio; `outside` is how far the worst ratio lay
    outside of its bounds, as a share of the budget.
    """

    kind: str
    of_budget: float
    of_ratio: float
    outside: float


def note(entry: Entry) -> None:
    """Keep what a schedule showed; does nothing where nobody gathers."""
    if folder := os.environ.get(FOLDER):
        with Path(folder, f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(entry)) + "\n")


def lines() -> Iterator[str]:
    """Yield a table of the worst of each kind."""
    entries = [
        Entry(**json.loads(line))
        for path in sorted(Path(os.environ[FOLDER]).glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    if entries:
        yield f"{'kind':<26}{'schedules':>10}{'worst, of budget':>18}{'worst, of ratio':>18}{'out of bounds':>15}"
    for kind in sorted({entry.kind for entry in entries}):
        own = [entry for entry in entries if entry.kind == kind]
        worst = (max(getattr(one, name) for one in own) for name in ("of_budget", "of_ratio", "outside"))
        yield f"{kind:<26}{len(own):>10}{next(worst):>18.2g}{next(worst):>18.2g}{next(worst):>15.2g}"
    if entries:
        yield f"{'all':<26}{len(entries):>10}"
