"""The instants at which an alert may be checked: never one where a delay could decide."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Clock, alert_checks
from watchkeeper.plan.proofs.timeline import Phase, Span, Timeline

KEEP = 120
CLOCK = Clock(30, 105)


def asked(spans: list[Span], *, end: int = 7200, keep: int = KEEP, late: int = 0) -> list[tuple[int, str]]:
    checks = alert_checks("A", spans, Timeline((Phase(end),)), CLOCK, keep=keep, late=late)
    return [(check.at, check.aspect) for check in checks]


def test_around_a_span_each_change_is_asked_for_from_both_sides() -> None:
    # Silent until one evaluation before; firing a lag later and one evaluation before the end of what is kept; over a
    # lag, the keeping and an evaluation after it.
    assert asked([(1000.0, 2000.0)]) == [
        (960, "silent"),
        (1110, "fires"),
        (2070, "fires"),
        (2280, "resolves"),
        (7200, "silent"),
    ]


def test_a_span_until_the_end_is_never_said_to_resolve() -> None:
    assert asked([(1000.0, 7200.0)]) == [(960, "silent"), (1110, "fires"), (7200, "fires")]


def test_an_alert_that_never_fires_is_silent_half_way_and_at_the_end() -> None:
    assert asked([]) == [(3600, "silent"), (7200, "silent")]


def test_a_span_too_short_to_be_seen_for_certain_is_not_asked_for() -> None:
    assert "fires" not in [aspect for _, aspect in asked([(1000.0, 1010.0)], keep=0)]


def test_between_two_spans_so_close_that_the_alert_may_go_on_nothing_is_asked() -> None:
    times = [at for at, _ in asked([(1000.0, 2000.0), (2100.0, 3000.0)])]
    assert not [at for at in times if 2070 < at < 2100 + 105]


def test_spans_far_from_each_other_are_asked_for_in_order() -> None:
    found = asked([(1000.0, 2000.0), (3000.0, 4000.0), (5000.0, 5900.0)])
    assert found == sorted(found)
    assert [aspect for _, aspect in found] == ["silent", "fires", "fires", "resolves"] * 3 + ["silent"]


def test_a_later_alert_is_asked_for_later() -> None:
    assert asked([(1000.0, 2000.0)], late=300)[1] == (1410, "fires")


@st.composite
def disjoint(draw: st.DrawFn) -> list[Span]:
    edges = sorted(draw(st.sets(st.integers(1, 7200), max_size=8)))
    return [(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]


@given(
    spans=disjoint(),
    step=st.sampled_from((5, 30, 60, 300)),
    lags=st.integers(1, 6),
    keep=st.sampled_from((0, 120)),
    late=st.sampled_from((0, 45)),
)
def test_whatever_the_spans_no_answer_hangs_on_a_delay(
    spans: list[Span], step: int, lags: int, keep: int, late: int
) -> None:
    timeline, clock = Timeline((Phase(7200),)), Clock(step, lags * step)
    checks = list(alert_checks("A", spans, timeline, clock, keep=keep, late=late))
    for check in checks:
        assert check.at % step == 0
        assert 0 <= check.at <= timeline.end
        assert _is_certain(check, spans, clock.lag + late, keep, step), check


def _is_certain(check: AlertCheck, spans: list[Span], lag: int, keep: int, step: int) -> bool:
    """Return whether the answer is the same however late, within the lag, the rules see the spans."""
    at = check.at
    if check.firing:
        return any(start + lag <= at <= end + keep for start, end in spans)
    # One evaluation before a span, where what a young window covers may be counted ahead, only "silent" stays away.
    soonest = step if at and check.aspect == "silent" else 0
    return not any(start - soonest < at < end + lag + keep for start, end in spans)
