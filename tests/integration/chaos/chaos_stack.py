"""The stack under chaos, and what the cases ask of it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.integration.test_native_stack import BUNDLED, Site, site
from watchkeeper.local_http import NoAnswer, get_json, request
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.native.supervisor import Supervisor

Result = TypeVar("Result")
PATIENCE = 60
# What cases that were run before leave, rightly: most of it after many of them only.
LEFT = {"PrometheusNotificationsFailing", "PrometheusWalCorrupted", "StackPartRestarts"}
SCRAPE = 1.0
# The bundled spec with seconds instead of minutes. The second alert is about the same fault, and comes later.
_LATER = (
    "  - {name: PoolStillDepleted, preset: gauge_below, metric: sandbox_pool_available, below: 2, for: 10s,"
    " severity: critical}"
)
_SPEC = (
    ("service_down, for: 2m", "service_down, for: 6s"),
    ("below: 2, for: 5m, severity: warning}", "below: 2, for: 1s, severity: critical}\n" + _LATER),
    (
        "critical: [pagerduty, slack]",
        "critical: {receivers: [pagerduty, slack], group_wait: 4s, group_interval: 10s}",
    ),
)
_QUICK = "scrape_interval: 1s\n  evaluation_interval: 1s"
# What no spec sets, shortened in the rendered files: how soon an alert is sent again, and how long nothing is stored.
_RENDERED = (
    (
        "monitoring/native/supervisord.conf",
        "--config.auto-reload\n",
        "--config.auto-reload\n  --rules.alert.resend-delay=2s\n",
    ),
    (
        "monitoring/prometheus/alerts/watchkeeper.yml",
        'absent_over_time(up{job="prometheus"}[1m])\n        for: 1m',
        'absent_over_time(up{job="prometheus"}[4s])\n        for: 1s',
    ),
)


def chaos_site(root: Path) -> Site:
    """Make the folder of the stack, with its spec."""
    spec = BUNDLED.read_text(encoding="utf-8")
    for old, new in _SPEC:
        assert old in spec, old
        spec = spec.replace(old, new)
    made = site(root, spec)
    made.edit("scrape_interval: 2s\n  evaluation_interval: 2s", _QUICK)
    return made


@dataclass(frozen=True)
class ChaosStack:
    """The running stack; `disk` is the mounted folder of Prometheus' data, None where mounting is not allowed."""

    site: Site
    disk: Path | None

    @cached_property
    def urls(self) -> dict[str, str]:
        """Return the addresses of its parts."""
        found: dict[str, str] = self.site.status()[1]["urls"]
        return {name: url.rstrip("/") for name, url in found.items()}

    @property
    def supervisor(self) -> Supervisor:
        """Return its process manager."""
        return Supervisor(self.site.state)

    @property
    def sinks(self) -> SinkClient:
        """Return what received its notifications."""
        return SinkClient(self.urls["Sinks"])

    def hurry(self) -> None:
        """Shorten what the spec cannot, and let Prometheus start with it."""
        for path, old, new in _RENDERED:
            file = self.site.root / path
            text = file.read_text(encoding="utf-8")
            assert old in text, (path, old)
            file.write_text(text.replace(old, new), encoding="utf-8")
        assert self.supervisor.update() == {"prometheus"}
        self.await_fresh_samples()

    def pid(self, name: str) -> int:
        """Return the process of a part, 0 while there is none."""
        return self.supervisor.programs()[name].pid

    def kill(self, name: str) -> None:
        """Kill a part as a crash would, and wait until another process has taken its place."""
        before = self.pid(name)
        os.kill(before, signal.SIGKILL)
        self.until(lambda: self.pid(name) not in (before, 0))

    def restart(self, name: str) -> None:
        """Stop and start a part."""
        self.supervisor.stop(name)
        self.supervisor.start(name)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the result of an instant query."""
        found: list[dict[str, Any]] = get_json(
            f"{self.urls['Prometheus']}/api/v1/query?{urlencode({'query': query})}"
        )["data"]["result"]
        return found

    def number(self, query: str) -> float:
        """Return the one number that a query gives."""
        (only,) = self.ask(query)
        return float(only["value"][1])

    def samples(self, since: float, until: float) -> list[tuple[float, str]]:
        """Return the scrapes of the demo between two moments of Prometheus' clock: time and value."""
        wanted = {"query": f'up{{job="helloagents"}}[{int(until - since) + 1}s]', "time": f"{until:.3f}"}
        answer = get_json(f"{self.urls['Prometheus']}/api/v1/query?{urlencode(wanted)}")["data"]["result"]
        return [(float(at), value) for series in answer for at, value in series["values"] if at >= since]

    def firing(self) -> set[str]:
        """Return the alerts that fire now, except the Watchdog; asks the rules, which need no stored sample."""
        groups = get_json(f"{self.urls['Prometheus']}/api/v1/rules?type=alert")["data"]["groups"]
        rules = (rule for group in groups for rule in group["rules"])
        return {rule["name"] for rule in rules if rule["state"] == "firing"} - {"Watchdog"}

    def pages(self, since: float) -> list[str]:
        """Return the alerts of each page since a moment: what PagerDuty got that is firing, without what is left."""
        got = self.sinks.deliveries(since=since, channel="pagerduty")
        return [",".join(one.alerts) for one in got if one.status == "firing" and not LEFT & set(one.alerts)]

    def await_page(self, alert: str, since: float) -> Delivery:
        """Return the page about an alert."""
        return self._await(alert, "firing", since)

    def await_resolved(self, alert: str, since: float) -> Delivery:
        """Return the message that the alert is over."""
        return self._await(alert, "resolved", since)

    def _await(self, alert: str, status: str, since: float) -> Delivery:
        return self.sinks.wait_for(
            lambda one: one.channel == "pagerduty" and one.status == status and alert in one.alerts,
            timeout=PATIENCE,
            since=since,
        )

    def await_fresh_samples(self) -> None:
        """Wait until the demo is scraped and stored as often as it should be, from now on."""
        now = self.until(lambda: self.number("vector(time())"))
        self.until(lambda: len(self.samples(now, self.number("vector(time())"))) >= 2)

    def set_fault(self, **faults: object) -> None:
        """Break the demo."""
        demo = self.urls["Demo"].removesuffix("/docs")
        assert request(f"{demo}/faults", method="POST", document=faults).is_success

    def heal(self) -> None:
        """Repair the demo."""
        assert request(f"{self.urls['Demo'].removesuffix('/docs')}/faults", method="DELETE").is_success

    def problems(self) -> str:
        """Return the problems that `watchkeeper status` names."""
        return "\n".join(self.site.status()[1]["problems"])

    def until(self, seen: Callable[[], Result], *, seconds: float = PATIENCE) -> Result:
        """Ask until the answer is true, and return it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                if answer := seen():
                    return answer
            except (NoAnswer, ValueError):
                answer = None
            assert time.monotonic() < deadline, f"not within {seconds:g} s; firing: {self.firing()}"
            time.sleep(0.2)
