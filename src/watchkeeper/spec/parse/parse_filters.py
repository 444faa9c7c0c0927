"""The `where` of an indicator: which values of a label it counts, or leaves out."""

from __future__ import annotations

from watchkeeper.model.slo import LabelFilter, SliKind
from watchkeeper.spec.document.cursor import Cursor

_FILTERED: tuple[SliKind, ...] = ("availability", "latency")


def parse_filters(place: Cursor, kind: SliKind) -> tuple[LabelFilter, ...]:
    """Return the filters of the indicator at `place`; report a `where` that does not fit its kind."""
    if place.node.child("where") is not None and kind not in _FILTERED:
        remedy = "write the matchers into its queries"
        place.report("WK111", f"`where` does not fit `{kind}`", remedy, key="where")
        return ()
    if not place.has("where"):
        return ()
    own = place.go("where")
    return tuple(_filter(own, label, value) for label, value in place.pairs("where"))


def _filter(own: Cursor, label: str, value: Cursor) -> LabelFilter:
    is_excluded = value.node.entries is not None
    node = value.go("not").node if is_excluded else value.node
    values = node.items if node.items is not None else (node,)
    return LabelFilter(
        label=label,
        values=tuple(str(each.scalar) for each in values),
        is_excluded=is_excluded,
        where=own.key_where(label),
        positions=tuple(each.where for each in values),
    )
