"""The scenario of a metric whose name is taken: it begins when the service starts, and ends when it is renamed."""

from __future__ import annotations

from watchkeeper.contract import HTTP_DURATION, HTTP_REQUESTS, METRIC_CONFLICTS
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.proofs.series.decoys import decoy_texts
from watchkeeper.plan.proofs.series.input_series import placed, series_text
from watchkeeper.plan.proofs.series.samples import Series, values
from watchkeeper.plan.proofs.timeline import Phase, Timeline

_MINUTE = 60


def conflict_scenarios(planned: PlannedAlert, service: Service, stack: Stack) -> tuple[AlertScenario, ...]:
    """Return the one scenario of a metric_conflict; none for other alerts."""
    if planned.preset != "metric_conflict":
        return ()
    scrape, step = (max(1, int(each.seconds)) for each in (stack.scrape_interval, stack.evaluation_interval))
    hold, lag, grid = int(planned.hold.seconds), scrape + 2 * step, max(_MINUTE, scrape, step)
    before, taken, after = (
        -int(-seconds // grid) * grid for seconds in (5 * _MINUTE, hold + lag + _MINUTE, lag + _MINUTE)
    )
    timeline = Timeline((Phase(before, present=False), Phase(taken), Phase(after, present=False)))
    checks: tuple[tuple[int, Aspect], ...] = (
        (before, "silent"),
        (before + hold, "silent"),
        (before + taken, "fires"),
        (before + taken + lag, "resolves"),
    )
    return (
        AlertScenario(
            planned.name,
            "every name is free, then one is taken, then it is free again; a decoy service has a conflict throughout",
            scrape,
            tuple((one.text, values(one, timeline, scrape, start=0)) for one in _series(service)),
            tuple(
                AlertCheck(at // step * step, planned.name, firing=aspect == "fires", aspect=aspect)
                for at, aspect in checks
            ),
            (("metric", HTTP_REQUESTS),),
        ),
    )


def _series(service: Service) -> tuple[Series, ...]:
    """Return the series of a taken name, one of a name that is free, and their decoys."""
    taken, free = (
        series_text(METRIC_CONFLICTS, placed({"metric": name}, service))
        for name in (HTTP_REQUESTS, HTTP_DURATION)
    )
    others = (other for text in (taken, free) for other in decoy_texts(text, service))
    decoys = (Series(text, "constant", value="1") for text in others)
    return (Series(taken, "gauge", good=1), Series(free, "constant", value="0"), *decoys)
