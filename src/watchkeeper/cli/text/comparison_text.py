"""The comparison of old rules and ours: a table for people, and the same for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchkeeper.comparing.old_and_new import Objective
    from watchkeeper.comparing.play import Minutes
    from watchkeeper.comparing.who_is_right import Compared

HEAD = ("WHAT HAPPENS", "FAILED", "BY COUNT", "OLD RULES", "OURS", "RIGHT")
_TWO_HOURS = 120


def cells(course: Compared) -> Iterator[tuple[str, ...]]:
    """Yield a row for each incident, and one for the budget at the end."""
    for one in course.incidents:
        failed = f"{one.failed:,} of {course.requests:,}"
        said = (_alerts(one.counted, None), _alerts(*one.old), _alerts(*one.ours))
        yield one.what, failed, *said, _right(one.right)
    budget = course.budget
    counted = f"{budget.so_far:.1%} of this time, {budget.whole:.1%} of the window"
    yield "budget left at the end", "", counted, _share(budget.old), _share(budget.ours), _right(budget.right)


def as_dict(one: Objective) -> dict[str, object]:
    """Return an objective for programs: minutes since an incident began, shares of the budget, null for none."""
    courses = [
        {
            "requests": course.requests,
            "incidents": [
                {**asdict(each), "right": dict(zip(("old", "ours"), each.right, strict=True))}
                for each in course.incidents
            ],
            "budget": {name: _number(value) for name, value in asdict(course.budget).items()},
            "budget_right": dict(zip(("old", "ours"), course.budget.right, strict=True)),
        }
        for course in one.found
    ]
    return {"slo_id": one.slo_id, "reason": one.reason, "courses": courses}


def _number(value: float | None) -> float | str | None:
    # JSON has no NaN.
    return value if value is None or value == value else "NaN"


def _alerts(page: Minutes | None, ticket: Minutes | None) -> str:
    found = (("page", page), ("ticket", ticket))
    said = [f"{kind} from {_time(one[0])} to {_time(one[1])}" for kind, one in found if one is not None]
    return ", ".join(said) or "none"


def _time(minutes: int) -> str:
    return f"{minutes} min" if minutes < _TWO_HOURS else f"{minutes // 60} h {minutes % 60} min"


def _share(ratio: float | None) -> str:
    return "no figure" if ratio is None else "NaN" if ratio != ratio else f"{ratio:.1%}"


def _right(both: tuple[bool, bool]) -> str:
    return {(True, True): "both", (True, False): "old", (False, True): "ours"}.get(both, "neither")
