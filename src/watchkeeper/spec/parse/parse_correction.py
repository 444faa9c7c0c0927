"""Corrections of the past: what the report takes out of the budget by hand."""

from __future__ import annotations

from decimal import Decimal

from watchkeeper.model.correction import Correction, LeftOut
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_span import parse_span

_ENDS = "write `from` and `to`"


def parse_corrections(root: Cursor) -> tuple[Correction, ...]:
    """Return the corrections of the root file; problems are reported at their lines."""
    found = (_correction(item) for item in root.each("corrections"))
    return tuple(one for one in found if one is not None)


def _correction(place: Cursor) -> Correction | None:
    leaves_out: LeftOut = "all" if place.text("leave_out") == "all" else "bad"
    share, span = _share(place, leaves_out), parse_span(place, "WK263", "correction", _ENDS)
    if span is None or share is None:
        return None
    return Correction(
        name=place.string("name", ""),
        span=span,
        reason=place.string("reason", ""),
        author=place.string("author", ""),
        where=place.value_where("name"),
        services=place.texts("services"),
        slo=place.string("slo", ""),
        value=place.string("value", ""),
        leaves_out=leaves_out,
        share=share,
        ticket=place.string("ticket", ""),
        location=place.string("location", "UTC"),
        services_where=tuple(item.where for item in place.each("services")),
        slo_where=place.value_where("slo"),
        value_where=place.value_where("value"),
        end_where=place.value_where("to"),
    )


def _share(place: Cursor, leaves_out: LeftOut) -> Decimal | None:
    text = place.text("share")
    if text is None:
        return Decimal(1)
    if leaves_out == "all":
        remedy = "remove it, or write `leave_out: bad`"
        place.report(
            "WK111", "`share` does not fit `leave_out: all`, which leaves out all events", remedy, key="share"
        )
        return None
    share = formats.percent(text)
    if formats.is_bare_fraction(text):
        remedy = f"did you mean {(share * 10_000).normalize():f}%, or {text}%?"
        place.report("WK106", f"{text} is a bare fraction", remedy, value="share")
        return None
    if not 0 < share <= 1:
        place.report(
            "WK108", f"{text} is not a share of the bad events", "write over 0% to 100%", value="share"
        )
        return None
    return share
