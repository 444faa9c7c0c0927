"""The `by` of an objective: the label whose values have budgets of their own, and what bounds their number."""

from __future__ import annotations

from watchkeeper.model.by_label import MOST_VALUES, ByLabel
from watchkeeper.spec.document.cursor import Cursor


def parse_by_label(place: Cursor) -> ByLabel | None:
    """Return the label of the objective at `place`, None for an objective with one budget."""
    if not place.has("by"):
        if place.node.child("at_most") is not None and place.node.child("by") is None:
            place.report("WK111", "`at_most` needs `by`", "add `by: [handler]`", key="at_most")
        return None
    own = place.go("by")
    most = place.whole("at_most")
    if own.node.items is not None:
        (label,) = own.node.items
        return ByLabel(
            label=str(label.scalar),
            values=(),
            at_most=most or MOST_VALUES,
            is_bounded_here=most is not None,
            where=label.where,
        )
    ((name, listed),) = place.pairs("by")
    values = listed.node.items or ()
    if most is not None:
        message = f"`at_most` is for values that are found, and those of {name} are listed"
        place.report("WK111", message, "remove one of them", key="at_most")
    return ByLabel(
        label=name,
        values=tuple(str(each.scalar) for each in values),
        at_most=len(values),
        is_bounded_here=True,
        where=own.key_where(name),
        positions=tuple(each.where for each in values),
    )
