"""Checks of the machine, on machines that are written down as files, and on this one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.loading import load_plan
from tests.unit.backup.made_backups import SPEC, spec_in
from watchkeeper.cost.rule_cost import our_cost
from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Limits, Resources, Stack
from watchkeeper.plan.plan import Plan
from watchkeeper.preflight.clock_line import clock_line
from watchkeeper.preflight.ingest import disk_line, expected_rate, needed_bytes, retention_line, size_bytes
from watchkeeper.preflight.machine_lines import (
    cores_line,
    files_line,
    inotify_line,
    memory_bytes,
    memory_line,
    selinux_line,
)
from watchkeeper.preflight.preflight_line import Running

NOBODY = Running("http://127.0.0.1:1", 0)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Give a plan of one service with one objective."""
    return load_plan(spec_in(tmp_path))


def test_docker_refuses_a_limit_above_the_cores(plan: Plan) -> None:
    large = Stack(resources=Resources(prometheus=Limits(Decimal(4), "1g")))
    line = cores_line(large, "compose", cores=2)
    assert (line.state, line.found) == ("fail", "2 cores; the limits add up to 5.1")
    assert line.remedy == "Docker refuses a limit above the cores: lower stack.resources.prometheus.cpus"
    assert cores_line(large, "native", cores=2).state == "warn"
    assert cores_line(Stack(), "native", cores=2).state == "ok"


def machine(folder: Path, **files: str) -> Path:
    """Write files of /proc and /sys; two underscores are a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_memory_is_compared_with_the_limits(tmp_path: Path) -> None:
    for free, state in ((1_800_000, "ok"), (1_500_000, "warn"), (500_000, "fail")):
        system = machine(tmp_path, proc__meminfo=f"MemAvailable: {free} kB\n")
        assert memory_line(Stack(), "native", None, system=system).state == state
    assert memory_line(Stack(), "native", NOBODY, system=system).state == "ok"
    assert [memory_bytes(text) for text in ("512m", "1gb", "3k")] == [512 << 20, 1 << 30, 3 << 10]


def test_instances_of_inotify_are_counted(tmp_path: Path) -> None:
    system = machine(tmp_path, proc__sys__fs__inotify__max_user_instances="10\n", proc__7__comm="x")
    (tmp_path / "proc/7/fd").mkdir()
    for number in range(2):
        (tmp_path / f"proc/7/fd/{number}").symlink_to("anon_inode:inotify")
    (tmp_path / "proc/7/fd/9").symlink_to("/dev/null")
    assert inotify_line(system=system).found == "2 of 10 instances of this user in use"
    assert inotify_line(system=system).state == "ok"
    (tmp_path / "proc/7/fd/3").symlink_to("anon_inode:inotify")
    line = inotify_line(system=system)
    assert (line.state, "sysctl -w fs.inotify.max_user_instances" in line.remedy) == ("fail", True)


def test_selinux_is_named_where_it_enforces(tmp_path: Path) -> None:
    assert "does not restrict" in selinux_line("compose", system=tmp_path).found
    system = machine(tmp_path, sys__fs__selinux__enforce="1")
    assert "labeled for containers" in selinux_line("compose", system=system).found
    assert "run as this user" in selinux_line("native", system=system).found


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2000, reason="needs 2000 open files")
def test_the_hard_limit_of_open_files_decides() -> None:
    ask = "from watchkeeper.preflight.machine_lines import files_line as f; print(f().state)"
    for limit, state in ((900, "fail"), (1500, "warn")):
        command = ["bash", "-c", f"ulimit -n {limit}; exec {sys.executable} -c '{ask}'"]
        assert subprocess.run(command, capture_output=True, text=True).stdout == f"{state}\n"
    assert files_line().check == "open files"


def test_a_disk_without_room_for_the_retention_fails(plan: Plan, tmp_path: Path) -> None:
    assert disk_line(plan, tmp_path / "not" / "there" / "yet", None).state == "ok"
    forever = replace(plan, stack=replace(plan.stack, retention=Duration.parse("500000d")))
    line = disk_line(forever, tmp_path, NOBODY)
    assert line.state == "fail"
    assert "(expected)" in line.found
    assert line.remedy.endswith("or set stack.retention_size below what is free")
    bounded = replace(forever, stack=replace(forever.stack, retention_size="1MB"))
    assert disk_line(bounded, tmp_path, None).state == "ok"
    assert needed_bytes(bounded.stack, 1e6) == size_bytes("1MB") == 1 << 20
    assert 200 < expected_rate(plan) < 600


def test_the_expected_rate_counts_what_the_rules_record_as_cost_does(plan: Plan) -> None:
    bare = replace(plan, services=tuple(replace(each, slos=()) for each in plan.services))
    recorded = our_cost(plan, 200).samples_a_second
    assert recorded > 0.4
    assert expected_rate(plan) - expected_rate(bare) == pytest.approx(recorded)


def test_a_size_that_keeps_less_than_a_window_is_told(plan: Plan) -> None:
    assert retention_line(plan, None).state == "ok"
    small = replace(plan, stack=replace(plan.stack, retention_size="100MB"))
    line = retention_line(small, None)
    assert line.state == "warn"
    assert "100MB keeps about 2 days at" in line.found


def test_clocks_that_differ_are_told() -> None:
    assert clock_line([("the engine", 1.0)]).found.endswith("compared with the engine")
    assert clock_line([("the engine", 5.0)]).found == "the engine is 5 s ahead of this machine"
    assert [clock_line([("r", ahead)]).state for ahead in (-3.0, -300.0)] == ["warn", "fail"]


def test_nothing_is_said_about_other_users_processes(tmp_path: Path) -> None:
    system = machine(tmp_path, proc__sys__fs__inotify__max_user_instances="10\n", proc__7__comm="x")
    (tmp_path / "proc/7/fd").mkdir(mode=0o000)
    assert inotify_line(system=system).found == "0 of 10 instances of this user in use"
    os.chmod(tmp_path / "proc/7/fd", 0o700)  # noqa: PTH101 - for the cleaning of the folder


def test_the_spec_of_the_tests_has_a_window(plan: Plan) -> None:
    assert "objective: 99%" in SPEC
    assert "the longest window of an objective is 30d" in retention_line(plan, None).found
