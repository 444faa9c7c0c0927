"""Which fault burns which objective's budget, and when its page is due."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.loading import load_plan
from watchkeeper.cli import main
from watchkeeper.drill.choose_alert import choose_slo
from watchkeeper.drill.sequence import Drill, _check_due_time
from watchkeeper.drill.stopwatch import Stopwatch
from watchkeeper.plan.plan import Plan
from watchkeeper.stack.stack_error import StackError

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
ALL = Decimal(1)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Return the bundled plan."""
    return load_plan(BUNDLED)


@pytest.mark.parametrize(
    ("slo", "switch"),
    [
        ("api-availability", "error_ratio"),
        ("api-latency", "latency_seconds"),
        ("sandbox-success", "sandbox_error_ratio"),
    ],
)
def test_every_bundled_objective_has_a_fault(slo: str, switch: str, plan: Plan) -> None:
    page, fault, due = choose_slo(plan, slo, ALL)
    assert page.slo_kind == "FastBurn"
    assert [name for name, _ in fault.switches] == [switch]
    assert due.seconds is not None


def test_a_fifth_of_errors_takes_five_times_as_long(plan: Plan) -> None:
    _, fault, due = choose_slo(plan, "api-availability", Decimal("0.2"))
    whole = choose_slo(plan, "api-availability", ALL)[2]
    assert dict(fault.switches) == {"error_ratio": 0.2}
    assert due.seconds is not None
    assert whole.seconds is not None
    # 259.2 s of outage at 100%, five times as long at 20%; the delay of the rules is the same.
    assert due.seconds - whole.seconds == pytest.approx(4 * 259.2)


@pytest.mark.parametrize(
    ("slo", "errors", "words"),
    [
        ("api-availabilty", ALL, "did you mean api-availability"),
        ("api-availability", Decimal("0.01"), "pages above 3% only"),
        ("api-latency", Decimal("0.5"), "no fault that makes 50% of requests bad"),
    ],
)
def test_an_impossible_drill_is_refused(slo: str, errors: Decimal, words: str, plan: Plan) -> None:
    with pytest.raises(StackError, match=words):
        choose_slo(plan, slo, errors)


@pytest.mark.parametrize(
    ("seconds", "good"), [(312, True), (380, True), (395, False), (240, True), (230, False)]
)
def test_the_page_may_be_off_by_a_tenth_an_evaluation_and_a_scrape(
    seconds: float, good: bool, plan: Plan
) -> None:
    page, fault, due = choose_slo(plan, "api-availability", ALL)
    route = plan.routing.routes[0]
    drill = Drill(page, fault, route, (), plan.stack, None, None, due=due)  # type: ignore[arg-type]
    watch = Stopwatch(lambda _: None)
    watch.started -= seconds
    assert due.seconds is not None
    _check_due_time(due.seconds, drill, watch)
    assert watch.steps[0].good is good


def test_the_timeout_is_longer_than_the_prediction(plan: Plan) -> None:
    page, fault, due = choose_slo(plan, "api-availability", Decimal("0.1"))
    drill = Drill(page, fault, plan.routing.routes[0], (), plan.stack, None, None, due=due)  # type: ignore[arg-type]
    assert due.seconds is not None
    assert drill.timeout > 1.5 * due.seconds


@pytest.mark.parametrize("words", [["--errors", "20%"], ["--slo", "api-availability", "--fast"]])
def test_flags_that_do_not_go_together_are_unusable_input(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", str(BUNDLED), *words]) == 2
    assert "--slo" in capsys.readouterr().err


def test_a_share_must_be_a_percentage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["drill", str(BUNDLED), "--slo", "a", "--errors", "150%"])
    assert ended.value.code == 2
    assert "above 0% and at most 100%" in capsys.readouterr().err
