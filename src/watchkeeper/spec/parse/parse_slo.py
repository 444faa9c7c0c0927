"""A service level objective with its indicator."""

from __future__ import annotations

from watchkeeper.model.duration import Duration
from watchkeeper.model.slo import Downtime, Sli, SliKind, Slo
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.parse.parse_alerting import parse_alerting
from watchkeeper.spec.parse.parse_by_label import parse_by_label
from watchkeeper.spec.parse.parse_filters import parse_filters
from watchkeeper.spec.parse.parse_route import parse_routes
from watchkeeper.spec.parse.parse_window import parse_window
from watchkeeper.spec.text_files import text_file

_KINDS: tuple[SliKind, ...] = ("availability", "latency", "events", "boolean", "ratio")


def parse_slo(place: Cursor, *, service: Cursor, downtime: str | None) -> Slo:
    """Return the objective at `place`; its service provides what it leaves out."""
    window, calendar = parse_window(place)
    return Slo(
        name=place.string("name", ""),
        description=place.string("description", ""),
        objective=formats.objective(place.string("objective", "")),
        window=window,
        sli=_sli(place.go("sli"), downtime),
        labels=place.labels(),
        runbook=place.text("runbook"),
        alerting=parse_alerting(place, window),
        min_events=place.whole("min_events") or service.whole("min_events"),
        expected_traffic=place.number("expected_traffic") or service.number("expected_traffic"),
        where=place.value_where("name"),
        objective_where=place.value_where("objective"),
        window_where=place.value_where("window"),
        runbook_notes=text_file(place, "runbook_notes"),
        routes=parse_routes(place, "receivers"),
        by=parse_by_label(place),
        calendar=calendar,
    )


def _sli(place: Cursor, downtime: str | None) -> Sli:
    kinds = [kind for kind in _KINDS if kind in place.names()]
    if len(kinds) != 1:
        wrong = (
            "names nothing to count" if not kinds else "names more than one indicator: " + ", ".join(kinds)
        )
        place.report("WK111", f"`sli` {wrong}", "write exactly one of " + ", ".join(_KINDS))
    kind: SliKind = kinds[0] if kinds else "availability"
    if kind == "latency":
        place.require(("threshold",), "a latency objective needs a bound, such as `threshold: 200ms`")
    elif "threshold" in place.names():
        place.report(
            "WK111", f"`threshold` does not fit `{kind}`", "only latency has a threshold", key="threshold"
        )
    events = place.go("events") if place.has("events") else None
    if events is not None and ("bad" in events.names()) == ("good" in events.names()):
        events.report(
            "WK111", "`events` needs one of `bad` and `good`", "write the one that is easier to select"
        )
    default: Downtime = "bad" if kind == "availability" else "gap"
    threshold = place.text("threshold")
    return Sli(
        kind=kind,
        family=place.text("availability") or place.text("latency"),
        threshold=Duration.parse(threshold) if threshold else None,
        bad=events.text("bad") if events else None,
        good=events.text("good") if events else None,
        total=events.text("total") if events else None,
        query=place.text("boolean") or place.text("ratio"),
        external=place.flag("external"),
        downtime=place.text("downtime") or downtime or default,  # type: ignore[arg-type]
        where=place.where,
        filters=parse_filters(place, kind),
    )
