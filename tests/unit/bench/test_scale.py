"""What a command is said to have used is what it used, and a command that fails is no figure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scripts.bench_scale import spec_of, used
from watchkeeper.spec.read import read_spec


def test_the_memory_of_a_process_is_counted_and_that_of_what_it_waits_for() -> None:
    # A child counts what its parent had when it was forked, but what this process has is no part of the figure.
    ballast = bytearray(500_000_000)
    plain = used([sys.executable, "-c", "pass"])
    assert len(ballast) > 0
    greedy = "x = bytearray(500_000_000)"
    within = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{greedy}'])"
    assert 0 < plain.megabytes < 450
    assert used([sys.executable, "-c", greedy]).megabytes > 450
    assert used([sys.executable, "-c", within]).megabytes > 450
    assert plain.processor > 0
    assert plain.seconds > 0


def test_a_command_that_fails_ends_the_run_with_its_words() -> None:
    with pytest.raises(SystemExit, match="ended with 3: no good"):
        used([sys.executable, "-c", "import sys; print('no good', file=sys.stderr); sys.exit(3)"])


@pytest.mark.parametrize("slos", [1, 10, 25])
def test_a_spec_has_the_slos_that_it_is_asked_for(slos: int, tmp_path: Path) -> None:
    path = tmp_path / "spec.yml"
    path.write_text(json.dumps(spec_of(slos)))
    spec, problems = read_spec(path)
    assert sum(len(service.slos) for service in spec.services) == slos
    assert {problem.level for problem in problems} <= {"note"}
