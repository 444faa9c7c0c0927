"""What every test may ask for: the real tools, or an honest skip."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# What `make test` exports to the commands that it runs must not reach the ones that tests run.
os.environ.pop("WATCHKEEPER_CALLED_BY", None)
# Where this is set, each of the many processes that tests start compiles all modules again: half of a command's time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# The real servers and promtool are Go programs that live for seconds: collecting garbage is a quarter of their work.
os.environ.setdefault("GOGC", "400")

from tests.instrumentation.tracing_servers import Jaeger, running_jaeger
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.sentry.bugsink_programs import bugsink_programs
from watchkeeper.stack.stack_error import StackError
from watchkeeper.toolchain import find

sys.dont_write_bytecode = False


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let files that share something stay together when tests run in several processes."""
    from tests.spread import Spread

    config.option.loadscopereorder = False
    return Spread(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long when tests run in several processes; in one, what is quick comes as it stands."""
    if hasattr(config, "workerinput"):
        from tests.spread import long_first

        items.sort(key=lambda item: long_first(item.nodeid))


def need_tool(name: str) -> str:
    """Return the path of a real tool; skip with the reason, or fail where skipping is forbidden."""
    tool = find(name)
    if tool is not None:
        return str(tool.path)
    reason = f"{name} is not on this machine; build it with: watchkeeper tools"
    if os.environ.get("WATCHKEEPER_REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def jaeger_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    """A real Jaeger v2; each test uses services of its own."""
    with running_jaeger(need_tool("jaeger"), tmp_path_factory.mktemp("jaeger")) as running:
        yield running


@pytest.fixture
def promtool() -> str:
    """Return the path of the real promtool."""
    return need_tool("promtool")


@pytest.fixture
def amtool() -> str:
    """Return the path of the real amtool."""
    return need_tool("amtool")


@pytest.fixture
def jaeger() -> str:
    """Return the path of the real jaeger."""
    return need_tool("jaeger")


@pytest.fixture
def needs_promtool_for_columns(promtool: str) -> None:
    """Require promtool: without it a PromQL error is placed at the query's start only."""


def need_bugsink() -> Path:
    """Return the folder of Bugsink's programs, installed if needed; skip or fail like `need_tool`."""
    try:
        return bugsink_programs(Progress())
    except StackError as problem:
        if os.environ.get("WATCHKEEPER_REQUIRE_TOOLS"):
            pytest.fail(str(problem))
        pytest.skip(str(problem))
