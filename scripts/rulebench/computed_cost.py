"""What `watchkeeper cost` says of as many objectives before they are deployed, beside what is measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.cost.rule_cost import NOTHING, RuleCost, our_cost, sloth_cost
from watchkeeper.pipeline import load_plan

from .spec import availability, write_spec
from .traffic import SERIES

_HEAD = ("SLOs", "rules of", "series", "samples/s", "rules", "samples", "ms, about", "disk of 30 days")
_WIDTHS = (6, 10, 10, 12, 10, 16, 12, 17)


@dataclass(frozen=True, slots=True)
class Computed:
    """The cost of so many objectives: ours, and in Sloth's shape."""

    slos: int
    ours: RuleCost
    sloth: RuleCost


def computed(spec: Path, slos: Sequence[int]) -> list[Computed]:
    """Return the cost of each number of objectives on 200 series; `spec` is a file for one of them."""
    write_spec(spec, {"s0": [availability("a0")]})
    plan = load_plan(spec, lambda _: {})
    ours, sloth = our_cost(plan, SERIES), sloth_cost(plan, SERIES)
    return [Computed(count, _times(ours, count), _times(sloth, count)) for count in sorted(slos)]


def _times(cost: RuleCost, count: int) -> RuleCost:
    return sum([cost] * count, NOTHING)


def lines(found: Iterable[Computed]) -> Iterator[str]:
    """Yield a line for each number and kind; rules, samples and milliseconds are of a cycle of 30 s."""
    yield "computed by `watchkeeper cost`, with all of the 200 series among the bad ones of Sloth's shape:"
    yield "".join(f"{cell:>{width}}" for cell, width in zip(_HEAD, _WIDTHS, strict=True))
    for one in found:
        for kind, cost in (("ours", one.ours), ("sloth", one.sloth)):
            cells = (
                str(one.slos),
                kind,
                f"{cost.series:,}",
                f"{cost.samples_a_second:,.1f}",
                f"{cost.rules:,.0f}",
                f"{cost.samples_read:,.0f}",
                f"{1000 * cost.seconds:,.0f}",
                f"{cost.bytes_a_month / 1_000_000:,.0f} MB",
            )
            yield "".join(f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
