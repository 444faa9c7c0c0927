"""The verdict of a gate: a line for each objective, and a document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from watchkeeper.cli.screen.styled_lines import printable
from watchkeeper.cli.text.table import Painter
from watchkeeper.overview.deployment_gate import VERDICTS, Judged, verdict_of
from watchkeeper.overview.snapshot import Snapshot
from watchkeeper.overview.value_rows import value_of

_COLOURS = {"passed": "green", "refused": "red", "unknown": "yellow"}
_WIDTH = max(map(len, VERDICTS))


def lines(found: Sequence[Judged], paint: Painter) -> Iterator[str]:
    """Yield a line for each objective, the worst first, and the verdict about all."""
    width = max(len(one.objective.name) for one in found)
    for one in sorted(found, key=lambda each: VERDICTS.index(each.verdict)):
        verdict = paint(one.verdict.ljust(_WIDTH), _COLOURS[one.verdict])
        yield f"{verdict}  {printable(one.objective.name).ljust(width)}  {printable(one.reason)}"
    many = Counter(one.verdict for one in found)
    counted = ", ".join(f"{many[verdict]} {verdict}" for verdict in VERDICTS if many[verdict])
    yield f"{paint(verdict_of(found), _COLOURS[verdict_of(found)])}: {counted}"


def document(found: Sequence[Judged], seen: Snapshot) -> dict[str, Any]:
    """Return the verdicts for programs; budgets are ratios, the time is in Unix seconds."""
    return {
        "verdict": verdict_of(found),
        "time": seen.time,
        "prometheus": seen.sources[0].address,
        "objectives": [
            {
                "name": one.objective.name,
                "slo_id": one.objective.slo_id,
                "service": one.objective.service,
                "by": one.objective.by or None,
                "value": value_of(one.objective) or None,
                "verdict": one.verdict,
                "reason": one.reason,
                "state": one.objective.state,
                "error_budget_remaining_ratio": one.objective.remaining,
                "burn_rate_1h": one.objective.burn_1h,
                "burn_rate_6h": one.objective.burn_6h,
                "exhaustion_seconds": one.objective.exhaustion,
                "alerts_firing": [alert.name for alert in one.objective.alerts if alert.is_firing],
            }
            for one in found
        ],
    }
