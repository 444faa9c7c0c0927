"""A real Alertmanager with the rendered routes of a spec, whose receivers are all sinks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from tests.conftest import need_tool
from tests.loading import load_spec
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import running_alertmanager
from watchkeeper.local_http import get_json, request
from watchkeeper.model.duration import Duration
from watchkeeper.model.notify import Receiver
from watchkeeper.pipeline import plan_of, render_files
from watchkeeper.plan.notified_labels import notified_labels
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedRoute
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.stack.redirect import Sinks, redirect_all

GROUP_WAIT = 0.3
GROUP_INTERVAL = 0.5
# After this long without a further notification there will be none: every group was flushed several times.
QUIET = 4 * GROUP_INTERVAL


@dataclass(frozen=True)
class Paging:
    """Posts the plan's alerts as Prometheus would, and reads what its receivers got."""

    api: str
    sinks: RunningSinks
    plan: Plan
    config: Path

    def fire(self, *names: str, **labels: str) -> None:
        """Post alerts as firing; `labels` replace those of the plan, such as the environment."""
        self._post(names, labels, ended=False)

    def resolve(self, *names: str, **labels: str) -> None:
        """Post alerts as resolved."""
        self._post(names, labels, ended=True)

    def settle(self) -> None:
        """Wait until every group was flushed."""
        time.sleep(QUIET)

    def pages(self) -> list[Delivery]:
        """Return the incidents that PagerDuty was asked to open, oldest first."""
        return [one for one in self.sinks.client.deliveries(channel="pagerduty") if one.status == "firing"]

    def paged(self) -> list[str]:
        """Return the alerts of those incidents."""
        return [name for page in self.pages() for name in page.alerts]

    @property
    def receivers(self) -> tuple[Receiver, ...]:
        """Return the receivers of all routes."""
        routing = self.plan.routing
        return tuple(one for route in (routing.fallback, *routing.routes) for one in route.integrations)

    def receivers_of(self, alert: PlannedAlert) -> set[str]:
        """Return the spec's receivers that got a notification of an alert; for mail, the channel."""
        found = self.sinks.client.deliveries()
        mine = (one for one in found if alert.name in one.alerts and one.service == alert.service)
        return {one.receiver or one.channel for one in mine}

    def reload(self, old: str, new: str) -> None:
        """Replace a text of the configuration, which must be there, in the running Alertmanager."""
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")
        answer = request(f"{self.api}/-/reload", method="POST")
        assert answer.is_success, answer.body

    def suppressed(self, **labels: str) -> set[str]:
        """Return the names of the alerts with these labels that Alertmanager mutes now."""
        listed = get_json(f"{self.api}/api/v2/alerts?active=false&inhibited=true")
        muted = (one["labels"] for one in listed if one["status"]["inhibitedBy"])
        return {one["alertname"] for one in muted if labels.items() <= one.items()}

    def alert(self, name: str) -> PlannedAlert:
        """Return the plan's alert of that name, also when written <service>/<name>."""
        every = (alert for service in self.plan.services for alert in service.all_alerts)
        return next(one for one in every if name in (one.name, f"{one.service}/{one.name}"))

    def _post(self, names: tuple[str, ...], labels: dict[str, str], *, ended: bool) -> None:
        document = [
            {"labels": notified_labels(self.alert(name), self.plan.stack) | labels}
            | ({"endsAt": datetime.now(timezone.utc).isoformat()} if ended else {})
            for name in names
        ]
        answer = request(f"{self.api}/api/v2/alerts", method="POST", document=document)
        assert answer.is_success, answer.body


@contextlib.contextmanager
def paging(folder: Path, spec: str) -> Iterator[Paging]:
    """Start the spec's Alertmanager, with seconds instead of minutes between notifications."""
    binary = need_tool("alertmanager")
    (folder / "spec.yml").write_text(f"version: watchkeeper/v1\n{spec}", encoding="utf-8")
    model, _ = load_spec(folder / "spec.yml")
    with running_sinks(folder) as sinks:
        redirected = redirect_all(model.notify, Sinks(http=sinks.http, smtp=sinks.smtp))
        plan = _fast(plan_of(replace(model, notify=redirected.notify), folder / "spec.yml"))
        home = folder / "monitoring" / "alertmanager"
        for path, text in (*render_files(plan).items(), *_secrets(redirected.files)):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        with running_alertmanager(
            home / "alertmanager.yml", binary, "--enable-feature=utf8-strict-mode"
        ) as api:
            yield Paging(api, sinks, plan, home / "alertmanager.yml")


def _secrets(files: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(f"monitoring/alertmanager/{path}", content) for path, content in files]


def _fast(plan: Plan) -> Plan:
    wait, interval = (Duration(int(seconds * 1000)) for seconds in (GROUP_WAIT, GROUP_INTERVAL))

    def fast(route: PlannedRoute) -> PlannedRoute:
        return replace(route, group_wait=wait, group_interval=interval)

    routing = plan.routing
    routes = tuple(map(fast, routing.routes))
    return replace(plan, routing=replace(routing, fallback=fast(routing.fallback), routes=routes))
