"""A histogram of others in milliseconds: bounds in its unit, texts in people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.plan.planning import plan_of
from watchkeeper.plan.plan import PlannedService

ISTIO = "istio_request_duration_milliseconds"
BUCKETS = "[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500]"


def planned(folder: Path, declared: str, threshold: str = "250ms") -> PlannedService:
    (service,) = plan_of(
        folder,
        f"service: shop\nmetrics:\n  - {{name: {ISTIO}, type: histogram, external: true, {declared}}}\n"
        f"slos: [{{name: o, objective: 99%, window: 7d, sli: {{latency: {ISTIO}, threshold: {threshold}}}}}]\n",
    ).services
    return service


def test_the_threshold_of_an_objective_is_a_bound_in_milliseconds(tmp_path: Path) -> None:
    (slo,) = planned(tmp_path, f"unit: ms, buckets: {BUCKETS}").slos
    # The value 250, and nothing like 0.25: either spelling of the whole number.
    assert rf'{ISTIO}_bucket{{le=~"250|250\\.0"}}' in slo.indicator.bad
    bounds = {
        one.text.partition('le="')[2].partition('"')[0] for one in slo.proof.series if "le=" in one.text
    }
    assert bounds == {"250.0", "500.0"}


def test_a_native_histogram_is_divided_in_its_unit(tmp_path: Path) -> None:
    (slo,) = planned(tmp_path, "unit: ms, native: true").slos
    assert "histogram_fraction(0, 250, " in slo.indicator.bad


@pytest.mark.parametrize(("unit", "bound"), [("s", "1"), ("ms", "1000"), ("us", "1000000")])
def test_every_unit_has_its_factor(unit: str, bound: str, tmp_path: Path) -> None:
    (slo,) = planned(tmp_path, f"unit: {unit}, buckets: [{bound}]", "1s").slos
    assert f'le=~"{bound}|' in slo.indicator.bad or 'le="1e+06"' in slo.indicator.bad


def test_an_alert_speaks_of_seconds_and_compares_milliseconds(tmp_path: Path) -> None:
    (service,) = plan_of(
        tmp_path,
        f"service: shop\nmetrics:\n  - {{name: {ISTIO}, type: histogram, external: true, unit: ms, buckets: {BUCKETS}}}\n"
        f"alerts: [{{preset: latency_quantile, metric: {ISTIO}, above: 500ms, quantile: 0.9}}]\n",
    ).services
    (alert,) = service.alerts
    assert rf'{ISTIO}_bucket{{le=~"500|500\\.0"}}' in alert.expr
    assert alert.summary == f"shop: p90 of {ISTIO} is over 500ms"
    assert "took longer than 500ms" in alert.description
    # humanizeDuration reads seconds.
    assert (
        f"sum by (le) (rate({ISTIO}_bucket[5m]))) / 1000` }}}}{{{{ . | first | value | humanizeDuration"
        in alert.description
    )
    assert alert.next_query.endswith(" / 1000")
    fed = {
        text.partition('le="')[2].partition('"')[0]
        for one in service.alert_scenarios
        for text, _ in one.series
        if "le=" in text
    }
    assert fed == {"500.0", "1000.0"}
