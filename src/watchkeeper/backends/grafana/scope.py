"""What a dashboard is about: all that its panels may depend on, but for the name of the service.

Two services with equal scopes have equal dashboards, which are built once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from watchkeeper import naming
from watchkeeper.model.alert import Severity
from watchkeeper.model.calendar_window import CalendarWindow
from watchkeeper.model.duration import Duration
from watchkeeper.model.http_dialect import WATCHKEEPER, HttpNames
from watchkeeper.model.service import Service
from watchkeeper.model.slo import Slo
from watchkeeper.plan.plan import Matcher as Matcher
from watchkeeper.plan.plan import Plan, PlannedService

_T = TypeVar("_T")

NAME = "wk-this-service"
"""Stands for the name of the service while its dashboard is built; the spec's own texts are not on it."""
PAGE = "wk-this-page"
"""Stands for `naming.page_id` of the service."""
_THIS: Matcher = ("service", "=", NAME)
_CHOSEN: Matcher = ("service", "=~", "$service")


@dataclass(frozen=True, slots=True)
class AlertLimit:
    """Where a threshold alert fires: what it reads, in the unit of the panel that shows it."""

    preset: str
    subject: str | None
    quantile: Decimal | None
    threshold: Decimal
    severity: Severity


@dataclass(frozen=True, slots=True)
class Objective:
    """One SLO as panels show it; `factors` are the burn rates at which its alerts fire."""

    name: str
    kind: str
    target: Decimal
    window: Duration
    threshold: Decimal | None
    total: str
    is_partial: bool
    counts_outages: bool
    factors: tuple[Decimal, ...]
    calendar: CalendarWindow | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Promises:
    """The promises to customers; latencies in seconds."""

    availability: Decimal | None
    quantile: Decimal | None
    latency: Decimal | None
    page_load: Decimal | None


@dataclass(frozen=True, slots=True)
class Scope:
    """The services of a dashboard; `services` is the label matcher that selects what rules record of them.

    `own` selects what they expose: the same, or the labels of a service that others scrape.
    """

    services: Matcher
    own: tuple[Matcher, ...]
    packs: frozenset[str]
    objectives: tuple[Objective, ...]
    limits: tuple[AlertLimit, ...]
    promises: Promises | None
    runbooks: str | None
    source: str
    http: HttpNames = WATCHKEEPER

    def has_own_page(self, pack: str) -> bool:
        """Return whether the page on a pack is the service's own: its series differ from those of other services."""
        return self.has_own_labels or (pack == "http" and not self.http.is_ours)

    @property
    def has_own_labels(self) -> bool:
        """Return whether others scrape the service: no label of its series says which service of the spec it is."""
        return self.own != (self.services,)

    @property
    def values(self) -> tuple[str, ...]:
        """Return the labels whose values have budgets of their own in some objective."""
        return tuple(sorted({one.by for one in self.objectives if one.by is not None}))

    @property
    def matchers(self) -> tuple[Matcher, ...]:
        """Return the matchers of the series that the services expose."""
        return (*self.own, ("instance", "=~", "$instance"))


def scope_of(service: PlannedService) -> Scope:
    """Return the scope of one service, without its name."""
    spec, sla = service.spec, service.spec.sla
    promises = Promises(
        sla.availability, sla.latency_quantile, _seconds(sla.latency_below), _seconds(sla.page_load)
    ) if sla is not None else None  # fmt: skip
    return Scope(
        services=_THIS,
        own=spec.own if spec.match else (_THIS,),
        packs=frozenset(service.packs),
        objectives=_objectives(service),
        limits=tuple(_limits(service)),
        promises=promises,
        # Grafana would take what follows a dollar sign for a variable.
        runbooks=spec.runbook_base_url and spec.runbook_base_url.replace("$", "%24"),
        source=service.source,
        http=spec.http,
    )


def services_to_choose(plan: Plan, pack: str) -> tuple[PlannedService, ...]:
    """Return the services that emit a pack and that only a label distinguishes; the others have a page each."""
    return tuple(one for one in plan.services if pack in one.packs and not _differs(one.spec, pack))


def _differs(service: Service, pack: str) -> bool:
    return bool(service.match) or (pack == "http" and not service.http.is_ours)


def scope_of_pack(plan: Plan, pack: str) -> Scope:
    """Return the scope of a dashboard on which the reader chooses one of the services that emit a pack.

    It has the objectives and the limits of alerts that every one of them has.
    """
    emitting = services_to_choose(plan, pack)
    return Scope(
        services=_CHOSEN,
        own=(_CHOSEN,),
        packs=frozenset(one for service in emitting for one in service.packs),
        objectives=_shared([_objectives(service) for service in emitting]),
        limits=_shared([tuple(_limits(service)) for service in emitting]),
        promises=None,
        runbooks=None,
        source=plan.source,
    )


def named(text: str, service: str) -> str:
    """Return the JSON of a scope's dashboard with the name of a service."""
    return text.replace(NAME, service).replace(PAGE, naming.page_id(service))


def _shared(of_services: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    first, *others = of_services or [()]
    return tuple(one for one in first if all(one in other for other in others))


def _objectives(service: PlannedService) -> tuple[Objective, ...]:
    return tuple(
        _objective(slo.spec, tuple(sorted({tier.factor for tier in slo.tiers}))) for slo in service.slos
    )


def _limits(service: PlannedService) -> Iterable[AlertLimit]:
    for alert in service.spec.alerts:
        if alert.preset is not None and alert.threshold is not None:
            subject = alert.resource or alert.metric
            yield AlertLimit(alert.preset, subject, alert.quantile, alert.threshold, alert.severity)


def _objective(slo: Slo, factors: tuple[Decimal, ...]) -> Objective:
    return Objective(
        name=slo.name,
        kind=slo.sli.kind,
        target=slo.objective,
        window=slo.window,
        threshold=_seconds(slo.sli.threshold),
        total=slo.sli.total or "",
        is_partial=bool(slo.sli.filters) or slo.by is not None,
        counts_outages=slo.sli.downtime == "bad",
        factors=factors,
        calendar=slo.calendar,
        by=None if slo.by is None else slo.by.label,
    )


def _seconds(duration: Duration | None) -> Decimal | None:
    return duration.seconds if duration is not None else None
