"""Backup, loss of everything and restore of the stack in containers: its volumes, Grafana's users, and nobody paged again."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.containers.test_jaeger import TRACE, one_span, stored
from tests.containers.waiting import eventually, post_json
from tests.integration.backed_up import (
    FIRES,
    Seen,
    all_is_equal,
    backed_up,
    nothing_was_missed,
    trace_of,
)
from tests.integration.test_compose_mode import BUNDLED, Site, engine, images, make_site
from watchkeeper.backup.archive import read_archive, read_manifest
from watchkeeper.sinks.sink_client import SinkClient

__all__ = ["engine", "images"]

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

PARTS = ("prometheus", "alertmanager", "jaeger", "grafana")


@pytest.fixture(scope="module")
def place(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, running in containers, with one alert that fires at once."""
    spec = BUNDLED.read_text(encoding="utf-8").replace("\nalerts:\n", f"\nalerts:\n{FIRES}")
    root = tmp_path_factory.mktemp("backup") / f"watchkeeper-backup-{os.getpid()}"
    site = make_site(root, images, text=spec)
    done = site.run("up", "--mode", "compose")
    try:
        assert done.returncode == 0, done.stderr
        yield site
    finally:
        site.run("down", "--volumes")


@pytest.fixture(scope="module")
def seen(place: Site, engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Give what the stack answered, after a backup while it ran."""

    def one_trace(address: str) -> dict[str, Any]:
        # The demo's image here sends none.
        jaeger = engine.containers.get(f"{place.root.name}-jaeger-1")
        post_json(f"http://127.0.0.1:{jaeger.ports['4318/tcp'][0]['HostPort']}/v1/traces", one_span())
        eventually(lambda: stored(address.rstrip("/")), bool, within=60)
        return {TRACE: trace_of(address, TRACE)}

    return backed_up(place, tmp_path_factory.mktemp("elsewhere") / "stack.tar", one_trace)


def test_a_backup_of_the_running_containers_misses_no_scrape(place: Site, seen: Seen) -> None:
    nothing_was_missed(seen)
    assert seen.notes == []
    last = place.status()[1]["last_backup"]
    assert (last["path"], last["is_there"]) == (str(seen.backup), True)
    assert seen.backup.stat().st_mode & 0o777 == 0o600


def test_grafanas_users_are_in_the_backup_and_its_other_files_are_not(seen: Seen, tmp_path: Path) -> None:
    manifest = read_archive(seen.backup, into=tmp_path / "out")
    assert manifest.mode == "compose"
    assert [each.path for each in manifest.files if each.part == "grafana"] == ["grafana/grafana.db"]
    assert logins(tmp_path / "out" / "grafana" / "grafana.db") == ["ada"]


def logins(database: Path) -> list[str]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return [login for (login,) in connection.execute("SELECT login FROM user ORDER BY login")]


def test_containers_that_run_are_not_restored(place: Site, seen: Seen) -> None:
    done = place.run("restore", str(seen.backup), "--replace")
    assert done.returncode == 2
    assert done.stderr.startswith("error: the stack is running (")
    assert f"{place.root.name}-prometheus-1" in done.stderr
    assert place.status()[0] == 0


def test_after_the_loss_of_all_volumes_all_is_equal_and_nobody_is_notified_again(
    place: Site,
    seen: Seen,
    engine: docker.DockerClient,
) -> None:
    assert place.run("down", "--volumes").returncode == 0
    ours = {"label": f"com.docker.compose.project={place.root.name}"}
    tried = place.run("restore", str(seen.backup), "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert engine.volumes.list(filters=ours) == []
    done = place.run("restore", str(seen.backup))
    assert done.returncode == 0, done.stderr
    assert "Start it with watchkeeper up --mode compose\n" in done.stdout
    assert len(engine.volumes.list(filters=ours)) == len(PARTS)
    # Nothing was started since: what was restored is deleted, and restored again.
    assert place.run("down", "--volumes").returncode == 0
    assert engine.volumes.list(filters=ours) == []
    assert place.run("restore", str(seen.backup)).returncode == 0
    started = place.run("up", "--mode", "compose")
    assert started.returncode == 0, started.stderr
    all_is_equal(seen)
    # The group would be notified again within its group_wait, as it is when the log is missing.
    time.sleep(20)
    assert seen.paged >= 1
    sinks = SinkClient(seen.urls["Sinks"])
    assert [one for one in sinks.deliveries() if "AlwaysFires" in one.alerts] == []
    assert logins(folder(place, engine, "grafana") / "grafana.db") == ["ada"]


def folder(place: Site, engine: docker.DockerClient, part: str) -> Path:
    """Return the folder of a part's volume."""
    return Path(engine.volumes.get(f"{place.root.name}_{part}-data").attrs["Mountpoint"])


def test_a_restore_that_is_killed_at_any_moment_leaves_the_old_volumes_or_the_new(
    place: Site,
    seen: Seen,
    engine: docker.DockerClient,
) -> None:
    assert place.run("down").returncode == 0
    refused = place.run("restore", str(seen.backup))
    assert refused.returncode == 2
    assert refused.stderr.count("has data: --replace replaces it, and nothing is merged") == len(PARTS)
    owners = {part: owner(folder(place, engine, part)) for part in PARTS}
    words = [sys.executable, "-m", "watchkeeper", "restore", str(seen.backup), "--replace"]
    environment = {**os.environ, **place.images, "NO_COLOR": "1"}
    started = time.monotonic()
    assert place.run(*words[3:]).returncode == 0
    whole = time.monotonic() - started
    assert {part: owner(folder(place, engine, part)) for part in PARTS} == owners
    for _ in range(4):
        for part in PARTS:
            (folder(place, engine, part) / "old").write_text("")
        process = subprocess.Popen(words, cwd=place.root, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(0.3, 1.0) * whole)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert place.run("restore", str(seen.backup), "--replace", "--dry-run").returncode == 0
        assert len({(folder(place, engine, part) / "old").exists() for part in PARTS}) == 1
    assert place.run(*words[3:]).returncode == 0
    for part in PARTS:
        there = folder(place, engine, part)
        assert not (there / "old").exists()
        assert list(there.parent.glob("*.wk-*")) == []


def test_a_backup_of_containers_becomes_one_of_processes_and_comes_back(
    place: Site, seen: Seen, engine: docker.DockerClient, tmp_path: Path
) -> None:
    assert place.run("down").returncode == 0
    elsewhere, native = ("--state", str(tmp_path / "state")), tmp_path / "native.tar"
    done = place.run("restore", str(seen.backup), "--mode", "native", *elsewhere)
    assert done.returncode == 0, done.stderr
    assert "Grafana's users and preferences stay in the backup" in done.stdout + done.stderr
    made = place.run("backup", "--out", str(native), *elsewhere)
    assert made.returncode == 0, made.stderr
    ours, theirs = read_manifest(seen.backup), read_manifest(native)
    kept = {each for each in ours.files if each.part in ("prometheus", "alertmanager", "jaeger")}
    sizes = {each.path: each.size for each in theirs.files}
    assert (theirs.mode, set(theirs.files) >= kept) == ("native", True)
    users = folder(place, engine, "grafana") / "grafana.db"
    before = users.read_bytes()
    back = place.run("restore", str(native), "--mode", "compose", "--replace")
    assert back.returncode == 0, back.stderr
    log = folder(place, engine, "alertmanager") / "nflog"
    assert (log.stat().st_size, users.read_bytes()) == (sizes["alertmanager/nflog"], before)


def owner(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_gid
