"""Several worker processes answer /metrics as one, also after some of them have ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..workers import ROOT, environment, run

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="worker processes are forked here")


def test_what_all_workers_counted_is_added_up(tmp_path: Path) -> None:
    run(tmp_path, """
    for number in range(3):
        ended(forked(lambda: [call(app, "/hello/x") for _ in range(5)]))
    call(app, "/hello/x")
    found = samples()
    assert found[HELLO] == 16, found
    assert found[COUNT] == 16
    assert found['theirs_total{label="x"}'] == 16
    assert found["http_requests_in_progress"] == 0
    """)  # fmt: skip


def test_the_values_are_those_of_prometheus_clients_own_collector(tmp_path: Path) -> None:
    run(tmp_path, """
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

    ended(forked(lambda: [call(app, "/hello/x"), call(app, "/pool/3")]))
    call(app, "/hello/y"), call(app, "/pool/4"), call(app, "/nothing")
    registry = CollectorRegistry()
    MultiProcessCollector(registry)

    def sorted_lines(text, but=()):
        return sorted(line for line in text.splitlines() if line.strip() and not line.startswith(("#", *but)))

    for accept, encode in (("text/plain", generate_latest), ("application/openmetrics-text", openmetrics)):
        ours = scraped(accept)
        theirs = encode(registry).decode()
        readings = ("system_", "process_", "sandbox_pool_available", "instrumentation_folded")
        assert sorted_lines(ours, readings) == sorted_lines(theirs, readings)
    """)  # fmt: skip


def test_every_family_has_its_help_and_type_once_also_without_series(tmp_path: Path) -> None:
    run(tmp_path, """
    text = scraped()
    kinds = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(kinds) == len(set(kinds)), kinds
    assert {"http_requests_total", "sandbox_pool_available", "system_memory_total_bytes", "theirs_total"} <= set(kinds)
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
    assert "http_requests" in {family.name for family in parse(scraped("application/openmetrics-text"))}
    """)  # fmt: skip


def test_a_gauge_is_the_sum_of_the_workers_that_live_and_absent_until_it_is_set(tmp_path: Path) -> None:
    run(tmp_path, """
    assert "sandbox_pool_available" not in samples()
    release, ready = os.pipe(), os.pipe()

    def work():
        call(app, "/pool/3")
        os.write(ready[1], b"x")
        os.read(release[0], 1)

    pid = forked(work)
    os.read(ready[0], 1)
    call(app, "/pool/4")
    assert samples()["sandbox_pool_available"] == 7
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    assert samples()["sandbox_pool_available"] == 4
    """)  # fmt: skip


def test_requests_that_a_killed_worker_was_answering_are_not_in_progress(tmp_path: Path) -> None:
    run(tmp_path, """
    ready = os.pipe()

    async def hanging():
        request = asyncio.ensure_future(acall(app, "/endless"))
        await asyncio.sleep(0.05)
        os.write(ready[1], b"x")
        await request

    pid = forked(lambda: asyncio.run(hanging()))
    os.read(ready[0], 1)
    assert samples()["http_requests_in_progress"] == 1
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    assert samples()["http_requests_in_progress"] == 0
    """)  # fmt: skip


def test_a_hundred_restarts_leave_as_many_files_as_one(tmp_path: Path) -> None:
    run(tmp_path, """
    sizes = []
    for number in range(100):
        ended(forked(lambda: call(app, "/hello/x")))
        if number % 10 == 9:
            assert samples()[HELLO] == number + 1
            sizes.append((len(list(folder.iterdir())), sum(each.stat().st_size for each in folder.glob("*.db"))))
    assert len(set(sizes[1:])) == 1, sizes
    """)  # fmt: skip


def test_memory_and_cpu_are_those_of_all_workers_and_cpu_never_falls(tmp_path: Path) -> None:
    run(tmp_path, """
    release, ready = os.pipe(), os.pipe()

    def work():
        sum(range(30_000_000))
        call(app, "/hello/x")
        os.write(ready[1], b"x")
        os.read(release[0], 1)

    call(app, "/hello/x")
    alone = samples()
    pid = forked(work)
    os.read(ready[0], 1)
    both = samples()
    assert both["process_resident_memory_bytes"] > 1.5 * alone["process_resident_memory_bytes"]
    assert both["process_cpu_seconds_total"] > alone["process_cpu_seconds_total"] + 0.1
    assert both["process_memory_limit_bytes"] == alone["process_memory_limit_bytes"]
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    after = samples()
    assert after["process_resident_memory_bytes"] < both["process_resident_memory_bytes"]
    assert after["process_cpu_seconds_total"] >= both["process_cpu_seconds_total"]
    """)  # fmt: skip


def test_empty_and_damaged_files_spoil_nothing(tmp_path: Path) -> None:
    said = run(tmp_path, """
    call(app, "/hello/x")
    word = lambda number: number.to_bytes(4, "little")
    for name, content in {
        "counter_999999.db": b"", "histogram_1.db": b"", "counter_1.db": bytes([255]) * 100, "odd.db": b"x",
        "histogram_999998.db": b"abc", "gauge_livesum_999997.db": bytes(70000), "gauge_.db": b"",
        "counter_999996.db": word(5000) + bytes(200),
        "counter_999995.db": word(64) + bytes(4) + word(9) + b"not json!" + bytes(60),
    }.items():
        (folder / name).write_bytes(content)
    for _ in range(2):
        assert samples()[HELLO] == 1
    assert not (folder / "counter_999999.db").exists()
    call(app, "/hello/x")
    assert samples()[HELLO] == 2
    """)  # fmt: skip
    assert said.count("Traceback") <= 8  # each file is told of once


def test_an_interrupted_adding_up_counts_nothing_twice(tmp_path: Path) -> None:
    run(tmp_path, """
    ended(forked(lambda: [call(app, "/hello/x") for _ in range(3)]))
    unlink, kept = Path.unlink, []

    def interrupted(path, *args, **options):
        if path.suffix == ".db":
            raise KeyboardInterrupt
        unlink(path, *args, **options)

    from backend_instrumentation.multiprocess import worker_files
    from backend_instrumentation.guard import Guard
    Path.unlink = interrupted
    try:
        worker_files.fold(folder, Guard(lambda: None))
    except KeyboardInterrupt:
        kept = sorted(each.name for each in folder.glob("counter_*.db"))
    Path.unlink = unlink
    assert len(kept) == 3, kept  # ours, the ended one's and the sum
    assert samples()[HELLO] == 3
    ended(forked(lambda: call(app, "/hello/x")))
    assert samples()[HELLO] == 4
    """)  # fmt: skip


def test_another_process_with_the_number_of_an_ended_worker_is_not_that_worker(tmp_path: Path) -> None:
    run(tmp_path, """
    call(app, "/hello/x"), call(app, "/pool/9")
    for path in folder.glob(f"*_{os.getpid()}.db"):
        path.rename(folder / path.name.replace(str(os.getpid()), "1"))
    (folder / "worker_1.start").write_text("1234567890123")
    found = samples()
    assert found[HELLO] == 1
    assert found.get("sandbox_pool_available") is None, found
    assert not (folder / "counter_1.db").exists()
    """)  # fmt: skip


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk"
)
def test_a_full_disk_is_an_error_and_kills_nobody(tmp_path: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=320k", "none", tmp_path], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("no small disk can be mounted here")
    try:
        run(tmp_path, """
        assert call(app, "/hello/x").status == 200
        failed = 0
        for number in range(2000):
            answer = call(app, f"/hello/{'y' * 50}{number}")
            failed += isinstance(answer.raised, OSError)
        assert 0 < failed < 2000, failed  # the service's own metric was refused, by an error
        for _ in range(3):
            assert call(app, "/hello/x").status == 200
        found = samples()
        assert found['theirs_total{label="x"}'] == 4
        assert found[HELLO] >= 4
        """)  # fmt: skip
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=False)


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    # The service's own metrics need it on import: only those that are made later can profit.
    folder = tmp_path / "missing" / "too"
    code = (
        "from starlette.applications import Starlette; from backend_instrumentation import instrument;"
        "from tests.instrumentation.asgi_driver import call; app = Starlette(); instrument(app); call(app, '/nothing');"
        "assert b'__unmatched__' in call(app, '/metrics').body"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(folder), cwd=ROOT, check=True, timeout=60)
    assert list(folder.glob("counter_*.db"))


def test_a_folder_that_cannot_be_used_leaves_each_worker_to_itself(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    code = (
        "from starlette.applications import Starlette; from backend_instrumentation import instrument;"
        "from tests.instrumentation.asgi_driver import call; app = Starlette(); instrument(app); call(app, '/nothing');"
        "assert b'__unmatched__' in call(app, '/metrics').body"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path / "file" / "folder"),
        cwd=ROOT,
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert done.stderr.count("every worker answers /metrics for itself alone") == 1
