"""A publish that the system will not let through: no permission, no room."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchkeeper.publish import publish

NOBODY = 65534
ATTEMPT = """
import os
import sys
from pathlib import Path
from watchkeeper.publish import PublishRefused, publish
if os.geteuid() == 0:
    os.setuid(int(sys.argv[3]))  # after the imports: the interpreter may be in a folder of root's
files = {"a.yml": "a" * 10, "big.yml": "b" * int(sys.argv[2]), "c/d.yml": "c"}
try:
    publish(files, Path(sys.argv[1]))
except PublishRefused as refused:
    print(refused)
"""


def attempt(root: Path, *, size: int, prefix: tuple[str, ...] = (), user: int = 0, limit: int = -1) -> str:
    """What another process says that publishes to `root`, as another user or with a limit on file sizes."""
    source = str(Path(__file__).parents[3] / "src")
    done = subprocess.run(
        [*prefix, sys.executable, "-c", ATTEMPT, str(root), str(size), str(user)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    assert done.stderr == ""
    return done.stdout


def contents(root: Path) -> dict[str, str]:
    """Every file below `root`, and every folder as empty text."""
    return {str(p.relative_to(root)): p.read_text() if p.is_file() else "" for p in root.rglob("*")}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach, which pytest's own is not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_without_permission_is_refused_before_anything_is_written(open_folder: Path) -> None:
    root = open_folder / "root"
    (root / "c").mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(root, NOBODY, -1)
    (root / "c").chmod(0o555)
    assert attempt(root, size=1, user=NOBODY) == "c/d.yml: no permission to write to its folder\n"
    assert [path.name for path in root.iterdir()] == ["c"]


def test_a_file_that_cannot_be_read_is_refused(open_folder: Path) -> None:
    root = open_folder / "root"
    root.mkdir()
    (root / "a.yml").write_text("secret")
    (root / "a.yml").chmod(0)
    assert attempt(root, size=1, user=NOBODY).startswith("a.yml: no permission")


def test_a_write_that_fails_half_way_leaves_the_old_set_and_no_rests(tmp_path: Path) -> None:
    """The limit on a file's size strikes like a full disk: at a write, in the middle of the set."""
    publish({"a.yml": "old", "big.yml": "old"}, tmp_path)
    before = contents(tmp_path)
    said = attempt(tmp_path, size=200_000, limit=100_000)
    assert said == "big.yml: the file is larger than this process may write (ulimit -f)\n"
    assert contents(tmp_path) == before


def test_a_full_disk_leaves_the_old_set_and_no_rests(tmp_path: Path) -> None:
    """On a real file system of 256 KiB in a mount namespace of its own."""
    private = ("unshare", "--mount", "--map-root-user", "sh", "-c")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=256k none {disk}"
    if subprocess.run([*private, mount], capture_output=True).returncode:
        pytest.skip("this machine lets no test mount a small file system")
    script = f'{mount} && "$@" && ls -A {disk}'
    assert attempt(disk, size=1_000_000, prefix=(*private, script, "sh")) == (
        "big.yml: the disk is full: free some space and render again\n"
    )
