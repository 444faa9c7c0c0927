"""The log under rotation, forks, several processes, and everything that may happen to a file."""

from __future__ import annotations

import ctypes
import fcntl
import gzip
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend_instrumentation.logmetrics import LogFile, LogSettings, configure_log, losses, query_logs
from backend_instrumentation.logmetrics.writing.compressing import compress, wait
from backend_instrumentation.logmetrics.writing.rotation import rotate, rotated

from .lines import line, records

ROOT = Path(__file__).parents[3]
NOW = 1_795_000_000.0


def made(path: Path, **settings: object) -> LogFile:
    return LogFile(LogSettings(str(path), **{"max_bytes": 0, "daily": False, **settings}))  # type: ignore[arg-type]


def values(folder: Path) -> list[int]:
    """Return the numbers of all lines of all files of a folder, each file whole."""
    names = {each.name for each in folder.iterdir() if each.suffix != ".tmp"}
    # A process that ends while it compresses can leave a file and its `.gz`.
    files = [folder / name for name in names if name.removesuffix(".gz") not in names - {name}]
    return sorted(record["value"] for file in files for record in records(file))


def test_the_folder_and_the_file_appear_with_the_first_record(tmp_path: Path) -> None:
    log = made(tmp_path / "deep" / "er" / "a.jsonl")
    assert not (tmp_path / "deep").exists()
    log.append(line(1), NOW)
    assert values(tmp_path / "deep" / "er") == [1]
    assert stat.S_IMODE(Path(log.path).stat().st_mode) & 0o007 == 0


def test_a_full_file_is_renamed_and_compressed(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=1000)
    for number in range(100):
        log.append(line(number), NOW)
    wait(log.path, 10)
    names = sorted(each.name for each in tmp_path.iterdir())
    assert "a.jsonl" in names
    assert len(names) == 100 // (1000 // len(line(10))) + 1
    assert all(name.endswith(".gz") for name in names if name != "a.jsonl")
    assert names[1].startswith("a.jsonl.20261118-110640-000")
    assert values(tmp_path) == list(range(100))


def test_compression_can_be_off(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=100, compress=False)
    for number in range(10):
        log.append(line(number), NOW)
    assert rotated(log.path)
    assert not list(tmp_path.glob("*.gz"))
    assert values(tmp_path) == list(range(10))


def test_the_first_record_of_a_day_renames_the_file_of_yesterday(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", daily=True, compress=False)
    today = time.time()
    log.append(line(1), today)
    log.append(line(2), today)
    assert rotated(log.path) == []
    os.utime(log.path, (today - 86400, today - 86400))
    log.append(line(3), today)  # the same process has seen this day
    assert rotated(log.path) == []
    os.utime(log.path, (today - 86400, today - 86400))
    other = made(tmp_path / "a.jsonl", daily=True, compress=False)
    other.append(line(4), today)
    assert len(rotated(log.path)) == 1
    log.append(line(5), today)
    assert [record["value"] for record in records(log.path)] == [4, 5]


def test_a_clock_that_goes_back_renames_nothing_and_overwrites_nothing(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", daily=True, max_bytes=100, compress=False)
    for number, now in enumerate((NOW, NOW, NOW - 86400 * 3, NOW, NOW, NOW - 86400 * 3, NOW)):
        log.append(line(number), now)
    assert values(tmp_path) == list(range(7))
    assert losses() == {}


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced", "folder"])
def test_a_file_that_vanishes_is_opened_again(tmp_path: Path, how: str) -> None:
    folder = tmp_path / "logs"
    log = made(folder / "a.jsonl")
    log.append(line(1), NOW)
    if how == "deleted":
        Path(log.path).unlink()
    elif how == "moved":
        Path(log.path).rename(f"{log.path}.1")
    elif how == "replaced":
        (folder / "b").touch()
        (folder / "b").replace(log.path)
    else:
        folder.rename(tmp_path / "elsewhere")
    log.append(line(2), NOW)
    assert [record["value"] for record in records(log.path)] == [2]
    assert losses() == {}


def test_a_torn_line_does_not_spoil_the_next_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1) + b'{"timestamp": 1.0, "oper')
    log = made(tmp_path / "a.jsonl")
    log.append(line(2), NOW)
    assert Path(log.path).read_bytes() == line(1) + b'{"timestamp": 1.0, "oper\n' + line(2)


def test_a_full_device_costs_the_service_nothing(caplog: pytest.LogCaptureFixture) -> None:
    log = made(Path("/dev/full"))
    for number in range(5):
        log.append(line(number), NOW)
    assert losses() == {"log_writer": 5}
    assert [record.message.partition(";")[0] for record in caplog.records] == [
        "log_writer: [Errno 28] No space left on device"
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", bytes(folder), b"tmpfs", 0, b"size=64k") != 0:
        pytest.skip("mounting a small disk needs more rights")
    yield folder
    libc.umount2(bytes(folder), 2)


def test_a_disk_that_fills_up_and_is_freed(small_disk: Path) -> None:
    log = made(small_disk / "a.jsonl")
    for number in range(1000):
        log.append(line(number, width=200), NOW)
    missing = losses()["log_writer"]
    assert 0 < missing < 1000
    (small_disk / "freed").mkdir()
    with Path(log.path).open("r+b") as file:
        file.truncate(20_000)  # in the middle of a line
    log.append(line(1000), NOW)
    log.append(line(1001), NOW)
    result = query_logs(log.path, field="value")
    assert result.records >= 60
    assert result.broken <= 2
    assert result.groups[0].count == result.records
    tail = Path(log.path).read_bytes().splitlines()[-2:]
    assert tail == [line(1000)[:-1], line(1001)[:-1]]


def test_a_write_that_the_kernel_cuts_short(tmp_path: Path) -> None:
    code = f"""
import resource, signal
from tests.instrumentation.logmetrics.lines import line
from backend_instrumentation.logmetrics import LogFile, LogSettings, losses
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = LogFile(LogSettings({str(tmp_path / "a.jsonl")!r}, daily=False))
log.append(line(1), 1.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
log.append(line(2), 1.0)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append(line(3), 1.0)
print(losses())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "{'log_writer': 1}\n"
    assert "only" in done.stderr
    whole = (tmp_path / "a.jsonl").read_bytes()
    assert whole.startswith(line(1) + b'{"timestamp"')
    assert whole.endswith(b"\n" + line(3))


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_a_folder_that_cannot_be_written(public_folder: Path) -> None:
    code = f"""
import os
from tests.instrumentation.logmetrics.lines import line
from backend_instrumentation.logmetrics import LogFile, LogSettings, losses
os.setuid(65534)
log = LogFile(LogSettings({str(public_folder / "a.jsonl")!r}))
for number in range(1000):
    log.append(line(number), 1.0)
print(losses())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if "No module named" in done.stderr or "Permission denied: '/root" in done.stderr:
        pytest.skip("another user cannot read this installation")
    assert done.stdout == "{'log_writer': 1000}\n", done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("kind", ["folder", "parent", "pipe"])
def test_a_path_that_is_no_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "parent":
        path.write_text("")
        path = path / "b.jsonl"
    else:
        os.mkfifo(path)
    log = made(path)
    log.append(line(1), NOW)
    assert losses() == {"log_writer": 1}


def test_a_rotation_that_fails_loses_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=100)
    for number in range(1000):  # all names of this second
        (tmp_path / f"a.jsonl.20261118-110640-{number:03d}").touch()
    for number in range(20):
        log.append(line(number), NOW)
    assert [record["value"] for record in records(log.path)] == list(range(20))
    assert losses() == {"log_rotation": 1}


def test_only_one_of_two_rotates(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl")
    log.append(line(1), NOW)
    assert rotate(log.path, log._identity, NOW) is not None
    assert rotate(log.path, log._identity, NOW) is None
    stale = log._identity
    folder = os.open(tmp_path, os.O_RDONLY)
    log.append(line(2), NOW)
    assert rotate(log.path, stale, NOW) is None  # another process has rotated, and the file is a new one
    fcntl.flock(folder, fcntl.LOCK_EX)
    assert rotate(log.path, log._identity, NOW) is None
    os.close(folder)
    assert rotate(log.path, log._identity, NOW) is not None


def test_a_file_that_somebody_writes_is_not_compressed(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl")
    log.append(line(1), NOW)
    name = rotate(log.path, log._identity, NOW)
    assert name is not None
    assert compress(name) is False
    log.append(line(2), NOW)  # it leaves the old file
    assert compress(name) is True
    assert gzip.decompress(Path(f"{name}.gz").read_bytes()) == line(1)
    assert compress(name) is True
    assert values(tmp_path) == [1, 2]


def test_what_a_killed_compression_left_is_compressed_later(tmp_path: Path) -> None:
    left = tmp_path / "a.jsonl.20261115-000000-000"
    left.write_bytes(line(1))
    (tmp_path / f"{left.name}.gz.tmp").write_bytes(b"half")
    log = made(tmp_path / "a.jsonl", max_bytes=50)
    log.append(line(2), NOW)
    log.append(line(3), NOW)
    wait(log.path, 10)
    assert values(tmp_path) == [1, 2, 3]
    assert len(list(tmp_path.glob("*.gz"))) == 2


def test_threads_share_one_log(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=20_000)

    def write(start: int) -> None:
        for number in range(start, start + 2000):
            log.append(line(number), NOW)

    threads = [threading.Thread(target=write, args=(2000 * each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait(log.path, 20)
    assert values(tmp_path) == list(range(16_000))
    assert losses() == {}


def test_a_signal_handler_may_record_in_the_middle_of_a_record(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=5_000, compress=False)
    inside: list[int] = []

    def handler(*_: object) -> None:
        inside.append(1)
        log.append(line(-1), NOW)

    former = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for number in range(5000):
            log.append(line(number), NOW)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
    assert inside
    assert Counter(values(tmp_path))[-1] == len(inside)
    assert len(values(tmp_path)) == 5000 + len(inside)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_parent_and_child_write_whole_lines_after_a_fork(tmp_path: Path) -> None:
    log = made(tmp_path / "a.jsonl", max_bytes=10_000)
    log.append(line(0), NOW)
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            log.append(line(-1), NOW)

    thread = threading.Thread(target=busy)  # it often holds the lock while the process forks
    thread.start()
    children = []
    for number in range(10):
        child = os.fork()
        if child == 0:
            for each in range(100):
                log.append(line(1 + 100 * number + each), NOW)
            os._exit(len(losses()))
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    stop.set()
    thread.join()
    wait(log.path, 20)
    assert codes == [0] * 10
    assert [number for number in values(tmp_path) if number >= 0] == list(range(1001))


WRITER = """
import sys
from backend_instrumentation.logmetrics import LogFile, LogSettings, PerformanceLogger, losses
path, most, start, count = sys.argv[1], *map(int, sys.argv[2:])
logger = PerformanceLogger(LogFile(LogSettings(path, max_bytes=most)), "writer")
for number in range(start, start + count):
    logger.log_counter("written", number)
assert losses() == {}, losses()
"""


@pytest.mark.parametrize("each", [250_000 if os.environ.get("WATCHKEEPER_LONG") else 10_000])
def test_four_processes_lose_and_mix_no_record_of_a_rotating_log(tmp_path: Path, each: int) -> None:
    path = tmp_path / "a.jsonl"
    commands = [
        [sys.executable, "-c", WRITER, str(path), str(each * 25), str(each * number), str(each)]
        for number in range(4)
    ]
    running = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    # A reader meanwhile sees whole records only.
    while any(process.poll() is None for process in running):
        time.sleep(0.2)
        if path.exists():
            assert query_logs(path).broken == 0
    assert [process.returncode for process in running] == [0] * 4
    result = query_logs(path, field="value", by=("operation",))
    assert (result.records, result.broken, result.other, result.damaged) == (4 * each, 0, 0, ())
    assert result.groups[0].sum == sum(range(4 * each))
    assert result.files > 10
    assert values(tmp_path) == list(range(4 * each))


def test_memory_is_flat(tmp_path: Path) -> None:
    code = f"""
import re
from pathlib import Path
from backend_instrumentation.logmetrics import LogFile, LogSettings, PerformanceLogger
logger = PerformanceLogger(LogFile(LogSettings({str(tmp_path / "a.jsonl")!r}, max_bytes=1_000_000)), "m")
for count in (20_000, {1_000_000 if os.environ.get("WATCHKEEPER_LONG") else 60_000}):
    for number in range(count):
        logger.log_timer("work", 0.1, number=number, text=f"text {{number}}")
    print(re.search(r"VmRSS:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = map(int, done.stdout.split())
    assert after - before <= 1024  # kB


def test_settings_that_cannot_be_used(tmp_path: Path) -> None:
    for wrong in (-1, "5MB", None, True):
        with pytest.raises(ValueError, match=r"max_bytes: .* is no number of bytes"):
            made(tmp_path / "a.jsonl", max_bytes=wrong)
    with pytest.raises(TypeError, match="max_byte"):
        configure_log(tmp_path / "a.jsonl", max_byte=1)
