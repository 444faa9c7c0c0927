"""Several workers without a shared folder are one warning and a gauge, whichever server starts them."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge

from backend_instrumentation.guard import Guard
from backend_instrumentation.multiprocess import unmerged_workers
from backend_instrumentation.multiprocess.unmerged_workers import UnmergedWorkers, siblings
from scripts.foreign.suites import Unavailable, keep_venv

from ..workers import ROOT
from .test_worker_servers import answers, fetched, free_port

SERVERS = ROOT / ".watchkeeper" / "worker-servers"
WANTED = (
    *("uvicorn==0.54.0", "gunicorn==27.0.1", "uvicorn-worker==0.4.0", "hypercorn==0.18.0", "granian==2.8.9"),
    *("starlette==1.10.0", "prometheus-client==0.26.0", "httpx==0.28.1"),
)
APP = "tests.instrumentation.worker_service:app"
COMMANDS = {
    "uvicorn": ["uvicorn", APP, "--port", "{port}", "--workers", "{workers}"],
    "gunicorn": ["gunicorn", APP, "-k", "uvicorn_worker.UvicornWorker", "-b", "127.0.0.1:{port}", "-w", "{workers}"],
    "hypercorn": ["hypercorn", APP, "-b", "127.0.0.1:{port}", "--workers", "{workers}"],
    "granian": ["granian", "--interface", "asgi", APP, "--port", "{port}", "--workers", "{workers}"],
}  # fmt: skip
GAUGE = "instrumentation_unmerged_workers"
PROC_NET = "sl local rem st tx tr retr uid timeout inode\n"

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux shows listeners")


@pytest.fixture(scope="session")
def installed() -> Path:
    """Return the folder of the servers' commands, in a virtual environment of their own."""
    try:
        keep_venv(SERVERS, *WANTED)
    except Unavailable as problem:
        pytest.skip(f"the servers cannot be installed here: {problem}")
    return SERVERS / "bin"


@contextmanager
def served(bin_folder: Path, server: str, workers: int, log: Path, **more: str) -> Iterator[str]:
    """Run the service under that server, with its output in the log, and yield its address."""
    port = str(free_port())
    command = [part.format(port=port, workers=workers) for part in COMMANDS[server]]
    environment = {
        k: v for k, v in os.environ.items() if k not in ("PROMETHEUS_MULTIPROC_DIR", "VIRTUAL_ENV")
    }
    environment |= {"PYTHONPATH": str(ROOT), **more}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(bin_folder / command[0]), *command[1:]],
            env=environment,
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
        address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 60
        try:
            while not answers(address):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()
            process.wait(30)


def gauge(address: str) -> float:
    page = fetched(f"{address}/metrics")
    (line,) = [each for each in page.splitlines() if each.startswith(GAUGE + " ")]
    return float(line.split()[1])


@pytest.mark.parametrize("server", COMMANDS)
def test_three_workers_are_one_warning_and_a_gauge(server: str, installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with served(installed, server, 3, log) as address:
        deadline = time.monotonic() + 30
        while gauge(address) != 2:  # the others may still be starting, and a worker looks every ten seconds
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
        for _ in range(20):
            fetched(f"{address}/metrics")
    warnings = [line for line in log.read_text().splitlines() if "do not share their metrics" in line]
    assert len(warnings) == 1
    # A worker that is still starting is not among them yet.
    assert "runs in 3 worker" in warnings[0] or "runs in 2 worker" in warnings[0]
    assert "set PROMETHEUS_MULTIPROC_DIR to a folder" in warnings[0]


@pytest.mark.parametrize("server", COMMANDS)
def test_a_single_worker_is_silent(server: str, installed: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with served(installed, server, 1, log) as address:
        assert gauge(address) == 0
    assert "do not share" not in log.read_text()


def test_workers_with_a_shared_folder_are_silent(installed: Path, tmp_path: Path) -> None:
    log, shared = tmp_path / "log", tmp_path / "shared"
    shared.mkdir()
    with served(installed, "uvicorn", 3, log, PROMETHEUS_MULTIPROC_DIR=str(shared)) as address:
        while len(list(shared.glob("worker_*.start"))) < 3:
            time.sleep(0.05)
        assert {gauge(address) for _ in range(10)} == {0}
    assert "do not share" not in log.read_text()


def proc(folder: Path, processes: dict[int, tuple[int, list[str]]], tcp: str = "", unix: str = "") -> Path:
    """Write a folder like /proc: each process with its parent and the inodes of its sockets."""
    (folder / "net").mkdir(parents=True)
    (folder / "net" / "tcp").write_text(PROC_NET + tcp)
    (folder / "net" / "unix").write_text("Num RefCount Protocol Flags Type St Inode Path\n" + unix)
    for pid, (parent, inodes) in processes.items():
        fds = folder / str(pid) / "fd"
        fds.mkdir(parents=True)
        (folder / str(pid) / "stat").write_text(f"{pid} (a ) b) S {parent} 1 1")
        children = folder / str(pid) / "task" / str(pid) / "children"
        children.parent.mkdir(parents=True)
        children.write_text(" ".join(str(each) for each, about in processes.items() if about[0] == pid))
        for number, inode in enumerate(inodes):
            (fds / str(number)).symlink_to(f"socket:[{inode}]" if inode.isdigit() else inode)
    return folder


def listener(inode: str, address: str = "0100007F:1F90", state: str = "0A") -> str:
    return f"0: {address} 00000000:0000 {state} 0:0 00:0 0 0 0 {inode} 1\n"


SHARED = {1: (0, ["7"]), 2: (1, ["7"]), 3: (1, ["7", "/dev/null"]), 4: (1, ["9"])}


@pytest.mark.parametrize(
    ("processes", "tcp", "unix", "found"),
    [
        (SHARED, listener("7") + listener("9", "0100007F:1F91"), "", [3]),
        (SHARED, listener("7") + listener("9"), "", [3, 4]),  # a socket each, at one address
        (SHARED, listener("7", state="01"), "", []),  # a connection, not a listener
        (SHARED, "", "0: 2 0 00010000 1 1 7 /run/app.sock\n", [3]),
        (SHARED, "", "0: 2 0 00000000 1 3 7\n", []),  # where all of them write their log
        ({2: (1, ["7"])}, listener("7"), "", []),  # a container that hides its parent
        ({1: (0, []), 2: (1, ["7"])}, listener("7"), "", []),
        ({1: (0, []), 2: (1, ["7"]), 3: (1, [])}, listener("7"), "", []),
        (SHARED, "garbage\n", "", []),
    ],
)
def test_workers_are_processes_of_one_parent_that_listen_at_one_address(
    processes: dict[int, tuple[int, list[str]]], tcp: str, unix: str, found: list[int], tmp_path: Path
) -> None:
    assert siblings(proc(tmp_path / "proc", processes, tcp, unix), 2) == found


def test_without_such_a_folder_there_are_none(tmp_path: Path) -> None:
    assert siblings(tmp_path) == []


def test_it_looks_every_ten_seconds_and_survives_whatever_it_finds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now, looked = 0.0, 0
    registry, failures = CollectorRegistry(), [0]
    watch = UnmergedWorkers(
        Gauge(GAUGE, "x", registry=registry),
        Guard(lambda: failures.append(1)),
        clock=lambda: now,
    )

    def broken() -> list[int]:
        nonlocal looked
        looked += 1
        raise ValueError("no such file system")

    monkeypatch.setattr(unmerged_workers, "siblings", broken)
    watch.report()
    watch.report()
    now = 10.0
    monkeypatch.setattr(unmerged_workers, "siblings", lambda: [7, 8])
    watch.report()
    assert (looked, sum(failures), registry.get_sample_value(GAUGE)) == (1, 1, 2)
    now = 20.0
    watch.report()
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.WARNING, logging.WARNING]
    assert "3 worker processes" in caplog.records[1].getMessage()
