"""Backup, loss of everything and restore of the real native stack: all is equal after it, and nobody is paged again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.conftest import need_tool
from tests.integration.backed_up import (
    FIRES,
    PATIENCE,
    Seen,
    all_is_equal,
    answer,
    backed_up,
    nothing_was_missed,
    some_traces,
    within,
)
from tests.integration.test_native_stack import BUNDLED, Site, site
from watchkeeper import naming
from watchkeeper.alertmanager_api import post_alerts
from watchkeeper.backup.last_backup import last_backup, publish_last_backup, remember
from watchkeeper.local_http import get_json
from watchkeeper.sinks.sink_client import SinkClient
from watchkeeper.stack.native.native_stack import TOOLS
from watchkeeper.stack.processes import marked

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the bundled spec's stack, running, with one alert that fires at once."""
    for name in TOOLS:
        need_tool(name)
    spec = BUNDLED.read_text(encoding="utf-8").replace("\nalerts:\n", f"\nalerts:\n{FIRES}")
    spec = spec.replace("\nstack:\n", "\nstack:\n  backup_every: 1h\n")
    made = site(tmp_path_factory.mktemp("backup") / "shop", spec)
    with made.running():
        yield made


@pytest.fixture(scope="module")
def seen(place: Site, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Give what the stack answered, after a backup while it ran."""
    backup = tmp_path_factory.mktemp("elsewhere") / "stack.tar"
    return backed_up(place, backup, lambda jaeger: within(PATIENCE, lambda: some_traces(jaeger)))


def test_a_backup_of_the_running_stack_misses_no_scrape_and_no_evaluation(place: Site, seen: Seen) -> None:
    nothing_was_missed(seen)
    assert len(seen.answers['sum by (__name__) ({__name__!=""})']) > 300
    assert all(len(series["values"]) > 5 for series in seen.samples["result"])


def test_status_knows_the_last_backup_which_only_its_owner_may_read(place: Site, seen: Seen) -> None:
    last = place.status()[1]["last_backup"]
    size = seen.backup.stat().st_size
    assert (last["path"], last["is_there"], last["bytes"]) == (str(seen.backup), True, size)
    assert seen.backup.stat().st_mode & 0o777 == 0o600


def test_prometheus_knows_the_last_backup_and_fires_when_it_is_old(place: Site, seen: Seen) -> None:
    made, server = last_backup(place.state), seen.urls["Prometheus"]
    assert made is not None

    def known() -> list[str]:
        return [value for _, value in answer(server, naming.LAST_BACKUP_TIME, time.time())]

    within(PATIENCE, lambda: known() == [str(int(made.time))])
    overdue = f'ALERTS{{alertname="{naming.BACKUP_OVERDUE}",alertstate="firing"}}'
    assert answer(server, overdue, time.time()) == []
    try:
        remember(place.state, replace(made, time=made.time - 4000))
        # As where the key is added long after the last backup.
        assert place.up().returncode == 0
        within(PATIENCE, lambda: answer(server, overdue, time.time()))
    finally:
        remember(place.state, made)
        publish_last_backup(place.state, place.root)


def test_a_running_stack_is_not_restored(place: Site, seen: Seen) -> None:
    before = [each.pid for each in marked(place.state)]
    done = place.run("restore", str(seen.backup), "--replace")
    assert done.returncode == 2
    assert done.stderr == "error: the stack is running: stop it with `watchkeeper down` first\n"
    assert [each.pid for each in marked(place.state)] == before


def test_after_the_loss_of_everything_all_is_equal_and_nobody_is_notified_again(
    place: Site, seen: Seen
) -> None:
    assert place.run("down", "--volumes").returncode == 0
    tried = place.run("restore", str(seen.backup), "--dry-run")
    assert (tried.returncode, tried.stderr) == (0, ""), tried.stderr
    assert "nothing was changed" in tried.stdout
    assert not (place.state.folder / "data").exists()
    done = place.run("restore", str(seen.backup))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    started = place.up()
    assert started.returncode == 0, started.stderr
    urls = seen.urls
    all_is_equal(seen)
    assert "corruption" not in place.state.log("prometheus").read_text(encoding="utf-8")
    # The alert fires, and as long after it as its own group waits, another one arrives: it would have, too.
    within(PATIENCE, lambda: answer(urls["Prometheus"], 'ALERTS{alertname="AlwaysFires"}', time.time()))
    fires = f"{urls['Alertmanager'].rstrip('/')}/api/v2/alerts?filter=" + quote('alertname="AlwaysFires"')
    within(PATIENCE, lambda: get_json(fires))
    labels = {"alertname": "Another", "severity": "critical", "service": "helloagents", "team": "platform"}
    post_alerts(urls["Alertmanager"], [{"labels": labels}])
    sinks = SinkClient(urls["Sinks"])
    sinks.wait_for(lambda one: "Another" in one.alerts, timeout=PATIENCE)
    assert seen.paged >= 1
    assert [one for one in sinks.deliveries() if "AlwaysFires" in one.alerts] == []
