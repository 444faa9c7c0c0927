"""Short times change windows and intervals, never what counts as bad."""

from __future__ import annotations

from tests.loading import load_spec
from tests.unit.drill.every_alert import BUNDLED, short_plan
from watchkeeper.pipeline import plan_of
from watchkeeper.plan.plan import PlannedAlert


def _alerts(alerts: tuple[PlannedAlert, ...]) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
    return [(one.name, one.severity, one.labels) for one in alerts]


def test_the_alerts_their_labels_and_the_thresholds_of_their_tiers_stay() -> None:
    (real,), (short,) = plan_of(load_spec(BUNDLED)[0], BUNDLED).services, short_plan().services
    assert _alerts(short.all_alerts) == _alerts(real.all_alerts)
    for before, after in zip(real.slos, short.slos, strict=True):
        for kind in ("page", "ticket"):
            fastest = next(tier for tier in before.tiers if tier.kind == kind)
            (tier,) = (tier for tier in after.tiers if tier.kind == kind)
            assert tier.threshold == fastest.threshold
            assert tier.long.seconds <= 120


def test_every_alert_fires_and_ends_within_minutes() -> None:
    (service,) = short_plan().services
    for alert in service.all_alerts:
        assert alert.hold.seconds <= 10
        assert alert.window is None or alert.window.seconds <= 120
        assert alert.keep_firing is None or alert.keep_firing.seconds <= 4


def test_a_page_ends_before_the_ticket_that_it_mutes() -> None:
    for slo in short_plan().services[0].slos:
        page, ticket = (next(one for one in slo.tiers if one.kind == kind) for kind in ("page", "ticket"))
        assert page.short < ticket.short < slo.parameters.window
