"""Reads the sources of the overview, all at once, and keeps what each answered last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from watchkeeper.alertmanager_api import Silence, silences
from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.overview.alert_rows import Alert, alerts, alerts_of_series, with_routing
from watchkeeper.overview.expected import Expected, ServiceOf
from watchkeeper.overview.maintenance_rows import WINDOWS_OPEN_QUERY, OpenWindow, open_windows
from watchkeeper.overview.notification_rows import SENT_QUERY, Notification, Sent, notification, sent
from watchkeeper.overview.objective_detail import (
    Detail,
    alert_needs,
    of_row,
    ratios_query,
    values_query,
    windows,
    with_values,
)
from watchkeeper.overview.objective_rows import (
    BUDGETS_QUERY,
    WINDOWS_QUERY,
    Objective,
    objectives,
    windows_of,
)
from watchkeeper.overview.snapshot import Snapshot, Source
from watchkeeper.overview.target_rows import (
    DOWN_QUERY,
    DownTarget,
    Job,
    counts_query,
    down_targets,
    jobs,
)
from watchkeeper.overview.value_rows import with_labels
from watchkeeper.prometheus_api import Sample, api_get, instant, shown

# Windows change when rules do, and their answer is the largest one.
_WINDOWS_SECONDS = 300.0
_DAY = 86_400.0
_KEPT = 200
_JOBS_ASKED = 3


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where to read, such as `http://127.0.0.1:9090`; empty for what there is not."""

    prometheus: str
    alertmanager: str = ""
    sinks: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What Prometheus answered in one reading."""

    budgets: list[Sample]
    alerts: tuple[Alert, ...]
    jobs: tuple[Job, ...]
    down: tuple[DownTarget, ...]
    sent: tuple[Sent, ...]
    maintenance: tuple[OpenWindow, ...] = ()


class Reader:
    """Reads snapshots; `read` may be called again and again, from one thread at a time."""

    def __init__(
        self, at: Addresses, *, spec: Expected | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        """Read from these addresses, and expect the objectives of a spec; no request is sent yet."""
        self._at = at
        self.expect(spec or Expected())
        self._clock = clock
        self._sources = {
            name: Source(name, shown(url), 0.0)
            for name, url in (
                ("Prometheus", at.prometheus),
                ("Alertmanager", at.alertmanager),
                ("sinks", at.sinks),
            )
            if url
        }
        self._seen = _Seen([], (), (), (), ())
        self._windows: Mapping[str, str] = {}
        self._windows_read = float("-inf")
        self._routing: list[Mapping[str, Any]] = []
        self._unused: tuple[Silence, ...] = ()
        self._notifications: list[Notification] = []

    def expect(self, spec: Expected) -> None:
        """Expect what a spec says from the next reading on."""
        self._spec = spec
        self._service_of = ServiceOf(spec.foreign)

    def read(self) -> Snapshot:
        """Return what the sources say now; a source that does not answer keeps its last answer and a problem."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda read: read(), (self._prometheus, self._alertmanager, self._sinks)))
        seen = self._seen
        routed = with_routing(seen.alerts, self._routing)
        now = self._clock()
        return Snapshot(
            time=now,
            sources=tuple(self._sources.values()),
            objectives=tuple(
                with_labels(objectives(seen.budgets, self._windows, routed, self._spec.objectives, at=now))
            ),
            alerts=routed,
            jobs=seen.jobs,
            down=seen.down,
            notifications=tuple(reversed(self._notifications)),
            sent=seen.sent,
            maintenance=seen.maintenance,
            unused=self._unused,
        )

    def detail(self, objective: Objective) -> Detail:
        """Return one objective's windows and alerts, with three requests."""
        server = self._at.prometheus
        try:
            with _understood():
                ratios = windows(objective, instant(server, ratios_query(objective)))
                group = {"type": "alert", "rule_group[]": f"slo-{objective.slo_id}"}
                needs = alert_needs(objective, api_get(server, "/api/v1/rules", group)["groups"])
                query = values_query(needs)
                if not query:
                    return Detail(ratios, needs)
                return Detail(ratios, with_values(needs, of_row(objective, instant(server, query))))
        except NoAnswer as error:
            return Detail(problem=str(error))

    @contextmanager
    def _source(self, name: str) -> Iterator[None]:
        before = self._sources[name]
        try:
            with _understood():
                yield
        except NoAnswer as error:
            self._sources[name] = Source(name, before.address, before.answered, str(error))
        else:
            self._sources[name] = Source(name, before.address, self._clock())

    def _prometheus(self) -> None:
        server, service_of = self._at.prometheus, self._service_of
        with self._source("Prometheus"), ThreadPoolExecutor(6) as pool:
            # The largest answer first.
            reading = pool.submit(instant, server, BUDGETS_QUERY)
            listed = pool.submit(_alerts, server)
            counts = pool.submit(instant, server, counts_query(service_of))
            down = pool.submit(_down, server, service_of)
            notified = pool.submit(instant, server, SENT_QUERY)
            opened = pool.submit(instant, server, WINDOWS_OPEN_QUERY)
            if self._clock() - self._windows_read > _WINDOWS_SECONDS:
                self._windows = windows_of(instant(server, WINDOWS_QUERY))
                self._windows_read = self._clock()
            budgets = reading.result()
            self._seen = _Seen(
                budgets,
                listed.result(),
                jobs(counts.result(), service_of),
                down.result(),
                sent(notified.result()),
                open_windows(opened.result()),
            )
            if any(one.labels.get("slo_id", "") not in self._windows for one in budgets):
                self._windows_read = float("-inf")

    def _alertmanager(self) -> None:
        if self._at.alertmanager:
            with self._source("Alertmanager"):
                routing = get_json(f"{self._at.alertmanager}/api/v2/alerts")
                with_routing((), routing)
                muting = {name for alert in routing for name in alert["status"]["silencedBy"]}
                listed = silences(self._at.alertmanager)
                self._routing = routing
                self._unused = tuple(one for one in listed if one.state == "active" and one.id not in muting)

    def _sinks(self) -> None:
        from watchkeeper.sinks.sink_client import SinkClient, SinkError

        if not self._at.sinks:
            return
        newest = self._notifications[-1].received if self._notifications else self._clock() - _DAY
        with self._source("sinks"):
            try:
                listed = SinkClient(self._at.sinks).deliveries(since=newest)
            except SinkError as error:
                raise NoAnswer(str(error)) from error
            fresh = [notification(one) for one in listed]
            known = set(self._notifications)
            self._notifications = [*self._notifications, *(one for one in fresh if one not in known)][-_KEPT:]


@contextmanager
def _understood() -> Iterator[None]:
    """Turn an answer in another form than the API's into NoAnswer."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoAnswer("answers in another form than its API") from error


def _alerts(server: str) -> tuple[Alert, ...]:
    try:
        return alerts(api_get(server, "/api/v1/alerts")["alerts"])
    except NoAnswer as error:
        # Stores without a rule engine, such as Mimir's querier, have the series only.
        if not str(error).startswith("answers 404"):
            raise
        return alerts_of_series(instant(server, "ALERTS"))


def _down(server: str, service_of: ServiceOf) -> tuple[DownTarget, ...]:
    samples = instant(server, DOWN_QUERY)
    named = sorted({one.labels.get("job", "") for one in samples})[:_JOBS_ASKED]
    listed: list[Mapping[str, Any]] = []
    # The reasons are an extra: a store without targets has none.
    with suppress(NoAnswer):
        for job in named:
            wanted = {"state": "active", "scrapePool": job}
            listed += api_get(server, "/api/v1/targets", wanted)["activeTargets"]
    return down_targets(samples, service_of, listed)
