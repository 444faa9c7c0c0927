"""Every command and query of the bundled spec's runbooks runs against the real stack with the demo under load."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.test_native_stack import BUNDLED, Site, site
from tests.integration.test_native_stack import tools as tools
from watchkeeper import promql_tree
from watchkeeper.cli import main
from watchkeeper.local_http import get_json
from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack
from watchkeeper.naming import OWN_SERVICE
from watchkeeper.plan.self_monitoring.own_alert import own_alerts

pytestmark = pytest.mark.integration

_FENCE = re.compile(r"^```(promql|sh)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TRACES = re.compile(r"\[Traces\]\((http://[^)]+)\)")
_SILENCE = "watchkeeper silence add "
_MINUTES = 3
# Empty while all is well: what fires, fails or burns.
_EMPTY = re.compile(
    r'ALERTS\{|== 1\)$|status_code=~"5\.\."|status!="success"|exhaustion_seconds|error"\} > 0|failures|conflicts'
    r"|offset 1d|> 0\.|> 0$|< "
)


# The bundled spec with what makes its stack watch everything that it can, so that every alert of its own has a runbook.
_MORE = {
    "notify:\n": "notify:\n  drill_every: 7d\n",
    "  retention: 31d\n": "  retention: 31d\n  retention_size: 5GB\n  backup_every: 1d\n",
}


@pytest.fixture(scope="module")
def under_load(tools: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the stack with the demo and its load."""
    made = site(tmp_path_factory.mktemp("runbooks") / "root", BUNDLED.read_text(encoding="utf-8"))
    for old, new in _MORE.items():
        made.edit(old, new)
    with made.running():
        yield made


def _pages(site: Site, *, own: bool = False) -> dict[str, str]:
    """Return the runbooks of the services, or those of the stack itself, which read its own programs."""
    paths = sorted((site.root / "monitoring/runbooks").glob("*/*.md"))
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in paths
        if (path.parent.name == OWN_SERVICE) == own
    }


def _fenced(pages: dict[str, str], language: str) -> list[str]:
    found = (
        text.strip() for page in pages.values() for kind, text in _FENCE.findall(page) if kind == language
    )
    return list(dict.fromkeys(found))


def _result(prometheus: str, query: str) -> list[Any]:
    answer = get_json(f"{prometheus}/api/v1/query?query={quote(query)}")
    assert answer["status"] == "success", query
    found: list[Any] = answer["data"]["result"]
    return found


def test_every_query_runs_and_those_of_a_healthy_stack_have_data(under_load: Site) -> None:
    prometheus = under_load.status()[1]["urls"]["Prometheus"]
    queries = _fenced(_pages(under_load), "promql")
    assert len(queries) > 60
    expected = [query for query in queries if not _EMPTY.search(query)]
    assert len(expected) > 25
    for query in queries:
        _result(prometheus, query)
    deadline = time.monotonic() + 60 * _MINUTES
    while expected and time.monotonic() < deadline:
        expected = [query for query in expected if not _result(prometheus, query)]
        time.sleep(2 if expected else 0)
    assert expected == []
    firing = [query for query in queries if query.startswith("ALERTS{")]
    assert len(firing) == len(_pages(under_load))


def test_the_queries_of_the_stacks_own_runbooks_read_what_its_servers_expose(under_load: Site) -> None:
    prometheus = under_load.status()[1]["urls"]["Prometheus"]
    pages = _pages(under_load, own=True)
    queries = _fenced(pages, "promql")
    assert len(pages) > 10 and len(queries) > 30
    day = Duration.parse("1d")
    every = own_alerts(Stack(retention_size="1GB", backup_every=day), drill_every=day)
    assert {one.name for one in every} == pages.keys(), "an alert that a spec may have and this one has not"
    exposed = set(get_json(f"{prometheus}/api/v1/label/__name__/values")["data"])
    read: set[str] = set()
    for query in queries:
        _result(prometheus, query)
        read |= {name for name in promql_tree.metric_names(promql_tree.parse(query)) if name}
    # Nothing fires, what counts faults by a label exists only after the first fault, and there was no drill and no backup.
    later = {"watchkeeper_receiver_drilled", "watchkeeper_last_backup_timestamp_seconds"}
    assert read - exposed <= {"ALERTS", "prometheus_notifications_errors_total", *later}


def test_every_command_runs_and_each_alert_is_silenced(
    under_load: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(under_load.root)
    monkeypatch.delenv("WATCHKEEPER_STATE", raising=False)
    pages = {**_pages(under_load), **_pages(under_load, own=True)}
    commands = _fenced(pages, "sh")
    silences = [command for command in commands if command.startswith(_SILENCE)]
    # The Watchdog fires while all is well, and a silence would stop what it proves.
    assert {command.split()[3] for command in silences} == set(pages) - {"Watchdog"}
    for command in (*silences, *(one for one in commands if one not in silences)):
        code, _, told = _run(command, capsys)
        assert code == 0, f"{command}: {told}"
        assert command not in silences or "WK" not in told
    listed = _run("watchkeeper silence list", capsys)[1]
    assert all(name in listed for name in set(pages) - {"Watchdog"})


def _run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command of ours as a shell would read it, in this process: a new one takes two seconds, and there are forty."""
    program, *words = shlex.split(command)
    assert program == "watchkeeper", f"{command}: run what is not ours in a shell"
    assert not re.search(r"[|&;<>$`]", re.sub(r'"[^"$`]*"', "", command)), f"{command}: that needs a shell"
    capsys.readouterr()
    code = main(words)
    return code, *capsys.readouterr()


def test_the_search_for_traces_finds_those_of_the_service(under_load: Site) -> None:
    addresses = sorted({_TRACES.findall(page)[0] for page in _pages(under_load).values()})
    assert any("tags=" in one for one in addresses) and any("minDuration=" in one for one in addresses)
    for address in addresses:
        # What the page of the search asks for itself.
        asked = address.replace("/search?", "/api/traces?")
        deadline = time.monotonic() + 60 * _MINUTES
        must_find = "tags=" not in asked and "minDuration=" not in asked
        while True:
            answer = get_json(asked)
            assert not answer.get("errors"), (asked, json.dumps(answer.get("errors")))
            if answer["data"] or not must_find or time.monotonic() > deadline:
                break
            time.sleep(2)
        assert answer["data"] or not must_find, asked
