"""The trees of docs/troubleshooting.md: each failure is made, and the text is followed from the top to the remedy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.chaos.chaos_stack import ChaosStack

pytestmark = pytest.mark.integration
PAGE = Path(__file__).parents[3] / "docs/troubleshooting.md"
_STEP = re.compile(r"^```sh\n(.+?)\n```\n\n\| it shows .*\n\|.*\n((?:\|.*\n)+)", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A row of a tree's table: what the output must contain, and the commands of the remedy."""

    shows: tuple[str, ...]
    remedy: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A command of a tree, and the rows that its output is compared with."""

    command: str
    rows: tuple[Row, ...]


def tree(heading: str) -> list[Step]:
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [Step(command, tuple(map(_row, table.splitlines()))) for command, table in _STEP.findall(section)]


def _row(line: str) -> Row:
    shows, _, remedy = (cell for cell in line.strip("|").split(" | "))
    return Row(tuple(re.findall(r"`([^`]+)`", shows)), tuple(re.findall(r"`(watchkeeper [^`]+)`", remedy)))


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a person would, where the repository's environment is active."""
    environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True)


def follow(stack: ChaosStack, heading: str) -> tuple[int, Row, str]:
    """Run the commands of a tree until a row fits: return the number of its step, the row, and what was shown."""
    for number, step in enumerate(tree(heading)):
        command = step.command.replace("http://localhost:9090", stack.urls["Prometheus"])
        done = shell(stack.site.root, command)
        shown = done.stdout + done.stderr
        assert "Traceback" not in shown and "unrecognized arguments" not in shown
        for row in step.rows:
            if all(text in shown for text in row.shows):
                return number, row, shown
    raise AssertionError(f"no row of {heading!r} fits")


def remedied(stack: ChaosStack, command: str) -> subprocess.CompletedProcess[str]:
    done = shell(stack.site.root, command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def rendered(stack: ChaosStack) -> ChaosStack:
    """Give the stack with the files of the spec: the cases of chaos shortened some of them."""
    if shell(stack.site.root, "watchkeeper check").returncode:
        remedied(stack, "watchkeeper up")
    return stack


def test_each_tree_has_commands_and_rows_that_can_be_told_apart() -> None:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    trees = [tree(heading) for heading in headings[:4]]
    assert all(len(steps) >= 2 for steps in trees)
    for step in (step for steps in trees for step in steps):
        assert step.command.startswith("watchkeeper ")
        assert all(row.shows for row in step.rows)
        assert len({row.shows for row in step.rows}) == len(step.rows)


def test_a_target_that_is_not_scraped(rendered: ChaosStack) -> None:
    rendered.supervisor.stop("demo")
    rendered.until(lambda: "connection refused" in rendered.problems())
    number, row, _ = follow(rendered, "A target is not scraped")
    assert (number, row.shows) == (1, ("connection refused",))
    remedied(rendered, row.remedy[0])
    rendered.await_fresh_samples()
    assert rendered.problems() == ""


def test_charts_without_data(rendered: ChaosStack) -> None:
    rendered.supervisor.stop("prometheus")
    number, row, _ = follow(rendered, "Charts have no data")
    assert (number, row.shows) == (0, ("Prometheus does not answer",))
    remedied(rendered, row.remedy[0])
    rendered.await_fresh_samples()


def test_an_alert_that_did_not_fire(rendered: ChaosStack) -> None:
    began, pool = time.time(), "metric: sandbox_pool_available, below: 2, for: 1s"
    # Five containers are available: the new threshold is crossed, and nobody has applied it.
    rendered.site.edit(pool, pool.replace("below: 2", "below: 100"))
    try:
        number, row, _ = follow(rendered, "An alert did not fire")
        assert (number, row.shows) == (0, ("runs other rules than those of",))
        assert "SandboxPoolDepleted" not in rendered.firing()
        remedied(rendered, row.remedy[0])
        rendered.await_page("SandboxPoolDepleted", began)
    finally:
        rendered.site.edit(pool.replace("below: 2", "below: 100"), pool)
        remedied(rendered, "watchkeeper up")
    # A resolved message that a silence mutes would leave the next page for the repeat interval.
    rendered.await_resolved("SandboxPoolDepleted", began)
    assert set(rendered.pages(began)) == {"SandboxPoolDepleted"}


def test_a_page_that_did_not_arrive(rendered: ChaosStack) -> None:
    began = time.time()
    remedied(rendered, 'watchkeeper silence add SandboxPoolDepleted --duration 2h --comment "forgotten"')
    rendered.set_fault(pool_empty=True)
    try:
        rendered.until(lambda: "SandboxPoolDepleted" in rendered.firing())
        number, row, shown = follow(rendered, "A page did not arrive")
        assert (number, row.shows) == (1, ("  mutes SandboxPoolDepleted",))
        assert "SandboxPoolDepleted" not in rendered.pages(began)
        word = re.search(r"^([0-9a-f]+) .*\n.*\n  mutes SandboxPoolDepleted", shown, re.MULTILINE)
        assert word is not None
        remedied(rendered, row.remedy[0].replace("ID", word[1]))
        rendered.await_page("SandboxPoolDepleted", began)
    finally:
        rendered.heal()
