"""The predicted moment of a page: beside the timeline's bisection, and beside the rules in the real promtool."""

from __future__ import annotations

import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.plan.planning import parameters, plan_of
from watchkeeper import naming
from watchkeeper.backends.rules import render
from watchkeeper.emit.promtool_yaml import ProofFile
from watchkeeper.model.slo import TILE
from watchkeeper.plan.plan import Plan
from watchkeeper.plan.proofs.alert_spans import burning
from watchkeeper.plan.proofs.series.samples import GROWN, values
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.slo.base_window import FROM_BASE
from watchkeeper.plan.slo.detection import (
    detection,
    min_rate_one_failure_ok,
    min_rate_to_fire,
    page_detection,
    ratios_of,
)
from watchkeeper.plan.slo.planned_slo import PlannedSlo

HOUR = 3600


def planned(
    folder: Path, objective: str = "99.9%", scrape: str = "15s", evaluation: str = "30s"
) -> PlannedSlo:
    return _plan(folder, objective, scrape, evaluation).services[0].slos[0]


def _plan(folder: Path, objective: str, scrape: str, evaluation: str) -> Plan:
    return plan_of(
        folder,
        f"service: shop\nslos: [{{name: o, objective: {objective}, window: 30d, sli: {{availability: http}}}}]\n"
        f"stack: {{retention: 31d, scrape_interval: {scrape}, evaluation_interval: {evaluation}}}\n",
    )


@pytest.mark.parametrize("objective", ["99.99%", "99.9%", "99%", "90%"])
@pytest.mark.parametrize("is_newborn", [True, False])
def test_the_closed_form_is_what_the_timeline_finds(objective: str, is_newborn: bool, tmp_path: Path) -> None:
    slo = planned(tmp_path, objective)
    for tier in slo.tiers:
        whole, kind = int(tier.long.seconds), naming.FAST_BURN if tier.kind == "page" else naming.SLOW_BURN
        before = 0 if is_newborn else whole
        healthy = () if is_newborn else (Phase(before),)
        for ratio in (Decimal(1), Decimal("0.3"), Decimal("0.1"), tier.threshold, tier.threshold * 2):
            if ratio > 1:
                continue
            timeline = Timeline((*healthy, Phase(whole, 100.0, float(ratio))))
            spans = burning(parameters(tier, objective=str(slo.parameters.objective)), timeline, kind)
            predicted = detection(tier, slo, ratio)
            if predicted.seconds is None:
                assert spans == []
                continue
            ((start, end),) = spans
            smear = predicted.seconds - predicted.margin - (start - before)
            assert end == timeline.end
            # Each event reaches the base over a whole window: half of it on average, less in the first moments.
            window = float(slo.parameters.base.window.seconds)
            assert smear == pytest.approx(window / 2, abs=0.01) or start - before < window / 2


@pytest.mark.parametrize("ratio", ["1", "0.3", "0.1"])
@pytest.mark.parametrize(("scrape", "evaluation"), [("15s", "30s"), ("30s", "1m")])
def test_the_page_comes_when_it_was_predicted(
    ratio: str, scrape: str, evaluation: str, tmp_path: Path, promtool: str
) -> None:
    plan = _plan(tmp_path, "99.9%", scrape, evaluation)
    (slo,) = plan.services[0].slos
    predicted = page_detection(slo, Decimal(ratio))
    assert predicted is not None
    assert predicted.seconds is not None
    step = int(slo.parameters.base.evaluation.seconds)
    soonest = HOUR + predicted.seconds - predicted.margin - step
    latest = HOUR + predicted.seconds + predicted.margin + step
    timeline = Timeline((Phase(HOUR), Phase(HOUR // 2, 100.0, float(ratio))))
    out = ProofFile("", ("rules.yml",), evaluation, (naming.live_group(slo.slo_id),))
    interval = int(slo.parameters.base.scrape.seconds)
    series = [(one.text, values(one, timeline, interval, start=GROWN)) for one in slo.proof.series]
    out.test("an outage after a healthy hour", scrape, series)
    firing = 'count(ALERTS{alertname="ShopOFastBurn",alertstate="firing"})'
    out.expect(firing, f"{int(soonest // step) * step}s", [])
    out.expect(firing, f"{-int(-latest // step) * step}s", [("{}", "1")])
    (tmp_path / "rules.yml").write_text(render(plan)[slo.rules_path])
    (tmp_path / "test.yml").write_text(out.text())
    done = subprocess.run(
        [promtool, "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_margin_is_half_a_scrape_and_half_an_evaluation_and_half_a_tile(tmp_path: Path) -> None:
    slo = planned(tmp_path)
    for tier in slo.tiers:
        tile = float(TILE.seconds) / 2 if tier.long > FROM_BASE else 0.0
        assert detection(tier, slo, Decimal(1)).margin == 22.5 + tile


def test_what_is_gone_of_the_budget_by_then(tmp_path: Path) -> None:
    slo = planned(tmp_path)
    first = detection(slo.tiers[0], slo, Decimal(1))
    assert first.seconds is not None
    assert first.seconds == pytest.approx(0.0144 * 3600 + 30 + 22.5)
    # 30 days at 99.9% allow 2592 seconds.
    assert first.budget_gone == pytest.approx(first.seconds / 2592)


def test_a_ratio_at_the_threshold_never_fires(tmp_path: Path) -> None:
    slo = planned(tmp_path)
    tier = slo.tiers[0]
    assert detection(tier, slo, tier.threshold).seconds is None
    assert detection(tier, slo, tier.threshold + Decimal("1e-9")).seconds is not None


def test_the_first_page_is_the_fastest_tiers_that_fires(tmp_path: Path) -> None:
    slo = planned(tmp_path)
    below_the_first = (slo.tiers[0].threshold + slo.tiers[1].threshold) / 2
    assert page_detection(slo, Decimal(1)) == detection(slo.tiers[0], slo, Decimal(1))
    assert page_detection(slo, below_the_first) == detection(slo.tiers[1], slo, below_the_first)
    assert page_detection(slo, slo.tiers[1].threshold) is None


def test_the_ratios_worth_a_look(tmp_path: Path) -> None:
    slo = planned(tmp_path)
    assert ratios_of(slo.tiers[0]) == (Decimal(1), Decimal("0.144"), Decimal("0.0288"))
    assert ratios_of(planned(tmp_path, "90%").tiers[0]) == (Decimal(1),)


def test_thin_traffic(tmp_path: Path) -> None:
    tier = planned(tmp_path).tiers[1]
    # In six hours one failure must be at most 0.6% of the events.
    assert min_rate_one_failure_ok(tier) == pytest.approx(Decimal(1) / Decimal("0.006") / 6)
    assert min_rate_to_fire(tier) == Decimal("1.5") / 6
