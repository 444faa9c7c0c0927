"""Both packages as a user installs them: from a clone or as wheels, alone or together, in empty environments."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..conftest import need_tool

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT / "backend_instrumentation" / "contract.py"
SERVICE_ONLY = {"prometheus-client", "backend-instrumentation"}
GENERATOR_ONLY = {
    "watchkeeper",
    "pyyaml",
    "jsonschema",
    "promql-parser",
    "supervisor",
    "aiosmtpd",
    "jinja2",
    "uvicorn",
}
# What a service does with the package, far enough to need its dependencies.
USE = (
    "from starlette.applications import Starlette; from backend_instrumentation import instrument;"
    " instrument(Starlette(), config=None)"
)


@dataclass(frozen=True)
class Place:
    """A virtual environment without pip: this interpreter's pip installs into it."""

    home: Path

    def install(self, *what: str | Path) -> subprocess.CompletedProcess[str]:
        """Install requirements or paths."""
        return _pip("--python", self.home, "install", "--no-compile", *what)

    def uninstall(self, name: str) -> None:
        """Remove one package."""
        assert _pip("--python", self.home, "uninstall", "--yes", name).returncode == 0

    def installed(self) -> set[str]:
        """Return the names of the installed packages."""
        listed = _pip("--python", self.home, "list", "--format=freeze").stdout
        return {re.split("[= @]", line)[0].lower() for line in listed.splitlines()}

    def run(self, program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in a folder, with nothing of this repository on its path."""
        command = [str(self.home / "bin" / program), *arguments]
        return subprocess.run(
            command, cwd=cwd, env=_environment(), capture_output=True, text=True, check=False
        )


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}


def _pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", autouse=True)
def _index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Require an index with the build back end, as every installation from source does."""
    found = _pip("download", "--quiet", "--no-deps", "hatchling", "-d", tmp_path_factory.mktemp("index"))
    if found.returncode != 0:
        reason = f"pip reaches no package index: {found.stderr.strip().splitlines()[-1]}"
        (pytest.fail if os.environ.get("WATCHKEEPER_REQUIRE_TOOLS") else pytest.skip)(reason)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give both wheels, built from the clone into one folder."""
    folder = tmp_path_factory.mktemp("wheels")
    built = _pip("wheel", "--no-deps", ROOT, ROOT / "backend_instrumentation", "-w", folder)
    assert built.returncode == 0, built.stderr
    return {path.name.split("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give an empty virtual environment."""
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    return Place(home)


@pytest.mark.tools
def test_a_clone_installs_alone_and_renders_and_verifies_elsewhere(place: Place, tmp_path: Path) -> None:
    for tool in ("promtool", "amtool", "jaeger"):
        need_tool(tool)
    done = place.install(ROOT)
    assert done.returncode == 0, done.stderr
    assert place.installed() & SERVICE_ONLY == set()
    user = tmp_path / "user"
    user.mkdir()
    for command in ("init", "render", "verify"):
        answer = place.run("watchkeeper", command, cwd=user)
        assert answer.returncode == 0, f"{command}: {answer.stdout}{answer.stderr}"


def test_an_editable_clone_works_alone(place: Place, tmp_path: Path) -> None:
    done = place.install("--editable", ROOT)
    assert done.returncode == 0, done.stderr
    assert place.installed() & SERVICE_ONLY == set()
    answer = place.run(
        "python", "-c", "import watchkeeper.contract as c; print(c.HTTP_REQUESTS)", cwd=tmp_path
    )
    assert answer.stdout == "http_requests_total\n", answer.stderr


def test_the_wheel_has_the_contract_itself_and_shares_no_file(wheels: dict[str, Path]) -> None:
    names = {}
    for package, path in wheels.items():
        with zipfile.ZipFile(path) as wheel:
            names[package] = set(wheel.namelist())
    with zipfile.ZipFile(wheels["watchkeeper"]) as wheel:
        assert wheel.read("watchkeeper/contract.py") == CONTRACT.read_bytes()
    assert len(names) == 2
    assert names["watchkeeper"] & names["backend_instrumentation"] == set()


@pytest.mark.parametrize("first", ["watchkeeper", "backend_instrumentation"])
def test_wheels_install_in_either_order_and_leave_each_other_whole(
    place: Place, tmp_path: Path, wheels: dict[str, Path], first: str
) -> None:
    (second,) = set(wheels) - {first}
    only = {"watchkeeper": GENERATOR_ONLY, "backend_instrumentation": SERVICE_ONLY}
    assert place.install(wheels[first]).returncode == 0
    assert place.installed() & only[second] == set()
    assert place.install(wheels[second]).returncode == 0
    assert _works(place, first, tmp_path)
    assert _works(place, second, tmp_path)
    place.uninstall(first.replace("_", "-"))
    assert not _works(place, first, tmp_path)
    assert _works(place, second, tmp_path)


def _works(place: Place, package: str, folder: Path) -> bool:
    if package == "backend_instrumentation":
        return place.run("python", "-c", USE, cwd=folder).returncode == 0
    user = folder / f"user-{len(list(folder.iterdir()))}"
    user.mkdir()
    program = place.home / "bin" / "watchkeeper"
    return program.exists() and all(
        place.run("watchkeeper", command, cwd=user).returncode == 0 for command in ("init", "render")
    )
