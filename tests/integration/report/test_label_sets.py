"""One objective under several label sets: a team that changed, a pair of servers, two environments; and slow servers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.recorded import prometheus
from tests.integration.report.recorded_month import EVALUATION, Month, Recorded
from watchkeeper import prometheus_api
from watchkeeper.cli import main

pytestmark = pytest.mark.tools
END = 1_793_491_200
START = END - 3 * 86_400
CHANGED = START + 86_400 + 1_800


def recorded(slo_id: str, extra: str, start: int = START, end: int = END, bad: float = 0.01) -> Recorded:
    return Recorded(slo_id, start, end, lambda _: 10.0, lambda _: bad, target=lambda _: 0.9, extra=extra)


YOUNG = END - 2_400
OBJECTIVES = (
    recorded("a-changed", ',tier="one"', end=CHANGED),
    recorded("a-changed", ',tier="two"', start=CHANGED, bad=0.03),
    recorded("a-pair", ',prometheus_replica="0"'),
    recorded("a-pair", ',prometheus_replica="1"', end=CHANGED),
    recorded("a-both", ',environment="staging"', bad=0.2),
    recorded("a-both", ',environment="production"'),
    replace(
        recorded("young-slo", "", start=YOUNG),
        errors=lambda when: 1.0 * (YOUNG + 900 <= when < YOUNG + 1_140),
        target=lambda _: 0.999,
    ),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with prometheus(tmp_path_factory.mktemp("labels"), Month(OBJECTIVES)) as address:
        yield address


@pytest.fixture(scope="module")
def objectives(server: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    out = tmp_path_factory.mktemp("out") / "labels.json"
    ends = ["--service", "a", "--from", str(START), "--to", str(END), "--at", str(END)]
    assert main(["report", "--prometheus", server, *ends, "--out", str(out)]) == 1
    return {one["name"]: one for one in json.loads(out.read_text())["objectives"]}


def test_a_label_that_changed_does_not_split_an_objective(objectives: dict[str, dict[str, Any]]) -> None:
    found = objectives["a-changed"]
    counts = [one.counts(START, END) for one in OBJECTIVES[:2]]
    assert found["bad_events"] == pytest.approx(sum(bad for bad, _ in counts), rel=1e-9)
    assert found["total_events"] == pytest.approx(sum(total for _, total in counts), rel=1e-9)


def test_a_pair_of_servers_counts_once(objectives: dict[str, dict[str, Any]]) -> None:
    found = objectives["a-pair"]
    assert found["total_events"] == pytest.approx(OBJECTIVES[2].counts(START, END)[1], rel=1e-9)
    assert found["coverage"] > 0.99


def test_two_environments_are_two_objectives(objectives: dict[str, dict[str, Any]]) -> None:
    assert objectives["a-both environment=staging"]["state"] == "missed"
    assert objectives["a-both environment=production"]["state"] == "met"
    assert len(objectives["a-both environment=staging"]["incidents"]) == 1
    assert objectives["a-both environment=production"]["incidents"] == []


def test_a_young_objective_has_the_interval_of_its_evaluations(server: str, tmp_path: Path) -> None:
    """No hour of it is whole, so counts an hour would mean longer intervals."""
    out = tmp_path / "young.json"
    words = ["--service", "young", "--window", "30d", "--at", str(END), "--out", str(out)]
    assert main(["report", "--prometheus", server, *words]) == 0
    document = json.loads(out.read_text())
    assert document["evaluation_interval_seconds"] == EVALUATION
    (incident,) = document["objectives"][0]["incidents"]
    assert incident["seconds"] == pytest.approx(240, abs=EVALUATION)
    (gap,) = document["objectives"][0]["gaps"]
    # The window ends where rollups are known to begin, five minutes before the report.
    assert gap["seconds"] == pytest.approx(30 * 86_400 - 2_400 + 300, abs=2 * EVALUATION)
    assert gap["reason"] == "before the first record"


def test_a_server_that_does_not_answer_in_time_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(prometheus_api, "_RANGE_SECONDS", 0.3)
    out = tmp_path / "slow.html"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert main(["report", "--prometheus", address, "--out", str(out)]) == 2
    assert capsys.readouterr().err == f"error: {address}: timed out\n"
    assert not out.exists()
    assert threading.active_count() < 20
