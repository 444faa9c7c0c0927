"""Checks run in the background; whatever one of them does, the others and the probes are not delayed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from backend_instrumentation import Instruments
from backend_instrumentation.health import Check, CheckError, CheckResult, Health, http_get, sql_ping, tcp

from .health_support import answer, free_port, running, settled, until

FAST = {"period": 0.05, "timeout": 0.5}


@pytest.fixture
def health() -> Iterator[Health]:
    made = Health()
    yield made
    made.stop()


def raises() -> None:
    raise RuntimeError("no route to postgresql://ada:hunter2@db/orders")


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def unprintable() -> None:
    raise Unprintable


def leaves() -> None:
    raise SystemExit(3)


async def passes_later() -> None:
    await asyncio.sleep(0.01)


async def fails_later() -> bool:
    await asyncio.sleep(0.01)
    return False


@pytest.mark.parametrize(
    ("run", "state", "message"),
    [
        (lambda: None, "pass", ""),
        (lambda: True, "pass", ""),
        (lambda: "warn", "warn", ""),
        (lambda: "skipped", "skipped", ""),
        (lambda: CheckResult("warn", "half full", 0.5, "1"), "warn", "half full"),
        (lambda: False, "fail", "the check returned False"),
        (lambda: {"a": 1}, "unknown", "the check returned a value of type dict"),
        (lambda: "all good", "unknown", "the check returned a value of type str"),
        (lambda: object(), "unknown", "the check returned a value of type object"),
        (raises, "fail", "RuntimeError: no route to postgresql://[redacted]@db/orders"),
        (unprintable, "fail", "Unprintable"),
        (leaves, "fail", "SystemExit: 3"),
        (passes_later, "pass", ""),
        (fails_later, "fail", "the check returned False"),
    ],
)
def test_what_a_check_returns_or_raises_becomes_its_state(
    health: Health, run: Any, state: str, message: str
) -> None:
    health.add("one", run, **FAST)
    with running(health):
        found = answer(health, "one")
    assert found.state == state
    assert found.last.message.startswith(message)
    assert bool(found.last.message) == bool(message)


def test_two_hundred_checks_of_a_second_take_less_than_two(health: Health) -> None:
    async def slow() -> None:
        await asyncio.sleep(1)

    for number in range(200):
        health.add(f"check-{number}", slow if number % 2 else lambda: time.sleep(1), timeout=5)
    before = time.monotonic()
    with running(health):
        took = time.monotonic() - before
        assert {each.state for each in health.answers()} == {"pass"}
    assert 1 <= took < 2, took


def test_a_check_that_hangs_fails_at_its_timeout_and_occupies_one_thread(health: Health) -> None:
    release = threading.Event()
    starts: list[float] = []

    def hangs() -> None:
        starts.append(time.monotonic())
        release.wait(30)

    runs: list[int] = []
    health.add("hangs", hangs, period=0.05, timeout=0.1)
    health.add("quick", lambda: runs.append(1), **FAST)
    with running(health):
        until(lambda: len(runs) > 10)
        found = answer(health, "hangs")
        assert (found.state, found.last.message) == ("fail", "no answer within 0.1 s")
        until(lambda: answer(health, "hangs").consecutive_failures >= 3)
        assert len(starts) == 1
        release.set()
        until(lambda: answer(health, "hangs").state == "pass")


def test_a_result_that_comes_after_the_timeout_is_dropped(health: Health) -> None:
    health.add("late", lambda: time.sleep(0.3), period=60, timeout=0.1)
    with running(health):
        time.sleep(0.5)
        assert answer(health, "late").state == "fail"


def test_reading_an_answer_waits_for_no_check(health: Health) -> None:
    for number in range(50):
        health.add(f"hangs-{number}", lambda: time.sleep(2), timeout=5)
    health.start()
    before = time.monotonic()
    for _ in range(100):
        health.report("ready")
    assert time.monotonic() - before < 1
    assert health.report("ready").state == "fail"  # nothing is known yet


def test_failures_and_successes_in_a_row_change_the_state(health: Health) -> None:
    outcomes: list[bool] = []
    seen: list[str] = []

    def next_one() -> bool:
        seen.append(answer(health, "flaps").state)
        outcomes.append([True, False, False, True, False, False, False, True, True, True][len(outcomes)])
        return outcomes[-1]

    health.add("flaps", next_one, period=0.02, timeout=1, failures=3, successes=2)
    health.start()
    until(lambda: len(seen) >= 10)
    # The state before each run; three failures in a row make it fail, two successes in a row make it pass again.
    assert seen[:10] == ["unknown", *["pass"] * 6, "fail", "fail", "pass"]


def test_a_check_is_tried_again_within_its_timeout(health: Health) -> None:
    tries: list[int] = []

    def third_time() -> bool:
        tries.append(1)
        return len(tries) >= 3

    health.add("third", third_time, period=60, timeout=2, retries=3)
    with running(health):
        assert answer(health, "third").state == "pass"
    assert len(tries) == 3


def test_an_answer_says_its_age_and_becomes_stale_after_two_periods(health: Health) -> None:
    health.add("old", lambda: True, period=0.1, timeout=0.1)
    with running(health):
        time.sleep(0.3)
        fresh = answer(health, "old")
    assert fresh.age is not None
    assert fresh.age < 0.2
    assert not fresh.stale
    time.sleep(0.5)
    old = answer(health, "old")
    assert old.age is not None
    assert (old.state, old.stale, old.age > 0.4) == ("pass", True, True)
    assert health.report("ready").state == "warn"


def test_a_coroutine_runs_in_the_loop_of_the_application(health: Health) -> None:
    used: list[object] = []

    async def notes() -> None:
        used.append(asyncio.get_running_loop())

    health.add("notes", notes, **FAST)

    async def application() -> None:
        health.start()
        while not used:
            await asyncio.sleep(0.01)
        assert used[0] is asyncio.get_running_loop()

    asyncio.run(application())


def test_a_coroutine_that_blocks_the_loop_does_it_once(health: Health) -> None:
    async def blocks() -> None:
        await asyncio.sleep(0)
        time.sleep(0.4)

    health.add("blocks", blocks, period=0.05, timeout=2)
    late: list[float] = []

    async def application() -> None:
        health.start()
        end = time.monotonic() + 2
        while time.monotonic() < end:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            late.append(time.monotonic() - before)

    asyncio.run(application())
    assert len([each for each in late if each > 0.35]) == 1
    assert answer(health, "blocks").state == "pass"


def test_the_lag_of_the_loop_is_a_check(health: Health) -> None:
    health.watch_loop(warn=0.1, fail=0.5, period=0.02)
    states: list[str] = []

    async def application() -> None:
        health.start()
        await asyncio.sleep(0.3)
        states.append(answer(health, "event-loop").state)
        time.sleep(0.25)
        await asyncio.sleep(0)
        until(lambda: answer(health, "event-loop").state != "pass")
        states.append(answer(health, "event-loop").state)
        time.sleep(0.8)
        states.append(answer(health, "event-loop").state)
        assert health.report("ready").state == "warn"

    asyncio.run(application())
    assert states[0] == "pass"
    assert states[2] == "fail"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"kind": "dependency", "tags": ("live",)}, "has no place in the group 'live'"),
        ({"kind": "other"}, "none of heartbeat, functional, dependency"),
        ({"period": 0}, "period: 0 is no number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout: nan"),
        ({"retries": -1, "failures": 0}, "retries: -1.*\n.*failures: 0"),
        ({"retry": 1}, "retry is no option; there are critical, failures"),
        ({"tags": 7}, "tags: 7"),
    ],
)
def test_a_check_that_cannot_be_is_refused(health: Health, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CheckError, match=complaint):
        health.add("bad", lambda: True, **options)


def test_a_name_is_taken_once(health: Health) -> None:
    health.add(Check("one", lambda: True))
    with pytest.raises(CheckError, match="there is one of that name already"):
        health.add("one", lambda: True)


def test_groups_are_tags_and_only_critical_checks_fail_them(health: Health) -> None:
    health.heartbeat("worker", lambda: True, **FAST)
    health.dependency("db", lambda: False, critical=False, **FAST)
    health.functional("prices", lambda: True, tags=("ready", "prices"), **FAST)
    health.add("unset", lambda: "skipped", **FAST)
    with running(health):
        assert health.report("live").state == "pass"
        assert health.report("prices").state == "pass"
        assert health.report("ready").state == "warn"
        assert health.report("ready").healthy
        health.functional("orders", lambda: False, **FAST)
        settled(health)
        assert not health.report("ready").healthy
        assert health.report("live").healthy


def test_startup_passes_once_for_all(health: Health) -> None:
    ready = threading.Event()
    health.add("warm", ready.is_set, tags=("startup",), **FAST)
    with running(health):
        assert not health.report("startup").healthy
        assert health.report("ready").reason == "the service is starting"
        ready.set()
        until(lambda: health.report("startup").healthy)
        assert health.report("ready").healthy
        ready.clear()
        until(lambda: answer(health, "warm").state == "fail")
        assert health.report("startup").healthy
        assert health.report("ready").healthy


def test_the_pack_health_counts_checks_and_shows_states(health: Health) -> None:
    registry = CollectorRegistry()
    instruments = Instruments.from_spec({"version": 1, "packs": ["health"]}, registry=registry)
    health.dependency("db", raises, period=60, timeout=1)
    health.heartbeat("worker", lambda: "warn", period=60, timeout=1)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    with running(health):
        until(lambda: value("health_checks_total", check="db", kind="dependency", status="error") == 1)
        until(lambda: value("health_state", check="worker", state="degraded") == 1)
        assert value("health_state", check="db", state="error") == 1
        assert value("health_state", check="db", state="running") == 0
        assert value("health_consecutive_failures", check="db") == 1
        assert value("health_check_duration_seconds_count", check="worker") == 1
    instruments.close()


class Quiet(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204 if self.path.startswith("/well") else 500)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_dependencies_are_asked_for_real(health: Health, port: int, tmp_path: Path) -> None:
    health.dependency("tcp", tcp("127.0.0.1", port), timeout=5)
    health.dependency("tcp-closed", tcp("127.0.0.1", free_port()), timeout=5)
    health.dependency("http", http_get(f"http://127.0.0.1:{port}/well?key=hunter2"), timeout=5)
    health.dependency("http-bad", http_get(f"http://ada:pw@127.0.0.1:{port}/bad?key=hunter2"), timeout=5)
    health.dependency("http-closed", http_get(f"http://127.0.0.1:{free_port()}/?key=hunter2"), timeout=5)
    health.dependency("sql", sql_ping(lambda: sqlite3.connect(tmp_path / "orders.db")), timeout=5)
    health.dependency("sql-bad", sql_ping(lambda: sqlite3.connect(tmp_path / "no" / "orders.db")), timeout=5)
    with running(health):
        found = {each.check.name: each.last for each in health.answers()}
    assert {name: last.state for name, last in found.items()} == {
        "tcp": "pass",
        "tcp-closed": "fail",
        "http": "pass",
        "http-bad": "fail",
        "http-closed": "fail",
        "sql": "pass",
        "sql-bad": "fail",
    }
    assert found["http-bad"].message == f"http://127.0.0.1:{port}/bad answered 500"
    assert "hunter2" not in str(found)
    assert found["tcp"].observed is not None


def test_a_ping_takes_asynchronous_connections(health: Health) -> None:
    closed: list[str] = []

    class Connection:
        async def execute(self, statement: str) -> None:
            assert statement == "SELECT 1"

        async def close(self) -> None:
            closed.append("closed")

    async def connect() -> Connection:
        return Connection()

    class Acquired:
        async def __aenter__(self) -> Connection:
            return Connection()

        async def __aexit__(self, *_: object) -> None:
            closed.append("released")

    health.dependency("connect", sql_ping(connect), timeout=5)
    health.dependency("acquire", sql_ping(Acquired), timeout=5)
    with running(health):
        assert {each.state for each in health.answers()} == {"pass"}
    assert sorted(closed) == ["closed", "released"]


def test_checks_run_again_in_a_process_that_was_forked() -> None:
    code = """
import os, time
from backend_instrumentation.health import Health

runs = []
health = Health()
health.add("quick", lambda: runs.append(os.getpid()), period=0.05, timeout=1)
health.add("hangs", lambda: time.sleep(60) if os.getpid() == parent else None, period=0.05, timeout=0.1)
parent = os.getpid()
health.start()
time.sleep(0.4)
child = os.fork()
if child == 0:
    assert not health.running
    runs.clear()
    health.start()
    deadline = time.monotonic() + 5
    while not (os.getpid() in runs and health.report("ready").state == "pass") and time.monotonic() < deadline:
        time.sleep(0.01)
    os._exit(0 if health.report("ready").state == "pass" and set(runs) == {os.getpid()} else 1)
assert os.waitpid(child, 0)[1] == 0
assert health.running
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=30)
    assert done.returncode == 0, done.stderr


def test_starting_twice_runs_each_check_once_and_stopping_ends_the_thread(health: Health) -> None:
    runs: list[int] = []
    health.add("one", lambda: runs.append(1), period=60, timeout=1)
    health.start()
    health.start()
    settled(health)
    assert len(runs) == 1
    before = time.monotonic()
    health.stop()
    assert time.monotonic() - before < 1
    assert not health.running
    assert not [each for each in threading.enumerate() if each.name == "health checks"]
