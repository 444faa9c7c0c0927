"""Several processes at the tool cache at once, and processes killed in the middle of a build."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from watchkeeper.toolchain import ensure
from watchkeeper.toolchain.cache import built_folder, module_folder
from watchkeeper.toolchain.pins import Module

from .toolchain_support import GO, ensure_in_another_process, slow_go, tiny_module

pytestmark = pytest.mark.skipif(GO is None, reason="Go is not installed")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    monkeypatch.setenv("WATCHKEEPER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GOPROXY", "off")
    slow_go(tmp_path / "bin", gate=tmp_path / "gate")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tiny_module(tmp_path / "module")


@pytest.fixture
def start(module: Module) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts processes that want the tool, and ends those that a failed test leaves."""
    begun: list[subprocess.Popen[str]] = []

    def begin() -> subprocess.Popen[str]:
        begun.append(ensure_in_another_process(module.folder, environment=dict(os.environ)))
        return begun[-1]

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def builds(tmp_path: Path) -> list[int]:
    """The process ids of all builds begun so far."""
    log = tmp_path / "bin" / "builds"
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen within 30 s")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def names(module: Module) -> list[str]:
    return sorted(path.name for path in module_folder(module).iterdir())


def test_two_processes_that_need_one_tool_build_it_once(
    module: Module, tmp_path: Path, start: Callable[[], subprocess.Popen[str]]
) -> None:
    first = start()
    wait_for(lambda: len(builds(tmp_path)) == 1)
    second = start()
    # The second says that it waits as soon as it finds the lock taken.
    assert second.stderr is not None
    assert second.stderr.readline().startswith("waiting for another process that is building tiny 1.2.3")
    (tmp_path / "gate").touch()
    ends = [(process.communicate()[0], process.returncode) for process in (first, second)]
    assert ends == [(f"built {built_folder(module) / 'tiny'}\n", 0)] * 2
    assert len(builds(tmp_path)) == 1


def test_a_builder_killed_at_once_leaves_no_tool_and_the_next_one_builds_it(
    module: Module, tmp_path: Path, start: Callable[[], subprocess.Popen[str]]
) -> None:
    killed = start()
    wait_for(lambda: len(builds(tmp_path)) == 1)
    killed.kill()
    killed.communicate()
    assert not built_folder(module).exists()

    # The go of the killed one lives on and keeps the lock, so the next does not build beside it.
    following = start()
    assert following.stderr is not None
    assert following.stderr.readline().startswith("waiting for another process")
    assert is_alive(builds(tmp_path)[0])
    (tmp_path / "gate").touch()
    assert following.communicate()[0] == f"built {built_folder(module) / 'tiny'}\n"
    assert names(module) == [built_folder(module).name, "build.log", "lock"]
    wait_for(lambda: not any(map(is_alive, builds(tmp_path))))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_builder_told_to_end_ends_its_go_and_leaves_nothing(
    module: Module, tmp_path: Path, start: Callable[[], subprocess.Popen[str]], number: signal.Signals
) -> None:
    told = start()
    wait_for(lambda: len(builds(tmp_path)) == 1)
    told.send_signal(number)
    told.communicate()
    assert told.returncode != 0
    wait_for(lambda: not any(map(is_alive, builds(tmp_path))))
    assert names(module) == ["build.log", "lock"]


def test_killed_at_any_moment_the_cache_holds_a_whole_tool_or_none(
    module: Module, tmp_path: Path, start: Callable[[], subprocess.Popen[str]]
) -> None:
    (tmp_path / "gate").touch()
    whole = 0
    for step in range(8):
        process = start()
        time.sleep(0.15 * step)
        process.kill()
        process.communicate()
        tool = built_folder(module) / "tiny"
        if built_folder(module).exists():
            whole += 1
            says = subprocess.run([tool], capture_output=True, text=True, check=True).stdout
            assert says == "tiny, version 1.2.3\n"
            tool.unlink()
            tool.parent.rmdir()
    assert ensure(["tiny"], modules=[module])["tiny"].version == "1.2.3"
    assert names(module) == [built_folder(module).name, "build.log", "lock"]
    assert whole < 8
