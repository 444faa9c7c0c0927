"""What all scenarios have in common, whatever the objective: instants, series, and that nothing is left unproven."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.unit.plan.planning import slo_of
from watchkeeper import naming
from watchkeeper.plan.proofs.proof import profile_of
from watchkeeper.plan.proofs.scenarios.profile import below_min_events, needed, page_begin, under
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Scenario, Seen, ValueCheck
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.planned_slo import PlannedSlo

GAUGE = "metrics: [{name: backup, type: gauge}]"
SPECS = {
    "three nines": ("{availability: http}", "objective: 99.9%", ""),
    "a day": ("{availability: http}", "objective: 99%, window: 1d", ""),
    "a quarter": ("{availability: http}", "objective: 99.9%, window: 90d", ""),
    "downtime is a gap": ("{availability: http, downtime: gap}", "objective: 99%, window: 28d", ""),
    "a latency": ("{latency: http, threshold: 200ms}", "objective: 95%, window: 7d", ""),
    "an adapted tier": ("{availability: http}", "objective: 90%", ""),
    "time": ("{boolean: backup}", "objective: 99%", ""),
    "busy": ("{availability: http}", "objective: 99.9%, expected_traffic: 50", ""),
    "with an idle alert": ("{availability: http}", "objective: 99.9%, alerting: {idle: 1h}", ""),
    "tickets only": ("{availability: http}", 'objective: 99.9%, alerting: {page: "off"}', ""),
    "pages only": ("{availability: http}", 'objective: 99.9%, alerting: {ticket: "off"}', ""),
    "slow scrapes": (
        "{availability: http}",
        "objective: 99.9%",
        "scrape_interval: 1m, evaluation_interval: 1m",
    ),
    "slow scrapes still": (
        "{availability: http}",
        "objective: 99.9%",
        "scrape_interval: 30s, evaluation_interval: 1m",
    ),
    "no burn alerts": ("{availability: http}", "objective: 99.9%, alerting: {enabled: false}", ""),
    "alerts on the budget": (
        "{availability: http}",
        "objective: 99.9%, alerting: {budget: [50%, 9%], exhausted_in: 24h}",
        "",
    ),
    "a forecast of hours": (
        "{latency: http, threshold: 200ms}",
        "objective: 95%, window: 7d, alerting: {budget: {95%: warning}, exhausted_in: 1h}",
        "",
    ),
    "a budget of time": (
        "{boolean: backup}",
        "objective: 99%, alerting: {budget: [25%], exhausted_in: 2d}",
        "",
    ),
    "out of step": (
        "{availability: http}",
        "objective: 99.9%",
        "scrape_interval: 20s, evaluation_interval: 30s",
    ),
}
STEPS = {"rollup": 300, "daily": 86_400}


@cache
def planned(title: str) -> PlannedSlo:
    sli, slo, stack = SPECS[title]
    further = f", {stack}" if stack else ""
    with TemporaryDirectory() as folder:
        return slo_of(Path(folder), sli=sli, slo=slo, service=GAUGE, stack=f"retention: 91d{further}")


def asked(scenario: Scenario) -> list[AlertCheck | Seen]:
    return [*scenario.alerts, *scenario.values]


@pytest.mark.parametrize("title", SPECS)
def test_every_check_is_at_an_evaluation_within_the_scenario(title: str) -> None:
    slo = planned(title)
    for scenario in slo.proof.scenarios:
        step = STEPS.get(scenario.pace, int(slo.parameters.base.evaluation.seconds))
        for check in asked(scenario):
            assert 0 <= check.at <= scenario.timeline.end, (scenario.title, check)
            assert check.at % step == 0, (scenario.title, check)


@pytest.mark.parametrize("title", SPECS)
def test_phases_are_whole_scrapes_with_samples_in_range(title: str) -> None:
    slo = planned(title)
    for scenario in slo.proof.scenarios:
        interval = 300 if scenario.pace == "daily" else int(slo.parameters.base.scrape.seconds)
        for phase in scenario.timeline.phases:
            assert phase.seconds > 0
            assert phase.seconds % interval == 0, scenario.title
            assert 0 <= phase.ratio <= 1
            assert phase.rate >= 0
            assert round(phase.ratio, 9) == pytest.approx(phase.ratio, abs=1e-9)


@pytest.mark.parametrize("title", SPECS)
def test_each_alert_fires_and_is_silent_and_no_other_alert_is_checked(title: str) -> None:
    slo = planned(title)
    seen: dict[str, set[str]] = {}
    for scenario in slo.proof.scenarios:
        assert asked(scenario), scenario.title
        for check in scenario.alerts:
            seen.setdefault(check.alert, set()).add(check.aspect)
            assert check.firing is (check.aspect == "fires")
    assert set(seen) == {alert.slo_kind for alert in slo.alerts}
    for kind, aspects in seen.items():
        # An indicator of time has no rush of healthy events in which a spent budget recovers.
        is_budget = kind == naming.BUDGET_EXHAUSTED or kind.startswith(naming.BUDGET_BELOW[0])
        is_for_good = is_budget and slo.indicator.is_time
        assert aspects >= ({"fires", "silent"} if is_for_good else {"fires", "silent", "resolves"}), kind


@pytest.mark.parametrize("title", SPECS)
def test_every_recorded_series_is_checked(title: str) -> None:
    slo = planned(title)
    seen = {
        check.record
        for scenario in slo.proof.scenarios
        for check in scenario.values
        if isinstance(check, ValueCheck) and check.want is not None
    }
    recorded = {rule.record for rule in (*slo.live_rules, *slo.rollup_rules)}
    assert seen <= recorded
    assert recorded - seen == set()


@pytest.mark.parametrize("title", SPECS)
def test_titles_differ(title: str) -> None:
    titles = [scenario.title for scenario in planned(title).proof.scenarios]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("title", SPECS)
def test_no_alert_must_fire_and_be_silent_at_once(title: str) -> None:
    for scenario in planned(title).proof.scenarios:
        answers = {(check.at, check.alert): check.firing for check in scenario.alerts}
        assert all(answers[check.at, check.alert] is check.firing for check in scenario.alerts), (
            scenario.title
        )


@pytest.mark.parametrize("title", SPECS)
def test_each_tier_of_an_alert_has_a_scenario_that_names_its_windows(title: str) -> None:
    slo = planned(title)
    titles = " ".join(scenario.title for scenario in slo.proof.scenarios)
    kinds = {alert.slo_kind for alert in slo.alerts}
    for tier in slo.tiers:
        assert f"{tier.long}/{tier.short}" in titles or tier.alert_kind not in kinds


def test_the_profile_leaves_out_names_and_nothing_else() -> None:
    slo = planned("three nines")
    profile = profile_of(slo)
    assert (profile.parameters.slo_id, profile.parameters.down) == ("", ())
    assert profile.kinds == naming.SLO_ALERTS[:4]
    assert (profile.is_time, profile.idle_after, profile.least_events) == (False, None, 2.0)
    assert (profile.live_clock.step, profile.live_clock.lag) == (30, 105)
    assert (profile.rollup_clock.step, profile.rollup_clock.lag) == (300, 900)
    other = profile_of(planned("downtime is a gap"))
    assert (other.parameters.down, other.is_down_bad, profile.is_down_bad) == (None, False, True)
    assert profile_of(planned("with an idle alert")).idle_after == 3600
    assert (profile_of(planned("time")).rate, profile.rate) == (1.0, 100.0)


def test_phases_are_rounded_up_to_the_grid_and_ratios_to_what_samples_hold() -> None:
    profile = profile_of(planned("three nines"))
    assert profile.phase(61, 0.12345678949) == Phase(120, 100.0, 0.123456789)
    assert profile.phase(60, 1.5).ratio == 1.0
    assert profile.rollup_phase(1, rate=3).seconds == 300
    assert profile.previous_labels_phase(600).previous_labels
    assert not profile_of(planned("out of step")).previous_labels_phase(600).previous_labels
    bad = profile_of(planned("a latency")).previous_labels_phase(600, 0.5)
    assert (bad.previous_labels, bad.rate, bad.ratio) == (True, 100.0, 0.5)


def test_limits_are_approached_from_both_sides() -> None:
    slo = planned("three nines")
    tier = slo.tiers[0]
    assert under(tier) == pytest.approx(0.0144 * 0.95)
    assert below_min_events(tier) == (1.0, 1.0)
    few, more = below_min_events(planned("busy").tiers[0])
    assert few < float(planned("busy").tiers[0].guard_limit) < few + more
    assert needed(profile_of(slo), tier) == pytest.approx(51.84)
    # At the expected 50 a second the minimum-events guard asks for less than the threshold does.
    assert needed(profile_of(planned("busy")), planned("busy").tiers[0]) == pytest.approx(51.84)


def test_the_first_page_of_a_scenario() -> None:
    timeline = Timeline((Phase(3600), Phase(600, 100.0, 1.0)))
    assert page_begin(profile_of(planned("three nines")), timeline) == pytest.approx(3651.84, abs=0.01)
    assert page_begin(profile_of(planned("tickets only")), timeline) is None
    assert page_begin(profile_of(planned("three nines")), Timeline((Phase(3600),))) is None


def test_the_daily_pace_stays_within_what_promtool_can_read() -> None:
    for title in SPECS:
        (scenario,) = (one for one in planned(title).proof.scenarios if one.pace == "daily")
        # 10,000 samples of 5 minutes, and the day of the evaluation.
        assert scenario.timeline.end <= 10_000 * 300
        assert scenario.timeline.end % 86_400 == 0
        assert any(phase.previous_labels for phase in scenario.timeline.phases)
