"""Which alert a drill triggers, with which fault, and whom it must never page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.loading import load_spec
from watchkeeper.drill.choose_alert import choose_alert, notifying_route, planned, running_stack
from watchkeeper.drill.run import task_for
from watchkeeper.drill.targets import targets_of
from watchkeeper.model.spec import Spec
from watchkeeper.pipeline import plan_of
from watchkeeper.stack import record as records
from watchkeeper.stack.record import Record
from watchkeeper.stack.stack_error import StackError
from watchkeeper.stack.state import State
from watchkeeper.stack.view.endpoints import endpoints

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"


@pytest.fixture
def spec() -> Spec:
    """Return the bundled spec."""
    return load_spec(BUNDLED)[0]


def test_every_alert_of_the_bundled_spec_has_a_fault_that_triggers_it(spec: Spec) -> None:
    for alert in spec.services[0].alerts:
        assert choose_alert(spec, alert.name)[1].description


def test_only_a_stopped_process_needs_no_switch(spec: Spec) -> None:
    stopping = [
        alert.name for alert in spec.services[0].alerts if choose_alert(spec, alert.name)[1].stops_the_process
    ]
    assert stopping == ["ServiceDown"]


def test_a_name_that_is_nearly_right_is_suggested(spec: Spec) -> None:
    with pytest.raises(StackError, match="did you mean ServiceDown"):
        choose_alert(spec, "ServceDown")


def test_a_spec_without_a_demo_cannot_be_drilled(spec: Spec) -> None:
    with pytest.raises(StackError, match=r"stack\.demo"):
        choose_alert(replace(spec, stack=replace(spec.stack, demo=None)), "ServiceDown")


def test_a_critical_alert_must_reach_pagerduty_and_slack_and_no_mail(spec: Spec) -> None:
    plan = plan_of(spec, BUNDLED)
    alert, _ = choose_alert(spec, "ServiceDown")
    targets = targets_of(notifying_route(plan, planned(plan, alert)))
    assert [(target.name, target.label) for target in targets] == [
        ("pagerduty", "pagerduty"),
        ("slack", "slack"),
    ]


def test_receivers_that_share_a_channel_are_each_expected_and_distinguished_by_name(spec: Spec) -> None:
    slack = next(receiver for receiver in spec.notify.receivers if receiver.name == "slack")
    second = replace(slack, name="slack-leads")
    routes = tuple(replace(route, receivers=("slack", "slack-leads")) for route in spec.notify.routes)
    notify = replace(spec.notify, receivers=(*spec.notify.receivers, second), routes=routes)
    plan = plan_of(replace(spec, notify=notify), BUNDLED)
    alert, _ = choose_alert(spec, "ServiceDown")
    words = [target.label for target in targets_of(notifying_route(plan, planned(plan, alert)))]
    assert words == ["slack (slack)", "slack (slack-leads)"]


def test_an_alert_whose_severity_has_no_route_must_reach_the_fallback(spec: Spec) -> None:
    plan = plan_of(replace(spec, notify=replace(spec.notify, routes=())), BUNDLED)
    alert, _ = choose_alert(spec, "ServiceDown")
    assert [target.name for target in targets_of(notifying_route(plan, planned(plan, alert)))] == ["slack"]


def test_a_spec_that_notifies_nobody_cannot_be_drilled(tmp_path: Path) -> None:
    text = BUNDLED.read_text(encoding="utf-8")
    silent = tmp_path / "monitoring" / BUNDLED.name
    silent.parent.mkdir()
    silent.write_text(text[: text.index("notify:")] + text[text.index("stack:") :], encoding="utf-8")
    with pytest.raises(StackError, match=r"notifies nobody of ServiceDown.*`critical` under `notify`"):
        task_for(silent, "ServiceDown")


def _running(tmp_path: Path, spec: Spec, redirected: tuple[str, ...]) -> State:
    state = State(tmp_path / "state")
    state.create()
    at = endpoints(plan_of(spec, BUNDLED), mode="native", sinks=True)
    records.save(Record(mode="native", root=tmp_path.resolve(), endpoints=at, redirected=redirected), state)
    return state


def test_a_running_stack_that_would_page_people_is_refused(spec: Spec, tmp_path: Path) -> None:
    state = _running(tmp_path, spec, ("slack", "email"))
    with pytest.raises(StackError, match=r"real people \(pagerduty\)"):
        running_stack(tmp_path, state, plan_of(spec, BUNDLED))


def test_a_running_stack_that_notifies_only_the_sinks_is_used(spec: Spec, tmp_path: Path) -> None:
    state = _running(tmp_path, spec, ("slack", "email", "pagerduty"))
    assert running_stack(tmp_path, state, plan_of(spec, BUNDLED)) is not None


def test_no_running_stack_is_no_error(spec: Spec, tmp_path: Path) -> None:
    assert running_stack(tmp_path, State(tmp_path / "none"), plan_of(spec, BUNDLED)) is None
