"""A service, its own metrics and its promises to customers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from watchkeeper.model.alert import Alert
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import HttpNames
from watchkeeper.model.service import HistogramUnit, Metric, Service, Sla
from watchkeeper.spec import formats
from watchkeeper.spec.document.cursor import Cursor
from watchkeeper.spec.histogram_units import unit_in_name
from watchkeeper.spec.parse.parse_alert import parse_alert
from watchkeeper.spec.parse.parse_discovery import parse_discovery
from watchkeeper.spec.parse.parse_scrape import default_targets, is_scraped, parse_scrape
from watchkeeper.spec.parse.parse_slo import parse_slo

SERVICE_KEYS = (
    "service", "description", "team", "targets", "match", "scrape", "discovery", "metrics_path", "signals", "labels",
    "downtime", "min_events", "expected_traffic", "exclude", "dialect", "http_buckets", "runbook_base_url",
    "slos", "alerts", "metrics", "sla",
)  # fmt: skip
SHARED = ("team", "labels", "runbook_base_url", "downtime")


def parse_service(place: Cursor, *, shared: Cursor | None) -> Service:
    """Return the service at `place`; keys of `shared` apply where it has no value."""
    name = place.string("service", "")
    team = place.text("team") or (shared.text("team") if shared else None) or "unassigned"
    labels = dict(shared.labels()) | dict(place.labels()) if shared else dict(place.labels())
    downtime = place.text("downtime") or (shared.text("downtime") if shared else None)
    metrics = tuple(parse_metric(item) for item in place.each("metrics"))
    scraped = is_scraped(place)
    # Without a label that was refused, the others may select the series of another service: a second problem for it.
    match = place.labels("match", even_broken=True)
    service = Service(
        name=name,
        team=team,
        description=place.string("description", ""),
        targets=place.texts("targets") or default_targets(name, place, scraped=scraped),
        target_positions=tuple(item.where for item in place.each("targets")),
        metrics_path=place.string("metrics_path", "/metrics"),
        signals=place.texts("signals") or ("http",),
        labels=tuple(sorted(labels.items())),
        slos=tuple(parse_slo(item, service=place, downtime=downtime) for item in place.each("slos")),
        alerts=(),
        metrics=metrics,
        sla=_sla(place.go("sla")) if place.has("sla") else None,
        runbook_base_url=place.text("runbook_base_url")
        or (shared.text("runbook_base_url") if shared else None),
        where=place.value_where("service"),
        exclude=_exclude(place),
        scrape=parse_scrape(place),
        match=match,
        match_positions=tuple((label, place.go("match").key_where(label)) for label, _ in match),
        is_scraped=scraped,
        discovery=parse_discovery(place),
        dialect=place.string("dialect", "watchkeeper"),  # type: ignore[arg-type]
        http_buckets=_http_buckets(place),
    )
    return replace(service, alerts=_alerts(place, service.http))


def _http_buckets(place: Cursor) -> tuple[Decimal, ...]:
    if place.has("http_buckets") and place.text("dialect") != "otel" and not place.is_broken("dialect"):
        message = "`http_buckets` does not fit a service that our middleware measures"
        remedy = "leave it out: the middleware makes a bucket for each threshold; or write `dialect: otel`"
        place.report("WK111", message, remedy, key="http_buckets")
    return _bounds(place, "http_buckets")


def _exclude(place: Cursor) -> tuple[str, ...]:
    if place.has("exclude") and place.has("signals") and "http" not in place.texts("signals"):
        message = "`exclude` is about requests, which the http pack counts"
        place.report("WK207", message, "add http to `signals`", key="exclude")
    return place.texts("exclude")


def _alerts(place: Cursor, http: HttpNames) -> tuple[Alert, ...]:
    # The valid parts of an alert are parsed even if another part is broken, so that all problems come at once.
    items = [item for item in place.each("alerts", even_broken=True) if item.node.entries is not None]
    parsed = [(item, parse_alert(item, http)) for item in items]
    return tuple(alert for item, alert in parsed if alert is not None and not item.is_broken("name"))


def parse_metric(place: Cursor) -> Metric:
    """Return one declared metric; report problems of its name, type and buckets."""
    name, kind = place.string("name", ""), place.string("type", "gauge")
    labels, external = place.texts("labels"), place.flag("external")
    if not external:
        _check_name(place, name, kind)
    return Metric(
        name=name,
        type=kind,  # type: ignore[arg-type]
        labels=labels,
        help=place.string("help", f"{name}."),
        buckets=_buckets(place, kind),
        values=_closed_values(place, name, labels),
        external=external,
        where=place.value_where("name"),
        native=_native(place, kind, external=external),
        unit=_unit(place, name, kind, external=external),
    )


def _check_name(place: Cursor, name: str, kind: str) -> None:
    if kind == "counter" and not name.endswith("_total"):
        message = f"the counter {name} does not end in _total"
        place.report("WK107", message, f"rename it to {name}_total", value="name")
    if ":" in name or (kind != "counter" and name.endswith("_total")):
        remedy = "only counters end in _total, and only rules contain colons"
        place.report("WK107", f"{name} is not a valid name for a {kind}", remedy, value="name")


def _buckets(place: Cursor, kind: str) -> tuple[Decimal, ...]:
    if place.has("buckets") and kind != "histogram":
        remedy = "only histograms have buckets"
        place.report("WK111", f"`buckets` does not fit a {kind}", remedy, key="buckets")
    return _bounds(place, "buckets")


def _bounds(place: Cursor, key: str) -> tuple[Decimal, ...]:
    buckets = tuple(b for b in (_decimal(item) for item in place.each(key)) if b is not None)
    if list(buckets) != sorted(set(buckets)):
        remedy = "write each bound once, smallest first"
        place.report("WK108", "the buckets are not in rising order", remedy, value=key)
    return buckets


def _closed_values(
    place: Cursor, name: str, labels: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    pairs = place.pairs("values")
    for label, values in pairs:
        if label not in labels:
            values.report("WK208", f"{name} has no label {label}", "list it under `labels:` first")
    return tuple(
        (label, tuple(str(item.scalar) for item in cursor.node.items or ())) for label, cursor in pairs
    )


def _native(place: Cursor, kind: str, *, external: bool) -> bool:
    if not place.flag("native"):
        return False
    if kind != "histogram":
        place.report(
            "WK111", f"`native` does not fit a {kind}", "only histograms can be native", key="native"
        )
    elif not external:
        place.report(
            "WK111",
            "`native` does not fit a metric that the middleware creates",
            "the middleware creates classic histograms; write `external: true` if something else exposes it",
            key="native",
        )
    elif place.has("buckets"):
        place.report(
            "WK111", "`buckets` does not fit a native histogram", "leave one of them out", key="buckets"
        )
    return True


def _unit(place: Cursor, name: str, kind: str, *, external: bool) -> HistogramUnit:
    if not place.has("unit"):
        stated = unit_in_name(name) if kind == "histogram" and external else None
        if stated is not None and not place.is_broken("unit"):
            message = f"`unit` is missing: thresholds are durations, and the name {name} does not say seconds"
            place.report("WK102", message, f"add `unit: {stated}`, or `unit: s` if it measures seconds")
        return "s"
    if kind != "histogram":
        place.report("WK111", f"`unit` does not fit a {kind}", "only histograms have a unit", key="unit")
    elif not external:
        place.report(
            "WK111",
            "`unit` does not fit a metric that the middleware creates",
            "the middleware measures seconds; write `external: true` if something else exposes it",
            key="unit",
        )
    return place.string("unit", "s")  # type: ignore[return-value]


def _decimal(place: Cursor) -> Decimal | None:
    value = place.node.scalar
    return Decimal(value) if isinstance(value, int | Decimal) else None


def _sla(place: Cursor) -> Sla:
    latency = place.go("latency") if place.has("latency") else None
    availability = place.text("availability")
    return Sla(
        availability=formats.objective(availability) if availability is not None else None,
        latency_quantile=(latency.number("quantile") or Decimal("0.95")) if latency else None,
        latency_below=_span(latency, "below") if latency else None,
        page_load=_span(place, "page_load"),
        support=tuple((name, Duration.parse(str(item.node.scalar))) for name, item in place.pairs("support")),
        where=place.where,
    )


def _span(place: Cursor, key: str) -> Duration | None:
    text = place.text(key)
    return Duration.parse(text) if text is not None else None
