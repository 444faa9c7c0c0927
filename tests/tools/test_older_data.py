"""Data that an old Prometheus wrote, a block and the log of the last seconds, is read by the one that is pinned."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conftest import need_tool
from watchkeeper.local_http import NoAnswer, get, get_json
from watchkeeper.stack.ports.free_ports import free_ports

pytestmark = pytest.mark.tools
_OLD = "WATCHKEEPER_OLD_PROMTOOL"
_PATIENCE = 60
_CONFIG = """\
global: {scrape_interval: 250ms, scrape_timeout: 250ms}
scrape_configs: [{job_name: prometheus, static_configs: [{targets: ["127.0.0.1:%d"]}]}]
"""


@contextmanager
def serving(program: str, folder: Path) -> Iterator[str]:
    """Run a Prometheus on the folder's data until the block ends, and give its address."""
    port = free_ports().prometheus
    (folder / "prometheus.yml").write_text(_CONFIG % port)
    options = ("--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=9d")
    with (folder / "log").open("a") as log:
        command = [program, *options, f"--web.listen-address=127.0.0.1:{port}"]
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)


def samples(server: str, selector: str, at: float) -> list[Any]:
    wanted = urlencode({"query": f"{selector}[3d]", "time": f"{at:.3f}"})
    found = get_json(f"{server}/api/v1/query?{wanted}")["data"]["result"]
    return sorted((str(one["metric"]["job"]), one["values"]) for one in found)


def within(ask: Any) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            if found := ask():
                return found
        except NoAnswer:
            pass
        time.sleep(0.1)
    pytest.fail("no answer in time")


def test_the_pinned_prometheus_reads_the_blocks_and_the_log_of_an_old_one(tmp_path: Path) -> None:
    old = os.environ.get(_OLD)
    if not old:
        pytest.skip(f"no old promtool is named: {_OLD}=$(scripts/old_promtool.sh)")
    yesterday = int(time.time()) - 86_400
    lines = [f'up{{job="block"}} {number} {yesterday + 15 * number}' for number in range(200)]
    (tmp_path / "block.txt").write_text("# TYPE up gauge\n" + "\n".join(lines) + "\n# EOF\n")
    made = [old, "tsdb", "create-blocks-from", "openmetrics", "block.txt", "data"]
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    with serving(str(Path(old).with_name("prometheus")), tmp_path) as server:
        within(lambda: sum(len(values) for _, values in samples(server, "up", time.time())) >= 204)
        at = time.time()
        before = samples(server, "up", at)
    assert [job for job, _ in before] == ["block", "prometheus"]
    with serving(need_tool("prometheus"), tmp_path) as server:
        assert within(lambda: samples(server, "up", at)) == before
        text = get(f"{server}/metrics").decode()
    assert "prometheus_tsdb_wal_corruptions_total 0" in text
    assert "prometheus_tsdb_blocks_loaded 1\n" in text or "prometheus_tsdb_blocks_loaded 2\n" in text
