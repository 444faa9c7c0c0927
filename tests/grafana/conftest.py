"""Rendered dashboards, and Grafana's published packages in a cache folder outside the tree."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loading import load_plan
from watchkeeper.backends import grafana
from watchkeeper.contract import PACKS
from watchkeeper.naming import DASHBOARDS
from watchkeeper.toolchain import cache_root
from watchkeeper.toolchain.building.build_lock import Lock

HERE = Path(__file__).parent
BUNDLED = HERE.parents[1] / "monitoring" / "SLO_DEFINITIONS.yml"
SPECS = {
    "http only": "version: watchkeeper/v1\nservice: checkout\n",
    "every pack": f"version: watchkeeper/v1\nservice: checkout\nsignals: [{', '.join(PACKS)}]\n",
    "no http": "version: watchkeeper/v1\nservice: worker\nsignals: [system]\n",
    "several services": (
        "version: watchkeeper/v1\nrunbook_base_url: https://runbooks.example.com\nservices:\n"
        "  - service: checkout\n  - {service: ledger, signals: [http, sandbox]}\n"
    ),
}
NPM_FLAGS = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--prefer-offline")


@pytest.fixture(scope="session")
def dashboards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Give every dashboard of the bundled spec, by its path, and of some small ones."""
    found = dict(rendered(BUNDLED))
    for name, text in SPECS.items():
        spec = tmp_path_factory.mktemp("spec") / "spec.yml"
        spec.write_text(text, encoding="utf-8")
        found |= {f"{name}: {path}": page for path, page in rendered(spec).items()}
    return found


def rendered(spec: Path) -> dict[str, dict[str, Any]]:
    files = grafana.render(load_plan(spec))
    return {
        path.removeprefix(f"{DASHBOARDS}/"): json.loads(text)
        for path, text in files.items()
        if path.startswith(DASHBOARDS)
    }


Problems = Callable[[list[dict[str, Any]]], list[list[str]]]


@pytest.fixture(scope="session")
def problems_of(tmp_path_factory: pytest.TempPathFactory) -> Problems:
    """Give the check of dashboards against Grafana's types and registries: a list of problems for each."""
    modules = installed_packages()

    def check(pages: list[dict[str, Any]]) -> list[list[str]]:
        folder = tmp_path_factory.mktemp("pages")
        paths = [folder / f"{index}.json" for index in range(len(pages))]
        for path, page in zip(paths, pages, strict=True):
            path.write_text(json.dumps(page), encoding="utf-8")
        command = ["node", str(HERE / "check.mjs"), str(modules), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        found: list[list[str]] = json.loads(done.stdout)
        return found

    return check


def installed_packages() -> Path:
    """Return the folder with node_modules, installed once for each state of the lock file."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("no npm or no node here: dashboards are not checked against Grafana's own types")
    manifests = (HERE / "package.json", HERE / "package-lock.json")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in manifests)).hexdigest()[:12]
    folder = cache_root() / "npm" / digest
    lock = Lock(folder.with_suffix(".lock"))
    lock.wait()
    try:
        if not folder.is_dir():
            install(npm, folder, manifests)
    finally:
        lock.release()
    return folder


def install(npm: str, folder: Path, manifests: tuple[Path, ...]) -> None:
    staged = folder.with_suffix(".new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    for path in manifests:
        shutil.copy(path, staged)
    command = [npm, "ci", *NPM_FLAGS]
    done = subprocess.run(command, cwd=staged, capture_output=True, text=True, timeout=540, check=False)
    if done.returncode != 0:
        reason = f"npm could not install Grafana's packages: {done.stderr.strip()[-500:]}"
        if os.environ.get("WATCHKEEPER_REQUIRE_NPM") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    staged.rename(folder)
