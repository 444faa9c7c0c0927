"""`up` where an engine lacks the images: they come from a registry of this machine, or processes run and say why."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from tests.conftest import need_tool
from tests.integration.test_compose_mode import Site, engine, images, make_site
from watchkeeper.local_http import NoAnswer, get_json
from watchkeeper.stack.ports.free_ports import free_ports
from watchkeeper.toolchain import locate

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

__all__ = ["engine", "images"]  # fixtures

FROM_REGISTRY = ("PROMETHEUS_IMAGE", "ALERTMANAGER_IMAGE", "JAEGER_IMAGE", "GRAFANA_IMAGE")
PLAIN = """\
version: watchkeeper/v1
service: shop
team: web
targets: ["localhost:1"]
alerts: [{preset: service_down, severity: critical}]
notify: {receivers: {slack: {webhook_file: secrets/hook, channel: "#a"}}, routes: {critical: [slack]}}
stack:
  ports:
"""


@pytest.fixture(scope="module")
def fetchable(
    images: dict[str, str], engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """Give names by variable that a registry of this machine knows and the engine does not."""
    program, folder = need_tool("registry"), tmp_path_factory.mktemp("registry")
    port = free_ports().demo
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([program, "serve", folder / "config.yml"], stdout=log, stderr=log)
    names = {variable: f"127.0.0.1:{port}/{image.partition('/')[2]}" for variable, image in images.items()}
    try:
        _wait_for(port)
        for variable, name in names.items():
            engine.images.get(images[variable]).tag(name)
            for answer in engine.images.push(name, stream=True, decode=True):
                assert "error" not in answer, answer
        yield names
    finally:
        server.terminate()
        server.wait()
        _forget(engine, names.values())


def _answers(port: int) -> bool:
    with contextlib.suppress(NoAnswer):
        return bool(get_json(f"http://127.0.0.1:{port}/v2/") == {})
    return False


def _wait_for(port: int) -> None:
    for _ in range(100):
        if _answers(port):
            return
        time.sleep(0.1)
    pytest.fail("the registry does not answer")


def _forget(engine: docker.DockerClient, names: Iterable[str]) -> None:
    for name in names:
        with contextlib.suppress(ImageNotFound):
            engine.images.remove(name)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Give the variables of a machine that has Docker and Compose, but neither tools nor Go's modules."""
    return {
        "WATCHKEEPER_CACHE": str(tmp_path / "cache"),
        "WATCHKEEPER_DOCKER_COMPOSE": need_tool("docker-compose"),
        "GOPROXY": "off",
        "GOFLAGS": "-modcacherw",
        "GOMODCACHE": str(tmp_path / "modules"),
    }


def test_missing_images_are_fetched_and_verify_has_its_tools_from_them(
    fetchable: dict[str, str], engine: docker.DockerClient, bare: dict[str, str], tmp_path: Path
) -> None:
    _forget(engine, fetchable.values())
    site = _plain_site(tmp_path / f"watchkeeper-fetch-{os.getpid()}", fetchable)
    done = site.run("up", **bare)
    try:
        assert done.returncode == 0, done.stderr
        assert "in containers" in done.stdout
        assert f"fetching {fetchable['ALERTMANAGER_IMAGE']}" in done.stderr
        answer = site.run("tools", "--check", "--format", "json", **bare)
        paths = {tool["name"]: tool["path"] for tool in json.loads(answer.stdout)["tools"]}
        assert paths["promtool"] == f"{bare['WATCHKEEPER_CACHE']}/tools/prometheus/3.15.0-image/promtool"
        assert answer.returncode == 0
        verified = site.run("verify", **bare)
        assert verified.returncode == 0, verified.stdout + verified.stderr
    finally:
        site.run("down", "--volumes", **bare)


def test_on_a_terminal_compose_draws_its_own_progress_and_a_demo_without_registry_is_built(
    fetchable: dict[str, str], images: dict[str, str], engine: docker.DockerClient, tmp_path: Path
) -> None:
    _forget(engine, fetchable.values())
    built = f"watchkeeper-test/built-{os.getpid()}:1"
    site = make_site(tmp_path / f"watchkeeper-draw-{os.getpid()}", {**fetchable, "DEMO_IMAGE": built})
    dockerfile = site.root / "examples" / "helloagents" / "Dockerfile"
    dockerfile.parent.mkdir(parents=True)
    dockerfile.write_text(f"FROM {images['DEMO_IMAGE']}\n")
    try:
        shown = _on_a_terminal(site, "up")
        assert "Pulled" in shown
        assert "\x1b[" in shown
        assert engine.images.get(built)
        assert site.status()[1]["mode"] == "compose"
    finally:
        site.run("down", "--volumes")
        _forget(engine, [built])


def _on_a_terminal(site: Site, *command: str) -> str:
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "watchkeeper", *command],
        cwd=site.root,
        env={**os.environ, **site.images, "TERM": "xterm"},
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(master)
    assert process.wait() == 0, shown.decode(errors="replace")
    return shown.decode(errors="replace")


@pytest.fixture
def refused(tmp_path: Path) -> Site:
    """Give a site whose images are in a registry that is gone."""
    nobody = free_ports().demo
    return _plain_site(tmp_path / "root", dict.fromkeys(FROM_REGISTRY, f"127.0.0.1:{nobody}/gone:1"))


def _plain_site(root: Path, images: dict[str, str]) -> Site:
    """Make a site without a demo, whose few proofs are played quickly."""
    site = make_site(root, images)
    ports = site.spec.read_text().partition("  ports:\n")[2]
    site.spec.write_text(PLAIN + ports)
    return site


def test_where_fetching_is_refused_processes_run_and_say_why(
    refused: Site, engine: docker.DockerClient
) -> None:
    need_tool("docker-compose")
    done = refused.run("up")
    try:
        assert done.returncode == 0, done.stderr
        assert "as processes on this machine" in done.stdout
        (line,) = [line for line in done.stderr.splitlines() if "starting native processes" in line]
        assert line.startswith(
            f"a Docker engine answers, but {refused.images['JAEGER_IMAGE']} cannot be fetched ("
        )
        assert "connection refused" in line
        assert line.endswith("): starting native processes instead of containers")
    finally:
        refused.run("down", "--volumes")


@pytest.fixture
def without_compose(tmp_path: Path, engine: docker.DockerClient) -> dict[str, str]:
    """Give the variables of a machine that has the docker command and no Compose."""
    docker_command = shutil.which("docker")
    assert docker_command
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "docker").symlink_to(docker_command)
    tools = ("prometheus", "promtool", "alertmanager", "amtool", "jaeger")
    return {
        **{f"WATCHKEEPER_{name.upper()}": need_tool(name) for name in tools},
        "PATH": str(tmp_path / "path"),
        "HOME": str(tmp_path),
        "WATCHKEEPER_CACHE": str(tmp_path / "cache"),
    }


def test_compose_comes_from_its_image(
    refused: Site, without_compose: dict[str, str], engine: docker.DockerClient
) -> None:
    module = locate("docker-compose")[0]
    with _image_of(engine, module.image, need_tool("docker-compose"), at="docker-compose"):
        # It runs at once: it is what finds that the images of the stack cannot be fetched.
        done = refused.run("up", "--mode", "compose", **without_compose)
    assert f"{refused.images['JAEGER_IMAGE']} cannot be fetched" in done.stderr
    assert done.returncode == 1


@contextlib.contextmanager
def _image_of(engine: docker.DockerClient, name: str, program: str, *, at: str) -> Iterator[None]:
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w") as archive:
        archive.add(program, arcname=at)
    engine.api.import_image_from_data(layer.getvalue(), *name.split(":"))
    try:
        yield
    finally:
        engine.images.remove(name)


def test_where_compose_cannot_be_fetched_processes_run_and_say_why(
    refused: Site, without_compose: dict[str, str]
) -> None:
    # A server of signatures that is not there refuses every pull.
    nobody = {"DOCKER_CONTENT_TRUST": "1", "DOCKER_CONTENT_TRUST_SERVER": "https://127.0.0.1:1"}
    done = refused.run("up", **without_compose, **nobody)
    try:
        assert "but Compose is missing, and docker/compose-bin:v2.40.3 cannot be fetched (" in done.stderr
        assert "starting native processes instead of containers" in done.stderr
        assert "as processes on this machine" in done.stdout, done.stderr
    finally:
        refused.run("down", "--volumes", **without_compose)


def test_where_containers_were_demanded_a_refused_fetch_is_an_error(
    refused: Site, engine: docker.DockerClient
) -> None:
    need_tool("docker-compose")
    done = refused.run("up", "--mode", "compose")
    assert done.returncode == 1
    assert f"error: {refused.images['JAEGER_IMAGE']} cannot be fetched (" in done.stderr
    assert "native" not in done.stderr
    assert refused.run("status").returncode == 2


def test_where_processes_were_demanded_nothing_is_fetched(refused: Site, engine: docker.DockerClient) -> None:
    done = refused.run("up", "--mode", "native")
    try:
        assert done.returncode == 0, done.stderr
        assert "fetch" not in done.stderr
    finally:
        refused.run("down", "--volumes")
