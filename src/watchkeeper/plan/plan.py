"""The plan as frozen values: the only thing that backends see."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.alert import Severity
from watchkeeper.model.duration import Duration
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.model.notify import Hours, Mute, Proxy, Receiver
from watchkeeper.model.service import Metric, Service
from watchkeeper.model.stack import Stack
from watchkeeper.model.text_file import TextFile
from watchkeeper.plan.maintenance.window_rule import WindowRule
from watchkeeper.plan.planned_alert import Pairs, PlannedAlert
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.slo.planned_slo import PlannedSlo
from watchkeeper.plan.slo.recording_rule import RecordingRule

__all__ = [
    "InhibitRule",
    "Matcher",
    "Pairs",
    "Plan",
    "PlannedAlert",
    "PlannedRoute",
    "PlannedService",
    "PlannedSlo",
    "Routing",
]

Matcher = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class PlannedService:
    """One scraped service; targets are host:port, as containers and as native processes see them.

    `source` is the file in which the service is written, as headers show it: the spec, or a file that it includes.
    `alerts` are its threshold alerts; `slos` contain those of objectives. `records` are rules that its threshold alerts
    read, without labels. `window_rules` show when a window of `maintenance` is open, `calendar_rules` compute the months
    and quarters of its objectives.
    """

    name: str
    source: str
    team: str
    description: str
    metrics_path: str
    compose_targets: tuple[str, ...]
    native_targets: tuple[str, ...]
    target_labels: Pairs
    packs: tuple[str, ...]
    buckets: tuple[tuple[str, tuple[Decimal, ...]], ...]
    metrics: tuple[Metric, ...]
    alerts: tuple[PlannedAlert, ...]
    alerts_path: str
    alert_scenarios: tuple[AlertScenario, ...]
    slos: tuple[PlannedSlo, ...]
    is_demo: bool
    spec: Service
    records: tuple[RecordingRule, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    window_rules: tuple[WindowRule, ...] = ()
    calendar_rules: tuple[WindowRule, ...] = ()

    @property
    def is_listed(self) -> bool:
        """Return whether a target file has its addresses: others scrape it, or Prometheus finds it, where none has."""
        return self.spec.is_scraped and self.spec.discovery is None

    @property
    def all_alerts(self) -> tuple[PlannedAlert, ...]:
        """Return the threshold alerts, then those of each SLO."""
        return self.alerts + tuple(alert for slo in self.slos for alert in slo.alerts)

    @property
    def alert_proofs(self) -> dict[int | None, tuple[AlertScenario, ...]]:
        """Return the scenarios of the threshold alerts by their steps: those of one step share a file."""
        steps = dict.fromkeys(one.step for one in self.alert_scenarios)
        return {step: tuple(one for one in self.alert_scenarios if one.step == step) for step in steps}

    def tracing_environment(self, collector: str) -> dict[str, str]:
        """Return the variables with which the service sends a tenth of its traces to that OTLP/HTTP collector."""
        return {
            "OTEL_SERVICE_NAME": self.name,
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{collector}/v1/traces",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        }


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """One route to a receiver with several integrations; times have Alertmanager's names.

    An alert takes the first route whose matchers all fit its labels. `severity` is that of the alerts that it takes.
    Nothing leaves in the hours of `mutes`, nor outside of all `active_hours` where there are some. An alert that takes a
    route that `continues` takes the next one as well, which notifies at the other times.
    """

    severity: Severity
    receiver: str
    matchers: tuple[Matcher, ...]
    integrations: tuple[Receiver, ...]
    group_by: tuple[str, ...]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration
    mutes: tuple[str, ...]
    active_hours: tuple[str, ...] = ()
    continues: bool = False

    def notifies(self, now: Collection[str]) -> bool:
        """Return whether it notifies while these hours and mutes last."""
        is_active = not self.active_hours or any(name in now for name in self.active_hours)
        return is_active and not any(name in now for name in self.mutes)


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """One inhibition with its guards already in the matchers: label, operator, value; an empty name is left out."""

    name: str
    source_matchers: tuple[Matcher, ...]
    target_matchers: tuple[Matcher, ...]
    equal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchdogRoute:
    """The route of the Watchdog alone; `url_file` contains the address of the dead-man's switch, None for nobody."""

    url_file: str | None
    matchers: tuple[Matcher, ...]
    group_interval: Duration
    repeat_interval: Duration


@dataclass(frozen=True, slots=True)
class Routing:
    """All of Alertmanager's routing; `fallback` is the visible receiver of alerts that no route matches."""

    fallback: PlannedRoute
    routes: tuple[PlannedRoute, ...]
    inhibitions: tuple[InhibitRule, ...]
    mutes: tuple[Mute, ...]
    watchdog: WatchdogRoute | None = None
    active_hours: tuple[Hours, ...] = ()
    proxy: Proxy | None = None

    @property
    def of_each_receiver(self) -> tuple[PlannedRoute, ...]:
        """Return one route for each published receiver: those of all alerts first, then those of some."""
        of_all = (route for route in self.routes if route.receiver == route.severity)
        routes: dict[str, PlannedRoute] = {}
        for route in (self.fallback, *of_all, *self.routes):
            routes.setdefault(route.receiver, route)
        return tuple(routes.values())

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Return the spec's receivers that a route reaches, each once, in alphabetical order."""
        routes = (self.fallback, *self.routes)
        found = {receiver.name: receiver for route in routes for receiver in route.integrations}
        return tuple(found[name] for name in sorted(found))

    @property
    def secret_files(self) -> tuple[str, ...]:
        """Return the secret files of all receivers as the spec names them, each once, in alphabetical order."""
        found = {path for receiver in self.receivers for path in receiver.secret_files}
        if self.watchdog is not None and self.watchdog.url_file is not None:
            found.add(self.watchdog.url_file)
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole render, decided. `source` is the spec's path as headers show it, `own` are the stack's own alerts.

    `runbook_template` is the team's own form of the runbooks, None for the bundled one.
    """

    source: str
    services: tuple[PlannedService, ...]
    routing: Routing
    stack: Stack
    runbook_template: TextFile | None = None
    own: PlannedService | None = None

    @property
    def scrape_files(self) -> tuple[str, ...]:
        """Return the files that Prometheus reads for its scrapes, as the spec names them, each once, sorted."""
        return tuple(sorted({path for service in self.services for _, path in service.spec.scrape.files}))

    @property
    def alerting_services(self) -> tuple[PlannedService, ...]:
        """Return the services, and the stack itself where it has alerts; only the services are scraped as such."""
        return self.services if self.own is None else (*self.services, self.own)

    @property
    def has_runbooks(self) -> bool:
        """Return whether any alert, and so any runbook, is published."""
        return any(service.all_alerts for service in self.alerting_services)

    @property
    def serves_runbooks(self) -> bool:
        """Return whether the stack serves runbooks: their server asks for no password."""
        return self.has_runbooks and self.stack.access is None
