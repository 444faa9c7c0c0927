"""Scenarios of threshold alerts and planned work: silent in a window, at its end, and on when they fired before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from watchkeeper import naming
from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE, OTHER_ALERT
from watchkeeper.plan.proofs.series.input_series import series_text
from watchkeeper.plan.proofs.series.samples import Series, values
from watchkeeper.plan.proofs.series.threshold_series import fed_by
from watchkeeper.plan.proofs.timeline import Phase, Timeline

_MINUTE = 60


def alert_in_maintenance(
    alert: Alert, scenarios: tuple[AlertScenario, ...], service: Service, stack: Stack
) -> Iterator[AlertScenario]:
    """Yield an alert's scenarios: of the first in which it fires, with a window throughout, and with one at its end."""
    found = next((one for one in scenarios if any(check.firing for check in one.checks)), None)
    if found is None:
        return
    step = found.step or max(1, int(stack.evaluation_interval.seconds))
    fires = [check for check in found.checks if check.firing]
    end = max(check.at for check in found.checks)
    opened = _opened(service, found, 0, end)
    yield replace(
        found,
        title="the same in a maintenance window, while other alerts of the service fire",
        series=(*found.series, opened, *_other_alerts(found.alert, service, end // found.interval)),
        checks=tuple(replace(check, firing=False, aspect="silent") for check in fires),
        elsewhere=DECOY_SERVICE,
    )
    last = fires[-1].at
    yield replace(
        found,
        title="a maintenance window opens when it fires already, and one of another service was open before",
        series=(
            *found.series,
            _opened(service, found, last - step, last),
            _of_another(end // found.interval),
        ),
        checks=(fires[-1],),
    )
    if alert.preset == "service_down":
        yield _goes_on(alert, found, service, stack)


def _opened(service: Service, scenario: AlertScenario, start: int, end: int) -> tuple[str, str]:
    """Return the series that shows an open window from one instant to another."""
    before, during = start // scenario.interval, (end - start) // scenario.interval
    head = f"_x{before - 1} " if before else ""
    return maintenance_series(service.name), f"{head}1x{during}"


def _of_another(samples: int) -> tuple[str, str]:
    return maintenance_series(DECOY_SERVICE), f"1x{samples}"


def _other_alerts(alert: str, service: Service, samples: int) -> Iterator[tuple[str, str]]:
    """Yield alerts that are not this one, are of another service, or do not fire: none of them lets it begin."""
    others = (
        (OTHER_ALERT, "firing", service.name),
        (alert, "pending", service.name),
        (alert, "firing", DECOY_SERVICE),
    )
    for name, state, of in others:
        labels = {"alertname": name, "alertstate": state, "service": of}
        yield series_text("ALERTS", labels), f"1x{samples}"


def maintenance_series(service: str) -> str:
    """Return an open window of a service as a series in promtool's notation."""
    return series_text(naming.MAINTENANCE_OPEN, {"maintenance": "proof", "service": service})


def _goes_on(alert: Alert, found: AlertScenario, service: Service, stack: Stack) -> AlertScenario:
    """Return an outage that begins in a window: it is notified when it has lasted as long after the window."""
    scrape, step = found.interval, max(1, int(stack.evaluation_interval.seconds))
    grid = max(_MINUTE, step, scrape)
    hold, opened = -int(-alert.hold.seconds // 1), 5 * grid
    late = scrape + 2 * step
    ends = opened + -int(-(hold + late) // grid) * grid
    after = -int(-(hold + late + _MINUTE) // grid) * grid
    timeline = Timeline((Phase(opened, 0.0), Phase(ends - opened + after, 0.0, up=False)))
    text = fed_by(alert, service)[0].text

    def check(at: int, *, firing: bool) -> AlertCheck:
        instant = at // step * step
        return AlertCheck(instant, found.alert, firing=firing, aspect="fires" if firing else "silent")

    return replace(
        found,
        title="an outage begins in a maintenance window and lasts longer",
        series=(
            (text, values(Series(text, "up"), timeline, scrape, start=0)),
            (maintenance_series(service.name), f"1x{ends // scrape} stale"),
        ),
        checks=(check(ends + hold - step, firing=False), check(ends + hold + late, firing=True)),
    )
