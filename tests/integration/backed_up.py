"""What a stack answers before its loss and must answer again after a restore, as processes or in containers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from watchkeeper.alertmanager_api import Matcher, Silence, add_silence, silences
from watchkeeper.local_http import get_json
from watchkeeper.sinks.sink_client import SinkClient

# Whatever `up` is: on a busy machine a scrape may take too long after a restart.
FIRES = """\
  - name: AlwaysFires
    expr: count(up) > 0
    for: 4s
    severity: critical
    proof: {fires: [{series: 'up{job="a"}', values: 1x9}], silent: [{series: 'up{job="a"}', values: _x9}]}
"""
PATIENCE = 90
# At one moment of the past: every series there is with its value, and answers that need many samples.
QUERIES = (
    'count({__name__!=""})',
    'sum by (__name__) ({__name__!=""})',
    "sum by (handler, status) (rate(http_requests_total[20s]))",
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[20s])))",
    "count_over_time(up[1m])",
    "ALERTS",
    "ALERTS_FOR_STATE",
)


@dataclass
class Seen:
    """What the stack answered before its loss, and the backup of it."""

    at: float
    urls: dict[str, str]
    answers: dict[str, Any]
    silences: list[Silence]
    traces: dict[str, Any]
    paged: int
    backup: Path
    took: float
    samples: dict[str, Any]
    notes: list[str]


class Place(Protocol):
    """A folder with a running stack."""

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of watchkeeper there."""

    def status(self) -> tuple[int, dict[str, Any]]:
        """Return what `status` exits with and shows."""


def backed_up(place: Place, backup: Path, traces: Callable[[str], dict[str, Any]]) -> Seen:
    """Back up a paged, silenced, busy stack while it runs, and return what it answered; `traces` asks its Jaeger."""
    urls = place.status()[1]["urls"]
    sinks = SinkClient(urls["Sinks"])
    sinks.wait_for(lambda one: "AlwaysFires" in one.alerts, timeout=PATIENCE)
    now = time.time()
    matchers = (Matcher("alertname", "=", "Planned"), Matcher("team", "=~", "a|b"))
    add_silence(urls["Alertmanager"], Silence("", matchers, now, now + 7200, "me", "work on the roof"))
    found = traces(urls["Jaeger"])
    at = time.time() - 3
    done = place.run("backup", "--out", str(backup), "--format", "json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return Seen(
        at=at,
        urls=urls,
        answers={query: answer(urls["Prometheus"], query, at) for query in QUERIES},
        silences=listed_silences(urls),
        traces=found,
        paged=sum("AlwaysFires" in one.alerts for one in sinks.deliveries()),
        backup=backup,
        took=told["seconds"],
        samples=get_json(f"{urls['Prometheus']}/api/v1/query?" + urlencode({"query": "up[5m]"}))["data"],
        notes=told["notes"],
    )


def nothing_was_missed(seen: Seen) -> None:
    """Assert that the backup took no scrape and no evaluation from the running stack."""
    assert seen.answers["ALERTS"]
    assert seen.took < 40
    for series in seen.samples["result"]:
        times = [float(when) for when, _ in series["values"]]
        assert max(later - earlier for earlier, later in pairwise(times)) < 3.5, series["metric"]
    missed = answer(
        seen.urls["Prometheus"], "sum(prometheus_rule_group_iterations_missed_total)", time.time()
    )
    assert [value for _, value in missed] == ["0"]


def all_is_equal(seen: Seen) -> None:
    """Assert that the restored stack answers as the one before it."""
    urls = seen.urls
    assert {query: answer(urls["Prometheus"], query, seen.at) for query in QUERIES} == seen.answers
    assert listed_silences(urls) == seen.silences
    assert {key: trace_of(urls["Jaeger"], key) for key in seen.traces} == seen.traces


def listed_silences(urls: dict[str, str]) -> list[Silence]:
    return sorted(silences(urls["Alertmanager"]), key=lambda one: one.id)


def within(seconds: float, ask: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""
    deadline = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < deadline, "no answer in time"
        time.sleep(0.5)
    return found


def answer(server: str, query: str, at: float) -> list[tuple[str, str]]:
    """Return every series of an answer with its value, sorted."""
    wanted = urlencode({"query": query, "time": repr(at)})
    result = get_json(f"{server}/api/v1/query?{wanted}")["data"]["result"]
    return sorted((json.dumps(one["metric"], sort_keys=True), one["value"][1]) for one in result)


def some_traces(jaeger: str) -> dict[str, Any]:
    """Return traces of the demo that are complete, by id, with each span's name, start and length."""
    end = int((time.time() - 5) * 1e6)
    wanted = urlencode({"service": "helloagents", "limit": 50, "start": end - 300_000_000, "end": end})
    found = get_json(f"{jaeger.rstrip('/')}/api/traces?{wanted}")["data"] or []
    return {one["traceID"]: spans(one) for one in found}


def spans(trace: dict[str, Any]) -> list[tuple[str, int, int]]:
    return sorted((one["operationName"], one["startTime"], one["duration"]) for one in trace["spans"])


def trace_of(jaeger: str, key: str) -> list[tuple[str, int, int]]:
    return spans(get_json(f"{jaeger.rstrip('/')}/api/traces/{key}")["data"][0])
