"""A drill passes when exactly the receivers of the route are notified, and it always removes its fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.drill.fake_stack import FakeStack, client_of, drill_in, fake_stack, pagerduty, slack, webhook
from watchkeeper.drill.sequence import Drill, run_drill
from watchkeeper.drill.stopwatch import Stopwatch
from watchkeeper.drill.targets import Target
from watchkeeper.sinks.delivery import Delivery
from watchkeeper.stack.native.rpc import Unreachable
from watchkeeper.stack.stack_error import StackFailed


def _everybody(at: FakeStack, status: str) -> None:
    pagerduty(at, status)
    slack(at, status)


def _run(drill: Drill) -> tuple[bool, list[str], list[str]]:
    """Return whether it passed, the texts of the good steps and of the bad ones."""
    watch = Stopwatch(lambda _: None)
    passed = run_drill(drill, watch)
    steps = watch.steps
    return passed, [one.words for one in steps if one.good], [one.words for one in steps if not one.good]


def test_a_drill_passes_when_everyone_on_the_route_is_notified_and_notified_again_when_it_is_over(
    tmp_path: Path,
) -> None:
    with fake_stack(tmp_path, _everybody) as at:
        passed, good, bad = _run(drill_in(at))
    assert (passed, bad) == (True, [])
    assert good == [
        "fault: the demo's process is stopped",
        "Prometheus: pending, or firing at once",
        "Prometheus: ServiceDown fires (for: 0s)",
        "Alertmanager: active",
        "pagerduty: firing: [FIRING:1] ServiceDown helloagents",
        "slack: firing: [FIRING:1] ServiceDown helloagents",
        "fault removed",
        "Prometheus: resolved",
        "pagerduty: resolved: [RESOLVED] ServiceDown helloagents",
        "slack: resolved: [RESOLVED] ServiceDown helloagents",
        "nothing on any other channel",
    ]
    assert at.calls == ["stop demo", "start demo"]


def test_a_receiver_that_refuses_the_page_fails_the_drill_and_the_fault_is_removed(tmp_path: Path) -> None:
    with fake_stack(tmp_path, _everybody) as at:
        client_of(at).set_mode({"slack": "500"})
        passed, good, bad = _run(drill_in(at))
    assert not passed
    assert [words.split(":")[:2] for words in bad] == [["slack", " firing"]]
    assert "not delivered within 2 s" in bad[0]
    assert good[-1] == "fault removed"
    assert not at.broken


def test_one_of_two_slack_receivers_does_not_count_for_the_other(tmp_path: Path) -> None:
    def twice_to_one(at: FakeStack, status: str) -> None:
        slack(at, status, receiver="slack")
        slack(at, status, receiver="slack")

    with fake_stack(tmp_path, twice_to_one) as at:
        passed, _, bad = _run(drill_in(at, receivers=("slack", "slack-leads")))
    assert not passed
    assert bad[0].startswith("slack (slack-leads): firing: not delivered")


def test_two_slack_receivers_that_are_both_notified_are_each_named(tmp_path: Path) -> None:
    def both(at: FakeStack, status: str) -> None:
        slack(at, status, receiver="slack")
        slack(at, status, receiver="slack-leads")

    with fake_stack(tmp_path, both) as at:
        passed, good, _ = _run(drill_in(at, receivers=("slack", "slack-leads")))
    assert passed
    assert "slack (slack-leads): firing: [FIRING:1] ServiceDown helloagents" in good
    assert good[-1] == "nothing on any other channel"


def test_a_channel_that_is_not_on_the_route_must_not_be_notified(tmp_path: Path) -> None:
    def too_many(at: FakeStack, status: str) -> None:
        _everybody(at, status)
        webhook(at, status)

    with fake_stack(tmp_path, too_many) as at:
        passed, good, bad = _run(drill_in(at))
    assert (passed, bad) == (False, ["webhook: 2 notifications that the spec does not ask for"])
    assert good[-1] == "slack: resolved: [RESOLVED] ServiceDown helloagents"


def test_a_receiver_that_is_not_on_the_route_must_not_be_notified_on_a_channel_that_is(
    tmp_path: Path,
) -> None:
    def too_many(at: FakeStack, status: str) -> None:
        _everybody(at, status)
        slack(at, status, receiver="slack-leads")

    with fake_stack(tmp_path, too_many) as at:
        passed, _, bad = _run(drill_in(at))
    assert (passed, bad) == (False, ["slack: 2 notifications that the spec does not ask for"])


def test_the_same_alert_of_another_service_is_not_taken_for_the_page(tmp_path: Path) -> None:
    def namesake(at: FakeStack, status: str) -> None:
        pagerduty(at, status)
        slack(at, status, service="checkout")

    with fake_stack(tmp_path, namesake) as at:
        passed, _, bad = _run(drill_in(at))
    assert not passed
    assert bad[0].startswith("slack: firing: not delivered")


def test_the_same_alert_of_another_service_on_another_channel_is_no_fault_of_the_route(
    tmp_path: Path,
) -> None:
    def namesake(at: FakeStack, status: str) -> None:
        pagerduty(at, status)
        slack(at, status, service="checkout")

    with fake_stack(tmp_path, namesake) as at:
        passed, good, _ = _run(drill_in(at, receivers=("pagerduty",)))
    assert (passed, good[-1]) == (True, "nothing on any other channel")


def test_a_page_that_is_never_resolved_fails_the_drill(tmp_path: Path) -> None:
    def forgetful(at: FakeStack, status: str) -> None:
        if status == "firing":
            _everybody(at, status)

    with fake_stack(tmp_path, forgetful) as at:
        passed, _, bad = _run(drill_in(at))
    assert not passed
    assert bad[0].startswith("pagerduty: resolved: not delivered")


def test_a_demo_that_is_down_before_the_drill_gets_no_fault(tmp_path: Path) -> None:
    with fake_stack(tmp_path, _everybody) as at:
        at.broken = True
        passed, _, bad = _run(drill_in(at))
    assert not passed
    assert "not healthy before the drill" in bad[0]
    assert at.calls == []


def test_a_drill_that_is_ended_removes_its_fault_first(tmp_path: Path) -> None:
    def end(at: FakeStack, status: str) -> None:
        if status == "firing":
            raise SystemExit(143)

    with fake_stack(tmp_path, end) as at:
        with pytest.raises(SystemExit):
            _run(drill_in(at))
        assert at.calls == ["stop demo", "start demo"]


class _Reluctant:
    """Starts the demo at the second try, as supervisord does while the demo is still stopping."""

    def __init__(self, at: FakeStack, error: Exception, *, failures: int) -> None:
        self._at, self._error, self._failures = at, error, failures

    def stop_program(self, name: str) -> None:
        self._at.stop_program(name)

    def start_program(self, name: str) -> None:
        if self._failures:
            self._failures -= 1
            raise self._error
        self._at.start_program(name)


def test_a_demo_that_cannot_be_started_yet_is_started_once_more(tmp_path: Path) -> None:
    with fake_stack(tmp_path, _everybody) as at:
        reluctant = _Reluctant(at, StackFailed("demo does not start"), failures=1)
        passed, _, bad = _run(replace(drill_in(at), programs=reluctant))
    assert (passed, bad, at.broken) == (True, [], False)


def test_a_stack_that_is_stopped_meanwhile_fails_the_drill_in_one_line(tmp_path: Path) -> None:
    with fake_stack(tmp_path, _everybody) as at:
        gone = _Reluctant(at, Unreachable("no such file"), failures=9)
        passed, _, bad = _run(replace(drill_in(at), programs=gone))
    assert (passed, bad) == (False, ["the stack was stopped during the drill"])


@pytest.mark.parametrize(
    ("to", "taken"),
    [(["oncall@example.com"], True), (["other@example.com"], False), (["a@b.c", "OnCall@example.com"], True)],
)
def test_mail_is_for_the_receiver_whose_mailbox_it_goes_to(to: list[str], taken: bool) -> None:
    target = Target("email", "email", "email", frozenset({"oncall@example.com"}))
    mail = Delivery(1.0, "email", "firing", ("ServiceDown",), "critical", "helloagents", "", {"to": to})
    assert target.takes(mail) is taken
