"""Backup, loss of everything and restore of the real native stack: all is equal after it, and nobody is paged again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.conftest import need_tool
from tests.integration.test_native_stack import BUNDLED, Site, site
from watchkeeper.alertmanager_api import Matcher, Silence, add_silence, post_alerts, silences
from watchkeeper.local_http import get_json
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.processes import end_processes, marked

pytestmark = pytest.mark.integration

FIRES = """\
  - name: AlwaysFires
    expr: max(up) == 1
    for: 4s
    severity: critical
    proof: {fires: [{series: 'up{job="a"}', values: 1x9}], silent: [{series: 'up{job="a"}', values: 0x9}]}
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
    took: float = 0.0
    samples: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, running, with one alert that fires at once."""
    for name in TOOLS:
        need_tool(name)
    spec = BUNDLED.read_text(encoding="utf-8").replace("\nalerts:\n", f"\nalerts:\n{FIRES}")
    made = site(tmp_path_factory.mktemp("backup") / "shop", spec)
    done = made.up()
    try:
        assert done.returncode == 0, done.stderr
        yield made
    finally:
        made.run("down", "--volumes")
        end_processes(made.state, term_seconds=0)


@pytest.fixture(scope="module")
def seen(place: Site, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Give what a paged, silenced, busy stack answered, after a backup while it ran."""
    urls = place.status()[1]["urls"]
    sinks = SinkClient(urls["Sinks"])
    sinks.wait_for(lambda one: "AlwaysFires" in one.alerts, timeout=PATIENCE)
    now = time.time()
    matchers = (Matcher("alertname", "=", "Planned"), Matcher("team", "=~", "a|b"))
    add_silence(urls["Alertmanager"], Silence("", matchers, now, now + 7200, "me", "work on the roof"))
    traces = within(PATIENCE, lambda: some_traces(urls["Jaeger"]))
    at = time.time() - 3
    backup = tmp_path_factory.mktemp("elsewhere") / "stack.tar"
    done = place.run("backup", "--out", str(backup), "--format", "json")
    assert done.returncode == 0, done.stderr
    return Seen(
        at=at,
        urls=urls,
        answers={query: answer(urls["Prometheus"], query, at) for query in QUERIES},
        silences=sorted(silences(urls["Alertmanager"]), key=lambda one: one.id),
        traces=traces,
        paged=sum("AlwaysFires" in one.alerts for one in sinks.deliveries()),
        backup=backup,
        took=json.loads(done.stdout)["seconds"],
        samples=get_json(f"{urls['Prometheus']}/api/v1/query?" + urlencode({"query": "up[5m]"}))["data"],
    )


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


def test_a_backup_of_the_running_stack_misses_no_scrape_and_no_evaluation(place: Site, seen: Seen) -> None:
    assert seen.answers["ALERTS"]
    assert len(seen.answers['sum by (__name__) ({__name__!=""})']) > 300
    assert seen.took < 40
    for series in seen.samples["result"]:
        times = [float(when) for when, _ in series["values"]]
        assert len(times) > 5
        assert max(later - earlier for earlier, later in pairwise(times)) < 3.5, series["metric"]
    missed = answer(
        seen.urls["Prometheus"], "sum(prometheus_rule_group_iterations_missed_total)", time.time()
    )
    assert [value for _, value in missed] == ["0"]


def test_status_knows_the_last_backup_which_only_its_owner_may_read(place: Site, seen: Seen) -> None:
    last = place.status()[1]["last_backup"]
    size = seen.backup.stat().st_size
    assert (last["path"], last["is_there"], last["bytes"]) == (str(seen.backup), True, size)
    assert seen.backup.stat().st_mode & 0o777 == 0o600


def test_a_running_stack_is_not_restored(place: Site, seen: Seen) -> None:
    before = [each.pid for each in marked(place.state)]
    done = place.run("restore", str(seen.backup), "--replace")
    assert done.returncode == 2
    assert done.stderr == "error: the stack is running: stop it with `watchkeeper down` first\n"
    assert [each.pid for each in marked(place.state)] == before


def test_after_the_loss_of_everything_all_is_equal_and_nobody_is_notified_again(
    place: Site, seen: Seen
) -> None:
    assert place.run("down", "--volumes").returncode == 0
    tried = place.run("restore", str(seen.backup), "--dry-run")
    assert (tried.returncode, tried.stderr) == (0, ""), tried.stderr
    assert "nothing was changed" in tried.stdout
    assert not (place.state.folder / "data").exists()
    done = place.run("restore", str(seen.backup))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    started = place.up()
    assert started.returncode == 0, started.stderr
    urls = seen.urls
    assert {query: answer(urls["Prometheus"], query, seen.at) for query in QUERIES} == seen.answers
    assert sorted(silences(urls["Alertmanager"]), key=lambda one: one.id) == seen.silences
    assert {key: trace_of(urls["Jaeger"], key) for key in seen.traces} == seen.traces
    assert "corruption" not in place.state.log("prometheus").read_text(encoding="utf-8")
    # The alert fires, and as long after it as its own group waits, another one arrives: it would have, too.
    within(PATIENCE, lambda: answer(urls["Prometheus"], 'ALERTS{alertname="AlwaysFires"}', time.time()))
    fires = f"{urls['Alertmanager'].rstrip('/')}/api/v2/alerts?filter=" + quote('alertname="AlwaysFires"')
    within(PATIENCE, lambda: get_json(fires))
    labels = {"alertname": "Another", "severity": "critical", "service": "helloagents", "team": "platform"}
    post_alerts(urls["Alertmanager"], [{"labels": labels}])
    sinks = SinkClient(urls["Sinks"])
    sinks.wait_for(lambda one: "Another" in one.alerts, timeout=PATIENCE)
    assert seen.paged >= 1
    assert [one for one in sinks.deliveries() if "AlwaysFires" in one.alerts] == []


def trace_of(jaeger: str, key: str) -> list[tuple[str, int, int]]:
    return spans(get_json(f"{jaeger.rstrip('/')}/api/traces/{key}")["data"][0])
