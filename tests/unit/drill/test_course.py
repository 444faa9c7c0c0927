"""An alert's course passes when it fires in time, everyone on its route is told, and told that it is over."""

from __future__ import annotations

import pytest

from tests.unit.drill.every_alert import START, delivery, snapshot, trial
from watchkeeper.drill.every.course import Course
from watchkeeper.sinks.delivery import Delivery

ALERT = "SandboxPoolDepleted"
_TOLD = [delivery(14, "slack", "firing", ALERT), delivery(14.5, "email", "firing", ALERT)]
_OVER = [delivery(22, "slack", "resolved", ALERT), delivery(23, "email", "resolved", ALERT)]


def _course(name: str = ALERT) -> Course:
    return Course(trial(name), START)


def _until_told(course: Course, *, fires: float = 12.0) -> None:
    course.see(snapshot(1, {}))
    course.see(snapshot(3, {ALERT: "pending"}))
    course.see(snapshot(fires, {ALERT: "firing"}))


def test_a_course_that_is_right_has_every_moment() -> None:
    course = _course()
    _until_told(course)
    assert not course.is_told
    course.see(snapshot(15, {ALERT: "firing"}, _TOLD))
    assert course.is_told
    course.healed = 16.0
    course.see(snapshot(20, {}, _TOLD))
    assert not course.is_done
    course.see(snapshot(24, {}, [*_TOLD, *_OVER]))
    assert (course.passed, course.wrong) == (True, [])
    assert (course.pending, course.firing, course.resolved) == (3, 12, 20)
    assert course.notified == {"slack": 14, "email": 14.5}
    assert course.resolved_notified == {"slack": 22, "email": 23}


@pytest.mark.parametrize(("fires", "words"), [(40.0, "later"), (1.0, "earlier")])
def test_firing_at_another_time_than_predicted_is_wrong(fires: float, words: str) -> None:
    course = _course()
    course.see(snapshot(fires, {ALERT: "firing"}))
    assert len(course.wrong) == 1
    assert f" s {words} than predicted, 5 s are allowed" in course.wrong[0]


def test_a_resolution_before_the_fault_is_removed_does_not_count() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(13, {}))
    assert course.resolved is None


def test_an_alert_that_never_fires_ends_with_these_words() -> None:
    course = _course()
    course.see(snapshot(500, {ALERT: "pending"}))
    assert course.is_done
    assert not course.passed
    assert course.wrong[0].startswith("does not fire within ")


def test_a_receiver_that_is_not_told_is_named() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(500, {ALERT: "firing"}, _TOLD[:1]))
    assert course.wrong[0].startswith("email not told of it within ")


def test_a_receiver_that_is_not_told_that_it_is_over_is_named() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(15, {ALERT: "firing"}, _TOLD))
    course.healed = 16.0
    course.see(snapshot(20, {}, _TOLD))
    course.see(snapshot(900, {}, [*_TOLD, *_OVER[1:]]))
    assert course.wrong[0].startswith("slack not told that it is over within ")


def test_an_alert_that_stays_is_wrong() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(15, {ALERT: "firing"}, _TOLD))
    course.healed = 16.0
    course.see(snapshot(900, {ALERT: "firing"}, _TOLD))
    assert "is not resolved" in course.wrong[0]


def test_a_muted_alert_counts_as_told_and_may_end_without_a_message() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(15, {ALERT: "firing"}, muted={ALERT: ("ServiceDown",)}))
    assert (course.is_told, course.muted_by) == (True, ("ServiceDown",))
    course.healed = 16.0
    course.see(snapshot(30, {}))
    assert course.passed


def test_a_muted_alert_that_is_notified_later_must_also_be_resolved_there() -> None:
    course = _course()
    _until_told(course)
    course.see(snapshot(13, {ALERT: "firing"}, muted={ALERT: ("ServiceDown",)}))
    course.healed = 13.5
    course.see(snapshot(15, {ALERT: "firing"}, _TOLD))
    course.see(snapshot(20, {}, _TOLD))
    assert not course.is_done
    course.see(snapshot(24, {}, [*_TOLD, *_OVER]))
    assert course.passed


def _whole(others: list[Delivery]) -> Course:
    course = _course()
    _until_told(course)
    course.see(snapshot(15, {ALERT: "firing"}, _TOLD))
    course.healed = 16.0
    course.see(snapshot(24, {}, [*_TOLD, *_OVER, *others]))
    return course


def test_a_receiver_outside_the_route_must_not_be_told_of_this_alert() -> None:
    assert _whole([delivery(14, "pagerduty", "firing", ALERT)]).wrong == [
        "pagerduty: 1 notifications that the spec does not ask for"
    ]


def test_what_the_same_fault_tells_others_of_another_alert_is_not_wrong() -> None:
    assert _whole([delivery(14, "pagerduty", "firing", "HighErrorRate")]).passed
