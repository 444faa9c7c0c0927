"""A real Thanos: two Prometheus replicas with sidecars, a Query that deduplicates, a ruler with the rendered rules.

One replica is killed in the middle of an outage: there is one page, and the recorded series have no gap.
Thanos takes minutes to build, so it is not one of the tools that tests may demand. In a module that requires v0.40.1,
with its `replace` lines (without the tag slicelabels its Query panics):

    CGO_ENABLED=0 go build -tags slicelabels,netgo github.com/thanos-io/thanos/cmd/thanos
    WATCHKEEPER_THANOS=./thanos pytest tests/tools/test_thanos_replicas.py
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import need_tool
from tests.loading import load_plan
from tests.tools.cluster import Cluster, alertmanager, alerts, sink
from tests.truth.server import Counting, free_port, serving
from watchkeeper.local_http import get
from watchkeeper.pipeline import render_target
from watchkeeper.prometheus_api import instant, over_time

pytestmark = pytest.mark.tools
THANOS = os.environ.get("WATCHKEEPER_THANOS", "")
SPEC = """version: watchkeeper/v1
service: shop
slos: [{name: availability, objective: 99%, sli: {availability: http}}]
alerts: [{preset: error_ratio, name: Failing, above: 5%, for: 10s, severity: critical}]
stack: {scrape_interval: 1s, evaluation_interval: 1s}
notify:
  receivers: {hook: {type: webhook, url_file: URL}}
  routes: {critical: [hook], warning: [hook]}
"""


def _replica(cluster: Cluster, name: str, target: int) -> str:
    """Start a Prometheus with its sidecar and return the sidecar's gRPC address."""
    config = {
        "global": {"scrape_interval": "1s", "external_labels": {"replica": name}},
        "scrape_configs": [
            {
                "job_name": "shop",
                "static_configs": [{"targets": [f"127.0.0.1:{target}"], "labels": {"service": "shop"}}],
            }
        ],
    }
    (cluster.folder / f"{name}.yml").write_text(yaml.safe_dump(config))
    web, grpc = free_port(), free_port()
    data = cluster.folder / f"data-{name}"
    cluster.start(
        f"prometheus-{name}", need_tool("prometheus"), f"--config.file={name}.yml", f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{web}", "--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h",
    )  # fmt: skip
    cluster.wait(f"prometheus {name}", lambda: get(f"http://127.0.0.1:{web}/-/ready"))
    cluster.start(
        f"sidecar-{name}", THANOS, "sidecar", f"--prometheus.url=http://127.0.0.1:{web}", f"--tsdb.path={data}",
        f"--grpc-address=127.0.0.1:{grpc}", f"--http-address=127.0.0.1:{free_port()}",
    )  # fmt: skip
    return f"127.0.0.1:{grpc}"


@pytest.fixture
def thanos(tmp_path: Path) -> Iterator[tuple[Cluster, Counting, str, list[dict[str, Any]]]]:
    """Yield the running processes, the service's counters, the address of the Query, and what was notified."""
    if not THANOS:
        pytest.skip("WATCHKEEPER_THANOS names no thanos")
    counting = Counting()
    with ExitStack() as stack:
        target = stack.enter_context(serving(counting))
        url, received = stack.enter_context(sink())
        cluster = Cluster(tmp_path)
        stack.callback(cluster.stop)
        sidecars = [_replica(cluster, name, target) for name in ("a", "b")]
        notified = alertmanager(cluster, SPEC, url)
        rules = tmp_path / "rules"
        rules.mkdir()
        for name, text in render_target(load_plan(tmp_path / "spec.yml"), "thanos").items():
            (rules / name).write_text(text)
        query, ruler = free_port(), free_port()
        cluster.start(
            "query", THANOS, "query", *(f"--endpoint={one}" for one in (*sidecars, f"127.0.0.1:{ruler}")),
            "--query.replica-label=replica", f"--http-address=127.0.0.1:{query}", f"--grpc-address=127.0.0.1:{free_port()}",
            "--endpoint.info-timeout=2s",
        )  # fmt: skip
        cluster.start(
            "rule", THANOS, "rule", f"--data-dir={tmp_path / 'ruler'}", f"--rule-file={rules}/*.yml",
            f"--query=http://127.0.0.1:{query}", f"--alertmanagers.url=http://{notified}", "--eval-interval=1s",
            f"--grpc-address=127.0.0.1:{ruler}", f"--http-address=127.0.0.1:{free_port()}",
            '--label=ruler="one"', "--alert.label-drop=ruler",
        )  # fmt: skip
        yield cluster, counting, f"http://127.0.0.1:{query}", received


def test_a_replica_killed_in_mid_outage_is_no_second_page_and_no_gap(
    thanos: tuple[Cluster, Counting, str, list[dict[str, Any]]],
) -> None:
    cluster, counting, query, received = thanos
    now = {"code": "200"}
    stopped = threading.Event()

    def traffic() -> None:
        while not stopped.wait(0.1):
            counting.add(now["code"], 10)

    threading.Thread(target=traffic, daemon=True).start()
    try:
        recorded = 'slo:error_ratio:5m{slo_id="shop-availability"}'
        cluster.wait("the ruler reads what it recorded", lambda: instant(query, recorded))
        time.sleep(15)
        assert alerts(received, "firing") == []
        began, now["code"] = time.time(), "503"
        time.sleep(6)
        cluster.kill("prometheus-a", "sidecar-a")
        cluster.wait("the page", lambda: alerts(received, "firing"))
        time.sleep(20)
        now["code"] = "200"
        cluster.wait("the end of it", lambda: alerts(received, "resolved"))
        ended = time.time()
    finally:
        stopped.set()
    # Alertmanager notifies again only of a group that changed: a second alert of another replica would be such a change.
    assert [len(one["alerts"]) for one in alerts(received, "firing")] == [1]
    assert [len(one["alerts"]) for one in alerts(received, "resolved")] == [1]
    (page,) = alerts(received, "firing")
    assert {"replica", "ruler"}.isdisjoint(page["alerts"][0]["labels"])
    # The ruler evaluates each second; a Query that waits for a dead store would leave some out.
    (base,) = over_time(
        query, 'slo:bad:rate_base{slo_id="shop-availability"}', start=began + 5, end=ended - 2, step=1
    )
    assert len(base.points) >= (ended - began - 7) * 0.95
    assert max(value for _, value in base.points) > 10
