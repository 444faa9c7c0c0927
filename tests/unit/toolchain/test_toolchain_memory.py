"""How many builds run at once under the limits of the machine and its control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from watchkeeper.toolchain.building import memory

GIB = 1024**3


def machine(root: Path, files: dict[str, str], *, available: int = 16 * GIB) -> Path:
    for name, text in {
        "proc/meminfo": f"MemTotal: 1 kB\nMemAvailable: {available // 1024} kB\n",
        **files,
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_without_control_groups_what_the_machine_has_counts(tmp_path: Path) -> None:
    assert memory.available_memory(system=machine(tmp_path, {})) == 16 * GIB


def test_a_limit_of_the_container_counts_less_what_is_in_use_plus_the_page_cache(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": f"{6 * GIB}\n",
        "sys/fs/cgroup/memory.current": f"{3 * GIB}\n",
        "sys/fs/cgroup/memory.stat": f"anon 5\ninactive_file {2 * GIB}\n",
    }
    assert memory.available_memory(system=machine(tmp_path, files)) == 5 * GIB


def test_a_limit_further_up_counts_too(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "0::/user.slice/build\n",
        "sys/fs/cgroup/user.slice/build/memory.max": "max\n",
        "sys/fs/cgroup/user.slice/build/memory.current": "1\n",
        "sys/fs/cgroup/user.slice/memory.max": f"{4 * GIB}\n",
        "sys/fs/cgroup/user.slice/memory.current": f"{1 * GIB}\n",
    }
    assert memory.available_memory(system=machine(tmp_path, files)) == 3 * GIB


def test_the_first_version_of_control_groups_counts_too(tmp_path: Path) -> None:
    files = {
        "proc/self/cgroup": "5:devices:/\n4:memory:/job\n0::/\n",
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{4 * GIB}\n",
        "sys/fs/cgroup/memory/job/memory.usage_in_bytes": f"{2 * GIB}\n",
        "sys/fs/cgroup/memory/job/memory.stat": f"inactive_file 7\ntotal_inactive_file {1 * GIB}\n",
    }
    assert memory.available_memory(system=machine(tmp_path, files)) == 3 * GIB


@pytest.mark.parametrize(
    ("gib", "cores", "jobs"), [(1, 2, 1), (7, 2, 1), (8, 2, 2), (24, 2, 2), (24, 8, 6), (24, 1, 1)]
)
def test_builds_at_once_are_bounded_by_memory_and_by_cores(
    monkeypatch: pytest.MonkeyPatch, gib: int, cores: int, jobs: int
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: gib * GIB)
    monkeypatch.setattr(memory, "cores", lambda: cores)
    assert memory.build_jobs() == jobs
