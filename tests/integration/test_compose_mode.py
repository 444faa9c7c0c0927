"""`up` in containers: the rendered Compose file, started, seen, changed and removed by the commands.

Grafana's image cannot be made here: a page that answers its health check and metrics stands in its place.
"""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import need_bugsink, need_tool
from tests.containers import images as recipes
from tests.containers.engine import connect, required
from tests.containers.waiting import eventually, post_json
from watchkeeper.local_http import get_json
from watchkeeper.stack.ports.free_ports import free_ports

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]

BUNDLED = Path(__file__).parents[2] / "monitoring" / "SLO_DEFINITIONS.yml"
HURRY = "  scrape_interval: 2s\n  evaluation_interval: 2s\n"
STAND_IN = "watchkeeper-test/grafana-stand-in:1"
PAGE = """\
import http.server
import sqlite3

users = sqlite3.connect("/var/lib/grafana/grafana.db", isolation_level=None, check_same_thread=False)
users.execute("CREATE TABLE IF NOT EXISTS user (login TEXT PRIMARY KEY)")
users.execute("INSERT OR IGNORE INTO user VALUES ('ada')")
users.execute("CREATE TABLE IF NOT EXISTS seen (path TEXT)")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        users.execute("INSERT INTO seen VALUES (?)", [self.path])
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"stand_in 1\\n")


http.server.HTTPServer(("", 3000), Page).serve_forever()
"""


@dataclass(frozen=True)
class Site:
    """A folder with a spec of its own, and the commands run on it with these images."""

    root: Path
    images: dict[str, str]

    @property
    def spec(self) -> Path:
        return self.root / "monitoring" / "SLO_DEFINITIONS.yml"

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "WATCHKEEPER_STATE"}
        return subprocess.run(
            [sys.executable, "-m", "watchkeeper", *command],
            cwd=self.root,
            env={**environment, **self.images, **variables, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )

    def status(self) -> tuple[int, dict[str, Any]]:
        done = self.run("status", "--format", "json")
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the running engine."""
    client = connect(require=required())
    yield client
    client.close()


@pytest.fixture(scope="module")
def images(engine: docker.DockerClient) -> dict[str, str]:
    """Give every image that the Compose file needs, by its variable."""
    for name in ("prometheus", "promtool", "alertmanager", "amtool", "jaeger", "docker-compose"):
        need_tool(name)
    built = recipes.build_all(engine)
    return {**built, "GRAFANA_IMAGE": stand_in(engine, demo=built["DEMO_IMAGE"], wget=built["JAEGER_IMAGE"])}


def stand_in(engine: docker.DockerClient, *, demo: str, wget: str) -> str:
    """Build an image with Python that answers on Grafana's port and has its database, and the wget of its health check."""
    dockerfile = f"""\
FROM {demo}
COPY --from={wget} /bin/busybox /bin/busybox
COPY --from={wget} /usr/bin/wget /usr/bin/wget
COPY page.py /page.py
USER 0
ENV PATH=/usr/local/bin:/usr/bin:/bin
RUN ["python", "-c", "import os; os.makedirs('/var/lib/grafana'); os.chown('/var/lib/grafana', 472, 0)"]
ENTRYPOINT ["python", "/page.py"]
"""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as archive:
        for name, text in (("Dockerfile", dockerfile), ("page.py", PAGE)):
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o644
            archive.addfile(info, io.BytesIO(text.encode()))
    context.seek(0)
    engine.images.build(fileobj=context, custom_context=True, tag=STAND_IN, rm=True, forcerm=True)
    return STAND_IN


@pytest.fixture(scope="module")
def running(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, running in containers because every image is there."""
    site = make_site(tmp_path_factory.mktemp("compose") / f"watchkeeper-up-{os.getpid()}", images)
    done = site.run("up")
    try:
        assert done.returncode == 0, done.stderr
        assert "in containers" in done.stdout
        yield site
    finally:
        site.run("down", "--volumes")


def make_site(root: Path, images: dict[str, str], *, text: str | None = None) -> Site:
    """Make a folder with a spec, the bundled one by default, on ports that nobody else uses."""
    (root / "monitoring").mkdir(parents=True)
    root.parent.chmod(0o755)
    ports = "".join(f"    {name}: {port}\n" for name, port in asdict(free_ports()).items())
    site = Site(root, images)
    spec = (text or BUNDLED.read_text(encoding="utf-8")).rstrip()
    site.spec.write_text(f"{spec}\n{HURRY}  ports:\n{ports}", encoding="utf-8")
    return site


def test_where_every_image_is_there_up_chooses_containers_and_all_is_well(running: Site) -> None:
    code, seen = running.status()
    assert (code, seen["mode"], seen["problems"]) == (0, "compose", [])
    assert {part["name"] for part in seen["parts"]} == {
        *("prometheus", "alertmanager", "jaeger", "grafana", "runbooks", "helloagents", "load", "sinks")
    }
    assert {target["job"] for target in seen["targets"]} == {
        *("helloagents", "prometheus", "alertmanager", "jaeger", "jaeger-spans", "grafana")
    }
    # Tiles have their first turn within five minutes.
    assert {rule["health"] for rule in seen["rules"] if not rule["group"].endswith("-tiles")} == {"ok"}
    assert {rule["health"] for rule in seen["rules"]} <= {"ok", "waiting"}


def test_missing_secrets_send_notifications_to_the_sinks_in_their_container(running: Site) -> None:
    urls = running.status()[1]["urls"]
    config = get_json(f"{urls['Alertmanager']}/api/v2/status")["config"]["original"]
    assert "http://sinks:9199/pagerduty/v2/enqueue" in config
    assert "smtp.example.com" not in config


def test_grafana_gets_a_password_of_its_own_that_its_group_may_read(running: Site) -> None:
    password = running.root / "monitoring/grafana/secrets/admin_password"
    assert len(password.read_text()) >= 20
    assert password.stat().st_mode & 0o777 == 0o640


def test_a_second_up_changes_nothing_and_an_edited_threshold_is_reloaded(running: Site) -> None:
    assert "nothing changed." in running.run("up").stdout
    text = running.spec.read_text(encoding="utf-8")
    running.spec.write_text(text.replace("above: 5%", "above: 7%"), encoding="utf-8")
    done = running.run("up")
    assert "up to date, in containers: reloaded prometheus." in done.stdout, done.stderr
    prometheus = running.status()[1]["urls"]["Prometheus"]
    groups = get_json(f"{prometheus}/api/v1/rules")["data"]["groups"]
    assert any("0.07" in rule["query"] for group in groups for rule in group["rules"])


def test_a_stack_in_containers_is_not_started_a_second_time_as_processes(running: Site) -> None:
    done = running.run("up", "--mode", "native")
    assert done.returncode == 2
    assert "the stack runs in compose mode: stop it with `watchkeeper down` first" in done.stderr


def test_with_sentry_failures_are_stored_and_up_without_it_stops_the_server(
    running: Site, engine: docker.DockerClient
) -> None:
    image = recipes.build(recipes.sentry(need_bugsink()), client=engine)
    variables = {"SENTRY_IMAGE": image}
    done = running.run("up", "--with", "sentry", **variables)
    assert done.returncode == 0, done.stderr
    folder = running.root / ".watchkeeper/data/sentry"
    key = (folder / "project").read_text().split()[1]
    (dsn,) = re.findall(r"SENTRY_DSN=(\S+)", done.stdout)
    address = running.status()[1]["urls"]["Sentry"].rstrip("/")
    assert dsn == f"{address.replace('//', f'//{key}@')}/1"
    project = running.root.name
    (server,) = engine.containers.list(filters={"name": f"^{project}-sentry-1$"})
    assert server.attrs["Config"]["User"] != "0:0"
    # The password opens nothing for who can only inspect containers.
    assert (folder / "password").read_text() not in json.dumps(server.attrs)
    demo = running.status()[1]["urls"]["Demo"].removesuffix("/docs")
    post_json(f"{demo}/faults", {"error_ratio": 1})
    try:
        eventually(lambda: events(folder), lambda count: count > 0, within=60)
    finally:
        post_json(f"{demo}/faults", {"error_ratio": 0})
    done = running.run("up", **variables)
    assert (done.returncode, "stopped sentry" in done.stdout) == (0, True), done.stderr
    assert engine.containers.list(all=True, filters={"name": f"^{project}-sentry-1$"}) == []
    assert running.status()[0] == 0
    assert events(folder) > 0


def events(folder: Path) -> int:
    with closing(sqlite3.connect(f"file:{folder / 'db.sqlite3'}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM events_event").fetchone()[0])


def test_logs_come_from_the_containers(running: Site) -> None:
    assert "sinks: ready on" in running.run("logs", "sinks").stdout


def test_down_stops_the_containers_and_a_later_down_deletes_the_data(
    running: Site, engine: docker.DockerClient
) -> None:
    project = running.root.name
    ours = {"label": f"com.docker.compose.project={project}"}
    assert "stopped 8 containers" in running.run("down").stdout
    assert engine.containers.list(all=True, filters=ours) == []
    assert engine.volumes.list(filters=ours) != []
    assert running.run("status").returncode == 2
    assert running.run("down", "--volumes").returncode == 0
    assert engine.volumes.list(filters=ours) == []
    assert not (running.root / ".watchkeeper").exists()
