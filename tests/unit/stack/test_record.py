"""What was started is remembered whole, and a record that cannot be read is one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.stack import record as records
from watchkeeper.stack.record import Record
from watchkeeper.stack.reload import Inputs
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import endpoints, health_checks


@pytest.fixture
def state(tmp_path: Path) -> State:
    """Return a state folder that exists."""
    state = State(tmp_path / "state")
    state.create()
    return state


def record_of(folder: Path) -> Record:
    spec = folder / "spec.yml"
    spec.write_text("version: watchkeeper/v1\nservice: checkout\nstack: {demo: checkout}\n")
    at = endpoints(load_plan(spec), mode="native", sinks=True)
    return Record(
        mode="native",
        root=folder,
        endpoints=at,
        ports=(9090, 9093),
        environment={"WATCHKEEPER_ROOT": str(folder)},
        reloads={"prometheus": "a"},
        restarts={"jaeger": "b"},
        redirected=("slack",),
        compose=("docker", "compose"),
        variables={"A": "1"},
    )


def test_a_record_is_read_as_it_was_written(state: State, tmp_path: Path) -> None:
    records.save(record_of(tmp_path), state)
    assert records.load(state) == record_of(tmp_path)
    records.forget(state)
    records.forget(state)
    assert records.load(state) is None


def test_where_nothing_was_started_there_is_no_record(tmp_path: Path) -> None:
    assert records.load(State(tmp_path / "nowhere")) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', '{"version": 1}'])
def test_a_record_that_cannot_be_read_says_what_to_do(text: str, state: State) -> None:
    state.record.write_text(text)
    with pytest.raises(StackError, match=r"stack\.json cannot be read .*: remove it"):
        records.load(state)


def test_only_what_runs_is_asked_for_its_health(tmp_path: Path) -> None:
    spec = tmp_path / "spec.yml"
    spec.write_text("version: watchkeeper/v1\nservice: checkout\n")
    plan = load_plan(spec)
    native = health_checks(endpoints(plan, mode="native", sinks=False))
    assert set(native) == {"prometheus", "alertmanager", "jaeger"}
    compose = health_checks(endpoints(plan, mode="compose", sinks=False))
    assert compose["grafana"] == "http://127.0.0.1:3000/api/health"
    demo = health_checks(record_of(tmp_path).endpoints)
    assert demo["demo"] == "http://127.0.0.1:8000/metrics"
    assert demo["sinks"] == "http://127.0.0.1:9199/health"


def test_only_programs_whose_files_changed_are_told() -> None:
    inputs = Inputs(reloads={"prometheus": "1", "alertmanager": "2"}, restarts={"jaeger": "3", "demo": "4"})
    assert inputs.changed_reloads({"prometheus": "1", "alertmanager": "old"}) == {"alertmanager"}
    assert inputs.changed_restarts({"jaeger": "3"}) == {"demo"}
