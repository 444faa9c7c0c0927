"""The real Alertmanager with the rendered receivers and texts, which posts to the sinks at once."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.loading import load_spec
from tests.unit.sinks.running_sinks import RunningSinks, running_sinks
from tests.unit.sinks.test_sinks_alertmanager import running_alertmanager
from watchkeeper.backends import alertmanager
from watchkeeper.pipeline import plan_of
from watchkeeper.sinks.delivery import Channel, Delivery, Status
from watchkeeper.stack.redirect import Sinks, redirect_all

SPEC = Path(__file__).parent / "spec.yml"
EXTERNAL_URL = "http://monitoring.example.com:9093"


@dataclass(frozen=True)
class Notifier:
    """Alerts in, messages out."""

    api: str
    sinks: RunningSinks

    def post(self, *alerts: Mapping[str, Any]) -> None:
        """Hand alerts to Alertmanager as Prometheus does."""
        body = json.dumps(alerts).encode()
        request = urllib.request.Request(
            f"{self.api}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(request, timeout=10).close()

    def alerts(self, matchers: Sequence[str]) -> list[dict[str, Any]]:
        """Return the alerts that Alertmanager finds for all of the matchers."""
        query = urlencode([("filter", matcher) for matcher in matchers])
        with urllib.request.urlopen(f"{self.api}/api/v2/alerts?{query}", timeout=10) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def wait(self, channel: Channel, status: Status, *texts: str) -> Delivery:
        """Return the first message of one kind and status that contains all of the texts."""
        return self.sinks.client.wait_for(
            lambda item: (
                (item.channel, item.status) == (channel, status)
                and all(text in json.dumps(dict(item.raw)) for text in texts)
            ),
            timeout=60,
        )


@contextlib.contextmanager
def notifier(folder: Path, binary: str) -> Iterator[Notifier]:
    """Run both; every alert's group is sent after a fraction of a second, to a receiver of every kind."""
    with running_sinks(folder) as sinks:
        config = _configure(folder, Sinks(http=sinks.http, smtp=sinks.smtp))
        options = (f"--web.external-url={EXTERNAL_URL}", "--web.route-prefix=/")
        with running_alertmanager(config, binary, *options) as api:
            yield Notifier(api, sinks)


def _configure(folder: Path, sinks: Sinks) -> Path:
    spec, _ = load_spec(SPEC)
    local = redirect_all(spec.notify, sinks)
    files = alertmanager.render(plan_of(replace(spec, notify=local.notify), SPEC))
    for path, text in (
        *files.items(),
        *((f"monitoring/alertmanager/{path}", text) for path, text in local.files),
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    config = folder / "monitoring" / "alertmanager" / "alertmanager.yml"
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    everyone = max(document["receivers"], key=len)
    document["route"] = {
        "receiver": everyone["name"],
        "group_by": ["alertname", "service"],
        "group_wait": "300ms",
        "group_interval": "300ms",
        "repeat_interval": "1h",
    }
    document.pop("inhibit_rules", None)
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    return config


def alert(
    service: str, *, annotations: Mapping[str, str], ends: str | None = None, **labels: str
) -> dict[str, Any]:
    """Return an alert of a service as Prometheus sends it."""
    posted: dict[str, Any] = {
        "labels": {
            "alertname": "ShopAvailabilityFastBurn",
            "service": service,
            "severity": "critical",
            "team": "payments",
            "slo": "availability",
            "environment": "production",
            **labels,
        },
        "annotations": dict(annotations),
        "startsAt": "2026-03-01T10:00:00Z",
        "generatorURL": "http://prometheus/graph",
    }
    # An alert without an end is over some minutes after its last post.
    return posted | ({"endsAt": ends} if ends else {})


def strings(value: object) -> Sequence[str]:
    """Return every text within a message."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in strings(item)]
    return [text for item in value for text in strings(item)] if isinstance(value, (list, tuple)) else []
