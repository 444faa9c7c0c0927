"""What a spec adds to recorded series: descriptions, units, promises to customers, and whom alerts notify."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from watchkeeper import naming
from watchkeeper.exposed.histogram_bounds import bounds_of, histogram_of
from watchkeeper.model.correction import Correction
from watchkeeper.model.duration import Duration
from watchkeeper.model.service import Service, Sla
from watchkeeper.model.slo import Slo
from watchkeeper.model.spec import Spec
from watchkeeper.plan.bucket_matcher import bucket_matcher
from watchkeeper.plan.filter_matchers import filter_matchers
from watchkeeper.plan.human_format import percentage
from watchkeeper.plan.notified_labels import routes_of
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.planner import make_plan
from watchkeeper.plan.slo.base_window import base_window_of

Matchers = tuple[tuple[str, str, str], ...]
_PAGE_LOAD = "page_load_seconds"
_PAGE_SHARE = Decimal("0.95")
_SECONDS = ("boolean", "ratio")


@dataclass(frozen=True, slots=True)
class Described:
    """One objective of a spec. `bad` selects its bad requests, less those of `but`; `by` labels handler and status.

    `split` is the label whose values have budgets of their own, empty for one budget.
    """

    slo_id: str
    service: str
    slo: str
    team: str
    description: str
    target: Decimal
    unit: str
    bad: tuple[str, Matchers] | None = None
    but: tuple[str, Matchers] | None = None
    by: tuple[str, str] = ("handler", "status_code")
    split: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise to customers. It is read from an objective (`slo_id`) or from a histogram's `total` and `within`.

    `target` is the share that must be good; None for what no metric measures. `reason` says why nothing is read.
    """

    service: str
    name: str
    sentence: str
    target: Decimal | None
    slo_id: str = ""
    total: tuple[str, Matchers] | None = None
    within: tuple[str, Matchers] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DescribedAlert:
    """Whom an alert of the spec notifies, and the address or path of its runbook."""

    receivers: tuple[str, ...]
    runbook: str


@dataclass(frozen=True, slots=True)
class SpecFacts:
    """What the report takes from a spec; all of it may be empty. `sha256` is that of the files it was read from.

    `alerts` are by service and name. `seen_within` is the longest time in seconds after an event in which an evaluation
    of the rules still counts it.
    """

    source: str = ""
    sha256: str = ""
    objectives: tuple[Described, ...] = ()
    promises: tuple[Promise, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict)
    alerts: Mapping[tuple[str, str], DescribedAlert] = field(default_factory=dict)
    corrections: tuple[Correction, ...] = ()
    seen_within: int = 0

    def notified(self, service: str, alert: str) -> tuple[str, ...]:
        """Return the names of the receivers that an alert of today's spec reaches."""
        found = self.alerts.get((service, alert))
        return found.receivers if found else ()


def spec_facts(spec: Spec, sha256: str, services: Sequence[str] = ()) -> SpecFacts:
    """Return what the report takes from a spec, of all services or of some."""
    chosen = [one for one in spec.services if not services or one.name in services]
    return SpecFacts(
        source=spec.source,
        sha256=sha256,
        objectives=tuple(_described(slo, service) for service in chosen for slo in service.slos),
        promises=tuple(
            promise
            for service in chosen
            if service.sla is not None
            for promise in _promises(service, service.sla)
        ),
        services={service.name: service.description for service in chosen},
        alerts=dict(_alerts(make_plan(spec, source=spec.source))),
        corrections=tuple(one for one in spec.corrections if _is_for_some(one, chosen)),
        seen_within=_seen_within(spec),
    )


def _is_for_some(one: Correction, services: Sequence[Service]) -> bool:
    return any(one.is_for(service.name, slo.name) for service in services for slo in service.slos)


def _seen_within(spec: Spec) -> int:
    """Return the time for which rules leave out events after a maintenance window, in whole seconds."""
    base = base_window_of(spec.stack)
    return math.ceil((base.lag.milliseconds + base.evaluation.milliseconds) / 1000)


def _alerts(plan: Plan) -> Iterator[tuple[tuple[str, str], DescribedAlert]]:
    """Yield each alert with the receivers of the route that takes it, as Alertmanager chooses it by labels."""
    for service in plan.alerting_services:
        for alert in service.all_alerts:
            routes = routes_of(plan, alert)
            names = tuple(dict.fromkeys(each.name for route in routes for each in route.integrations))
            yield (alert.service, alert.name), DescribedAlert(names, alert.runbook_url)


def _described(slo: Slo, service: Service) -> Described:
    sli, http = slo.sli, service.http_of(slo.sli)
    bad = but = None
    own = (*_own(service, slo), *filter_matchers(sli))
    is_http = sli.kind == "latency" and sli.family == "http"
    if sli.kind == "availability":
        bad = (http.requests, (*own, *http.failed))
    elif is_http and sli.threshold is not None:
        bad = (f"{http.duration}_count", (*own, *http.answered))
        is_external = sli.external or not http.is_ours
        but = _within(http.duration, (*own, *http.answered), sli.threshold, external=is_external)
    unit = (
        "seconds"
        if sli.kind in _SECONDS
        else "requests"
        if bad
        else "observations"
        if sli.kind == "latency"
        else "events"
    )
    return Described(
        naming.slo_id(service.name, slo.name),
        service.name,
        slo.name,
        service.team,
        slo.description,
        slo.objective,
        unit,
        bad,
        but,
        by=(http.route, http.status),
        split=slo.by.label if slo.by is not None else "",
    )


def _own(service: Service, slo: Slo) -> Matchers:
    return () if slo.sli.external else service.own


def _within(
    histogram: str, own: Matchers, below: Duration, *, external: bool = False
) -> tuple[str, Matchers]:
    return f"{histogram}_bucket", (*own, bucket_matcher(below.seconds, external=external))


def _promises(service: Service, sla: Sla) -> Iterator[Promise]:
    if sla.availability is not None:
        sentence = f"{percentage(sla.availability)} of requests are answered without an error"
        slo = next((one for one in service.slos if one.sli.kind == "availability" and _is_of_all(one)), None)
        slo_id = naming.slo_id(service.name, slo.name) if slo else ""
        reason = "" if slo else "no availability objective without filters records it"
        yield Promise(service.name, "availability", sentence, sla.availability, slo_id, reason=reason)
    if sla.latency_below is not None and sla.latency_quantile is not None:
        sentence = f"{percentage(sla.latency_quantile)} of requests are answered within {sla.latency_below}"
        yield _latency(service, sentence, sla.latency_quantile, sla.latency_below)
    if sla.page_load is not None:
        sentence = f"{percentage(_PAGE_SHARE)} of pages load within {sla.page_load}"
        yield _measured(service, "page load", sentence, _PAGE_SHARE, sla.page_load, _PAGE_LOAD, ())
    for level, within in sla.support:
        sentence = f"{level} requests to support are answered within {within}"
        reason = "no metric measures it: compare it with your ticket system"
        yield Promise(service.name, f"support, {level}", sentence, None, reason=reason)


def _latency(service: Service, sentence: str, share: Decimal, below: Duration) -> Promise:
    http = service.http
    slo = next(
        (
            one
            for one in service.slos
            if histogram_of(one, service) == http.duration and one.sli.threshold == below and _is_of_all(one)
        ),
        None,
    )
    if slo is not None:
        return Promise(service.name, "latency", sentence, share, naming.slo_id(service.name, slo.name))
    return _measured(service, "latency", sentence, share, below, http.duration, http.answered)


def _is_of_all(slo: Slo) -> bool:
    """Return whether an objective has one budget for all requests, as a promise is about all of them."""
    return not slo.sli.filters and slo.by is None


def _measured(
    service: Service, name: str, sentence: str, share: Decimal, below: Duration, histogram: str, of: Matchers
) -> Promise:
    if below.seconds.normalize() not in (bounds_of(histogram, service) or ()):
        reason = f"{histogram} has no bucket at {below}"
        return Promise(service.name, name, sentence, share, reason=reason)
    own = (*service.own, *of)
    total = (f"{histogram}_count", own)
    is_foreign = histogram == service.http.duration and not service.http.is_ours
    within = _within(histogram, own, below, external=is_foreign)
    return Promise(service.name, name, sentence, share, "", total, within)
