"""One running stack for all cases, quick enough that a fault and its end take seconds: `make chaos ARGS="--count 10"`."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_tool
from tests.integration.chaos.chaos_stack import ChaosStack, chaos_site
from tests.integration.test_native_stack import Site
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.processes import end_processes

_DISK = "64m"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the number of times that each case runs."""
    parser.addoption("--count", type=int, default=1, help="how often each case of chaos runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each case as often as asked."""
    if "turn" in metafunc.fixturenames:
        # The option is unknown where this folder is not named on the command line.
        metafunc.parametrize("turn", range(metafunc.config.getoption("--count", default=1)))


@pytest.fixture(scope="package")
def stack() -> Iterator[ChaosStack]:
    """Give the running stack; where this user may mount, Prometheus' data are on a small disk of their own."""
    for name in TOOLS:
        need_tool(name)
    # Not among pytest's folders: another run may clean those up, and would move the mounted disk away.
    with tempfile.TemporaryDirectory(prefix="wk-chaos-") as folder:
        yield from _running(chaos_site(Path(folder).resolve() / "root"))


def _running(made: Site) -> Iterator[ChaosStack]:
    disk = _mounted(made.state.folder / "data/prometheus")
    try:
        done = made.up()
        assert done.returncode == 0, done.stderr
        started = ChaosStack(made, disk)
        started.hurry()
        yield started
    finally:
        made.run("down")
        end_processes(made.state, term_seconds=0)
        if disk is not None:
            subprocess.run(["umount", "--lazy", disk], check=True)


def _mounted(folder: Path) -> Path | None:
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=0700", "tmpfs", str(folder)]
    return folder if subprocess.run(command, capture_output=True).returncode == 0 else None
