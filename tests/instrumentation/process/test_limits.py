"""Memory and CPU limits are the smallest that apply: stated, of the control group, of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend_instrumentation.process import machine as system
from backend_instrumentation.process.limits import (
    CPU_VARIABLE,
    MEMORY_VARIABLE,
    cpu_limit_cores,
    memory_limit_bytes,
)
from backend_instrumentation.process.machine import SystemCollector

GIB = 1024**3
UNLIMITED_V1 = "9223372036854771712"
CORES = float(len(os.sched_getaffinity(0)))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    monkeypatch.delenv(CPU_VARIABLE, raising=False)
    write(tmp_path / "proc/meminfo", "MemTotal:       8388608 kB\nMemFree:  1 kB\n")
    (tmp_path / "cgroup").mkdir()
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def memory(machine: Path) -> float:
    return memory_limit_bytes(proc=machine / "proc", cgroups=machine / "cgroup")


def cpu(machine: Path) -> float:
    return cpu_limit_cores(proc=machine / "proc", cgroups=machine / "cgroup")


def test_without_control_groups_the_machine_is_the_limit(machine: Path) -> None:
    assert (memory(machine), cpu(machine)) == (8 * GIB, CORES)


def test_version_2_limits_of_the_group_and_of_its_parents_apply(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/system.slice/shop.service\n")
    group = machine / "cgroup/system.slice/shop.service"
    write(group / "memory.max", f"{2 * GIB}\n")
    write(group / "cpu.max", "max 100000\n")
    assert (memory(machine), cpu(machine)) == (2 * GIB, CORES)
    write(group.parent / "memory.max", f"{GIB}\n")
    write(group.parent / "cpu.max", "50000 100000\n")
    assert (memory(machine), cpu(machine)) == (GIB, 0.5)


def test_a_container_sees_its_version_2_group_at_the_root(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/docker/0123\n")
    write(machine / "cgroup/memory.max", f"{GIB}\n")
    write(machine / "cgroup/cpu.max", "25000 100000\n")
    assert (memory(machine), cpu(machine)) == (GIB, 0.25)


def test_version_1_limits_apply(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "5:cpu,cpuacct:/docker/0123\n3:memory:/docker/0123\n0::/\n")
    write(machine / "cgroup/memory/docker/0123/memory.limit_in_bytes", f"{GIB}\n")
    write(machine / "cgroup/memory/memory.limit_in_bytes", UNLIMITED_V1)
    write(machine / "cgroup/cpu/cpu.cfs_quota_us", "30000\n")
    write(machine / "cgroup/cpu/cpu.cfs_period_us", "100000\n")
    assert (memory(machine), cpu(machine)) == (GIB, 0.3)
    write(machine / "cgroup/cpu/cpu.cfs_quota_us", "-1\n")
    assert cpu(machine) == CORES


def test_a_group_without_limits_leaves_the_machines(machine: Path) -> None:
    write(machine / "proc/self/cgroup", "0::/../..\n")
    write(machine / "cgroup/memory.max", "max\n")
    write(machine / "cgroup/cpu.max", "nonsense\n")
    assert (memory(machine), cpu(machine)) == (8 * GIB, CORES)


@pytest.mark.parametrize("nonsense", ["", "many", "-1", "0", "nan"])
def test_a_stated_limit_lowers_and_never_raises(
    machine: Path, monkeypatch: pytest.MonkeyPatch, nonsense: str
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, str(GIB))
    monkeypatch.setenv(CPU_VARIABLE, "0.25")
    assert (memory(machine), cpu(machine)) == (GIB, 0.25)
    monkeypatch.setenv(MEMORY_VARIABLE, str(100 * GIB))
    monkeypatch.setenv(CPU_VARIABLE, "1e9")
    assert (memory(machine), cpu(machine)) == (8 * GIB, CORES)
    monkeypatch.setenv(MEMORY_VARIABLE, nonsense)
    monkeypatch.setenv(CPU_VARIABLE, nonsense)
    assert (memory(machine), cpu(machine)) == (8 * GIB, CORES)


def test_the_machine_itself_can_be_read() -> None:
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for metric in SystemCollector().collect()
        for sample in metric.samples
    }
    assert 0 < values[("process_memory_limit_bytes",)] <= values[("system_memory_total_bytes",)]
    assert 0 < values[("process_cpu_limit_cores",)] <= (os.cpu_count() or 1)
    assert 0 < values[("system_memory_available_bytes",)] < values[("system_memory_total_bytes",)]
    assert values[("system_cpu_seconds_total", "user")] > 0
    assert 0 < values[("system_disk_available_bytes",)] < values[("system_disk_total_bytes",)]
    assert values[("system_network_receive_bytes_total",)] >= 0


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError, ValueError, IndexError, KeyError])
def test_what_cannot_be_read_is_left_out_and_the_rest_stands(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> system.Readings:
        raise error("not on this machine")

    readers = {**system._READERS, "system_cpu_seconds_total": unreadable}
    monkeypatch.setattr(system, "_READERS", readers)
    samples = {metric.name: len(metric.samples) for metric in SystemCollector().collect()}
    assert samples.pop("system_cpu_seconds") == 0
    assert set(samples.values()) == {1}
