"""A real VictoriaMetrics with vmalert: what the rules of the target record, against requests that are counted.

Neither is one of the tools that tests may demand. In a module that requires VictoriaMetrics v1.150.0:

    CGO_ENABLED=0 go build github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics
    CGO_ENABLED=0 go build github.com/VictoriaMetrics/VictoriaMetrics/app/vmalert
    WATCHKEEPER_VICTORIA=. pytest tests/tools/test_vmalert.py
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

from tests.loading import load_plan
from tests.tools.cluster import Cluster, alertmanager, alerts, sink
from tests.truth.server import Counting, free_port, serving
from watchkeeper.local_http import get
from watchkeeper.pipeline import render_target
from watchkeeper.prometheus_api import instant

pytestmark = pytest.mark.tools
VICTORIA = os.environ.get("WATCHKEEPER_VICTORIA", "")
OWN = '{slo_id="shop-availability"}'
PAGE = "ShopAvailabilityFastBurn"
SPEC = """version: watchkeeper/v1
service: shop
slos: [{name: availability, objective: 99.9%, sli: {availability: http}}]
notify:
  receivers: {hook: {type: webhook, url_file: URL}}
  routes: {critical: [hook], warning: [hook]}
"""
Running = tuple[Cluster, Counting, str, list[dict[str, Any]]]


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[Running]:
    """Yield the running processes, the service's counters, the address of VictoriaMetrics, and what was notified."""
    if not VICTORIA:
        pytest.skip("WATCHKEEPER_VICTORIA names no folder with victoria-metrics and vmalert")
    counting, programs = Counting(), Path(VICTORIA).absolute()
    with ExitStack() as stack:
        target = stack.enter_context(serving(counting))
        url, received = stack.enter_context(sink())
        cluster = Cluster(tmp_path)
        stack.callback(cluster.stop)
        notified = alertmanager(cluster, SPEC, url)
        (tmp_path / "rules").mkdir()
        for name, text in render_target(load_plan(tmp_path / "spec.yml"), "vmalert").items():
            (tmp_path / "rules" / name).write_text(text)
        static = {"targets": [f"127.0.0.1:{target}"], "labels": {"service": "shop"}}
        job = {"job_name": "shop", "static_configs": [static]}
        scrapes = {"global": {"scrape_interval": "15s"}, "scrape_configs": [job]}
        (tmp_path / "scrapes.yml").write_text(yaml.safe_dump(scrapes))
        address = f"127.0.0.1:{free_port()}"
        cluster.start(
            "victoria-metrics", str(programs / "victoria-metrics"), f"-storageDataPath={tmp_path / 'data'}",
            f"-httpListenAddr={address}", "-promscrape.config=scrapes.yml",
        )  # fmt: skip
        cluster.wait("victoria-metrics", lambda: get(f"http://{address}/health"))
        cluster.start(
            "vmalert", str(programs / "vmalert"), "-rule=rules/*.yml", f"-datasource.url=http://{address}",
            f"-remoteWrite.url=http://{address}", f"-remoteRead.url=http://{address}", f"-notifier.url=http://{notified}",
            "-remoteWrite.flushInterval=500ms", "-disableAlertgroupLabel", f"-httpListenAddr=127.0.0.1:{free_port()}",
        )  # fmt: skip
        yield cluster, counting, f"http://{address}", received


def _value(address: str, query: str) -> float:
    return next((float(one.value) for one in instant(address, query)), -1.0)


@pytest.mark.timeout(1_200)
def test_counted_requests_are_what_the_rules_record_and_the_page_comes_in_time(victoria: Running) -> None:
    cluster, counting, address, received = victoria
    now, stopped = {"code": "200"}, threading.Event()

    def traffic() -> None:
        while not stopped.wait(0.1):
            counting.add(now["code"], 10)

    threading.Thread(target=traffic, daemon=True).start()
    try:
        ratio = f"slo:error_ratio:5m{OWN}"
        # Its first evaluation, the 30 seconds by which queries are late, and one more evaluation.
        cluster.wait("the rules read what they recorded", lambda: _value(address, ratio) == 0, 150)
        assert alerts(received, "firing", PAGE) == []
        before, began = counting.values["503"], time.monotonic()
        now["code"] = "503"
        cluster.wait("the page", lambda: alerts(received, "firing", PAGE), 180)
        paged = time.monotonic() - began
        time.sleep(max(0.0, 120 - paged))
        now["code"] = "200"
        failed = counting.values["503"] - before
        # Until no window that an evaluation reads has a failed request, and queries show it.
        time.sleep(75 + 30 + 30 + 10)
        bad = _value(address, f"sum_over_time(slo:bad:rate_base{OWN}[1h]) * 30")
        hour = _value(address, f"slo:error_ratio:1h{OWN}")
        counted = _value(address, f"count_over_time(slo:total:rate_base{OWN}[1h])")
        total = _value(address, f"sum_over_time(slo:total:rate_base{OWN}[1h]) * 30")
        wanted = 1 - bad / total * counted / 120 / 6 / 120 / 0.001
        budget = f"slo:error_budget:remaining_ratio{OWN}"
        # The budget reads rollups, whose next one comes within five minutes.
        cluster.wait("the budget", lambda: abs(_value(address, budget) - wanted) <= 0.01, 360)
        left = _value(address, budget)
    finally:
        stopped.set()
    print(
        f"page after {paged:.0f} s; {bad:.1f} of {failed} bad requests; {hour=} {counted=} {total=} {left=}"
    )
    # 1.44% of the hour's requests have failed after 52 s; a request is counted whole at the evaluations of 75 s.
    assert paged <= 52 + 100
    assert bad == pytest.approx(failed, rel=0.02)
    assert hour == pytest.approx(bad / total * counted / 120, rel=0.06)
    assert left == pytest.approx(wanted, abs=0.01)
    assert [len(one["alerts"]) for one in alerts(received, "firing", PAGE)] == [1]
