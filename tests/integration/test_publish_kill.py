"""A publish that is killed at a random moment leaves every file whole, and the next one recovers."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from watchkeeper.publish import MANIFEST, diff, publish

KILLS = 1000 if os.environ.get("WATCHKEEPER_LONG") == "1" else 200
# The latest moment of a kill, in publishes after the start of the first.
_PUBLISHES = 2.5
_SECONDS = 1_200 if KILLS > 200 else 120
SOURCE = Path(__file__).parents[2] / "src"
# Starting an interpreter takes longer than a publish. So one process forks a publisher for each share that
# it reads, and kills it after that share of a publish: the kill strikes a publisher at work from its first instant.
# How long a publish takes is measured before, since a busy disk makes it many times longer.
HATCHERY = """
import os, sys, time
from pathlib import Path
from watchkeeper.publish import publish
sys.path.insert(0, sys.argv[2])
from test_publish_kill import VERSIONS, tear
if sys.argv[3] == "torn":
    os.replace = tear
root = Path(sys.argv[1])
start = time.monotonic()
for files in VERSIONS:
    publish(files, root)
one = (time.monotonic() - start) / len(VERSIONS)
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        while True:
            for files in VERSIONS:
                publish(files, root)
    time.sleep(float(line) * one)
    os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


def version(letter: str) -> dict[str, str]:
    """A rendered set: thirty rule files, and some that only this version has."""
    rules = "".join(f"      - alert: {letter}{number}\n        expr: up == 0\n" for number in range(60))
    files = {f"monitoring/prometheus/rules/{n:02}.yml": f"# {n}\n{rules}" for n in range(30)}
    files |= {f"monitoring/runbooks/{letter}/{n}.md": f"# {letter}{n}\n" for n in range(5)}
    return files


VERSIONS = (version("a"), version("b"))


def tear(source: str | Path, target: str | Path) -> None:
    """What a writer without renames does on a slow disk: truncate, wait, write."""
    content = Path(source).read_bytes()
    with Path(target).open("wb") as file:
        time.sleep(0.002)
        file.write(content)
    Path(source).unlink()


def faults(root: Path) -> list[str]:
    """Every path that is torn, or missing although all versions have it."""
    found = []
    for path in sorted({path for files in VERSIONS for path in files}):
        wanted = [files.get(path) for files in VERSIONS]
        target = root / path
        if (target.read_text() if target.exists() else None) not in wanted:
            found.append(path)
    return found


def storm(root: Path, *, writer: str, kills: int) -> list[str]:
    """Kill that many publishers, or fewer if one leaves a fault or a slow disk takes all the time; return the faults."""
    command = [sys.executable, "-c", HATCHERY, str(root), str(Path(__file__).parent), writer]
    moments = random.Random(20)
    hatchery = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    )
    assert hatchery.stdin is not None
    assert hatchery.stdout is not None
    found: list[str] = []
    until = time.monotonic() + _SECONDS
    with hatchery:
        for _ in range(kills):
            if time.monotonic() > until:
                break
            print(moments.uniform(0, _PUBLISHES), file=hatchery.stdin, flush=True)
            # A publisher that refuses what its killed forerunner left ends by itself.
            ended = int(hatchery.stdout.readline())
            found = faults(root) if ended == -9 else [f"the next publish exits with {ended}"]
            if found:
                break
        hatchery.stdin.close()
    return found


def environment() -> Mapping[str, str]:
    """The environment in which a child finds the package."""
    return {**os.environ, "PYTHONPATH": str(SOURCE)}


@pytest.mark.timeout(_SECONDS + 180)
def test_every_file_is_whole_whenever_the_writer_is_killed(tmp_path: Path) -> None:
    publish(VERSIONS[0], tmp_path)
    assert storm(tmp_path, writer="ours", kills=KILLS) == []
    publish(VERSIONS[1], tmp_path)
    files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert diff(VERSIONS[1], tmp_path) == []
    assert files == {*VERSIONS[1], MANIFEST}


@pytest.mark.timeout(_SECONDS + 180)
def test_the_same_storm_finds_out_a_writer_that_truncates(tmp_path: Path) -> None:
    """Else the test above could pass because its kills come too late or its check sees nothing."""
    publish(VERSIONS[0], tmp_path)
    assert storm(tmp_path, writer="torn", kills=KILLS) != []
