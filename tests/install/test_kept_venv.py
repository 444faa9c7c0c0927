"""Clones share one environment for the same requirements, which is installed once; what fails is not kept."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "kept_venv.sh"
# Stands for Python and pip: what is installed is the matter of the suites that use it.
PYTHON = """\
#!/bin/sh
[ "$1" = -c ] && exec echo 3.11
mkdir -p "$4/bin" && touch "$4/pyvenv.cfg"
printf '#!/bin/sh\\nsleep 0.2; echo "$*" >> %s; case "$*" in *missing*) exit 1;; esac' > "$4/bin/pip"
chmod +x "$4/bin/pip"
"""


@pytest.fixture
def python(tmp_path: Path) -> Path:
    path = tmp_path / "python"
    path.write_text(PYTHON % (tmp_path / "installed"))
    path.chmod(0o755)
    return path


def kept(python: Path, place: str, *requirements: str) -> int:
    done = subprocess.run(
        [SCRIPT, python.parent / place, *requirements],
        env={**os.environ, "PYTHON": str(python), "WATCHKEEPER_CACHE": str(python.parent / "cache")},
        capture_output=True,
        check=False,
    )
    return done.returncode


def test_clones_that_ask_at_once_share_one_installation(python: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(lambda n: kept(python, f"clone{n}/peers", "a==1", "b==2"), range(3)))
    assert codes == [0, 0, 0]
    links = {(tmp_path / f"clone{n}" / "peers").readlink() for n in range(3)}
    assert len(links) == 1
    assert next(iter(links)).is_relative_to(tmp_path / "cache")
    assert len((tmp_path / "installed").read_text().splitlines()) == 1
    assert kept(python, "clone0/peers", "a==1", "b==3") == 0
    assert (tmp_path / "clone0" / "peers").readlink() not in links


def test_what_failed_is_tried_again(python: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert kept(python, "clone/peers", "missing") == 3
        assert not (tmp_path / "clone" / "peers").exists()
    assert len((tmp_path / "installed").read_text().splitlines()) == 2


def test_an_environment_of_an_earlier_release_gives_way_and_no_other_folder(
    python: Path, tmp_path: Path
) -> None:
    for name in ("old", "own"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept").touch()
    (tmp_path / "old" / "pyvenv.cfg").touch()
    assert kept(python, "old", "a") == 0
    assert (tmp_path / "old").is_symlink()
    assert kept(python, "own", "a") != 0
    assert (tmp_path / "own" / "kept").exists()
