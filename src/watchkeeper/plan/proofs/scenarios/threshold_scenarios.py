"""Scenarios of threshold alerts: over the threshold until it fires, under it, at it, in thin traffic, with decoys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from watchkeeper.model.alert import Alert, Preset
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.presets import PRESET_MIN_EVENTS
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.series.decoys import DECOY_SERVICE
from watchkeeper.plan.proofs.series.samples import FIRST, GROWN, SECOND, Series, values
from watchkeeper.plan.proofs.series.threshold_series import assumptions_of, fed_by, labels_of
from watchkeeper.plan.proofs.timeline import Phase, Timeline

_MINUTE = 60
# A window of fewer scrapes distinguishes instants inside it too coarsely.
_ENOUGH_SCRAPES = 8
_BUSY = 100.0


@dataclass(frozen=True, slots=True)
class AlertScenario:
    """One test of a threshold alert: series with one sample every `interval` seconds, and the checks.

    `labels` are those of the firing alert besides its rule's; None where they cannot be known.
    `assumed` lists the series that nobody declares. The rules are evaluated every `step` seconds, None for as often as
    in the stack. An alert of the same name fires for the service `elsewhere`, which no check means.
    """

    alert: str
    title: str
    interval: int
    series: tuple[tuple[str, str], ...]
    checks: tuple[AlertCheck, ...]
    labels: tuple[tuple[str, str], ...] | None = ()
    assumed: tuple[str, ...] = ()
    step: int | None = None
    elsewhere: str = ""

    @property
    def name(self) -> str:
        """Return the name of the test, which is unique in its file."""
        return f"{self.alert}: {self.title}"


@dataclass(frozen=True, slots=True)
class _Context:
    """An alert with its times in whole seconds; `window` is 0 for alerts without one."""

    alert: Alert
    planned: PlannedAlert
    service: Service
    scrape: int
    step: int
    hold: int
    window: int

    @property
    def lag(self) -> int:
        """Return the longest delay of the alert after a change, besides its window and its `for`."""
        return self.scrape + 2 * self.step

    def check(self, at: float, aspect: Aspect) -> AlertCheck:
        instant = int(at // self.step) * self.step
        return AlertCheck(instant, self.planned.name, firing=aspect == "fires", aspect=aspect)

    def phase(self, seconds: float, ratio: float, *, rate: float = _BUSY) -> Phase:
        grid = max(_MINUTE, self.step, self.scrape)
        return Phase(-int(-seconds // grid) * grid, rate, round(ratio, 9))

    def scenario(self, title: str, phases: list[Phase], checks: list[AlertCheck]) -> AlertScenario:
        timeline = Timeline(tuple(phases))
        series = tuple(
            (one.text, values(one, timeline, self.scrape, start=GROWN))
            for one in fed_by(self.alert, self.service)
        )
        labels, assumed = labels_of(self.alert), assumptions_of(self.alert, self.service)
        return AlertScenario(self.planned.name, title, self.scrape, series, tuple(checks), labels, assumed)


def alert_scenarios(
    alert: Alert, planned: PlannedAlert, service: Service, stack: Stack
) -> tuple[AlertScenario, ...]:
    """Return the scenarios of a preset whose threshold is a number; none for other alerts."""
    if alert.preset is None or alert.preset not in SCENARIOS:
        return ()
    window = int(planned.window.seconds) if planned.window is not None else 0
    context = _Context(
        alert,
        planned,
        service,
        max(1, int(stack.scrape_interval.seconds)),
        max(1, int(stack.evaluation_interval.seconds)),
        -int(-alert.hold.seconds // 1),
        window,
    )
    return tuple(SCENARIOS[alert.preset](context))


def _down(context: _Context) -> Iterator[AlertScenario]:
    before, gone = 5 * _MINUTE, context.phase(context.hold + context.lag + _MINUTE, 0.0)
    down = Phase(gone.seconds, 0.0, up=False)
    yield context.scenario(
        "no target answers until the alert fires, then one answers",
        [context.phase(before, 0.0), down, context.phase(3 * _MINUTE, 0.0)],
        [
            context.check(before, "silent"),
            context.check(before + context.hold, "silent"),
            context.check(before + down.seconds, "fires"),
            context.check(before + down.seconds + context.lag, "resolves"),
        ],
    )
    one_left = Timeline((context.phase(before, 0.0), down))
    text = fed_by(context.alert, context.service)[0].text
    yield AlertScenario(
        context.planned.name,
        "one of two targets is down",
        context.scrape,
        (
            (text, values(Series(text, "up"), one_left, context.scrape, start=0)),
            (text.replace(FIRST, SECOND), f"1x{one_left.end // context.scrape}"),
        ),
        (context.check(one_left.end, "silent"),),
    )
    yield AlertScenario(
        context.planned.name,
        "the targets vanish from discovery",
        context.scrape,
        ((text, f"1x{before // context.scrape} stale"),),
        (
            context.check(before, "silent"),
            context.check(before + context.hold + context.lag + _MINUTE, "fires"),
        ),
    )


def _share(context: _Context) -> Iterator[AlertScenario]:
    """Yield the scenarios of a share of events over a limit, with a guard: error_ratio and latency_quantile."""
    limit = float(context.alert.threshold or 0)
    if context.alert.preset == "latency_quantile":
        limit = float(1 - (context.alert.quantile or Decimal("0.95")))
    before, long = 5 * _MINUTE, context.window + context.hold + context.lag + _MINUTE
    outage = context.phase(context.window * limit + context.hold + context.lag + _MINUTE, 1.0)
    back = context.phase(context.window + context.lag + _MINUTE, 0.0)
    end = before + outage.seconds
    yield context.scenario(
        "idle, then every event is bad, then every event is good",
        [context.phase(before, 0.0, rate=0.0), outage, back],
        [
            context.check(before, "silent"),
            context.check(before + context.hold, "silent"),
            context.check(end, "fires"),
            context.check(end + context.window * (1 - limit) * 0.9 - context.step, "fires"),
            context.check(end + back.seconds, "resolves"),
        ],
    )
    for ratio, aspect, side in (
        (min(limit * 1.08, (limit + 1) / 2), "fires", "above"),
        (limit * 0.92, "silent", "below"),
    ):
        steady = context.phase(long, ratio)
        seen: Aspect = "fires" if aspect == "fires" else "silent"
        yield context.scenario(
            f"steadily just {side} the limit", [steady], [context.check(steady.seconds, seen)]
        )
    if context.window >= _ENOUGH_SCRAPES * context.scrape:
        yield _rush(context, limit)
    yield _thin(context, limit, long)


def _rush(context: _Context, limit: float) -> AlertScenario:
    """Return a rush that must leave the window before the ratio is over the limit, and bad events that must leave it after."""
    ratio, window = min(3 * limit, (1 + limit) / 2), context.window
    rush = context.phase(window + 2 * _MINUTE, 0.0, rate=20 * _BUSY)
    bad = context.phase(window + context.hold + context.lag, ratio)
    over = window * limit / ratio
    thinner = context.phase(window, ratio, rate=_BUSY / 10)
    back = context.phase(window + context.lag + _MINUTE, limit * 0.2, rate=_BUSY / 10)
    thins = rush.seconds + bad.seconds
    end = thins + thinner.seconds
    return context.scenario(
        "a rush of good events, then a bad share over the limit, then the same share in less traffic, then a small one",
        [rush, bad, thinner, back],
        [
            context.check(rush.seconds + window * 0.75 + context.hold, "silent"),
            context.check(rush.seconds + window + context.hold + context.lag, "fires"),
            context.check(thins + window * 0.6, "fires"),
            context.check(end + (window - over) * 0.85 - context.step, "fires"),
            context.check(end + window - over * 0.7 + context.lag, "resolves"),
        ],
    )


def _thin(context: _Context, limit: float, long: float) -> AlertScenario:
    """Return thin traffic. Counts are interpolated: two events may read up to 2.4, and three no less than 2.6."""
    least, ratio = context.alert.min_events or PRESET_MIN_EVENTS, (1 + limit) / 2
    few, enough = (
        context.phase(long, ratio, rate=(least - less) / context.window / ratio) for less in (0.6, 0.4)
    )
    return context.scenario(
        f"fewer than {least} bad events in {context.planned.window} of thin traffic, which must stay silent, then {least}",
        [few, enough],
        [context.check(few.seconds, "silent"), context.check(few.seconds + enough.seconds, "fires")],
    )


def _level(context: _Context) -> Iterator[AlertScenario]:
    """Yield the scenarios of a gauge, or of a rate that is one: saturation, gauge_below and gauge_above."""
    before, long = 5 * _MINUTE + context.window, context.window + context.hold + context.lag + _MINUTE
    over, back = context.phase(long, 1.0), context.phase(context.window + context.lag + _MINUTE, 0.0)
    end = context.phase(before, 0.0).seconds
    # The level is as far over the limit as it was under it: a rate is over it when half of its window is, and its first
    # and last scrape are one scrape less than the window apart.
    early = min(context.window * 0.4, (context.window - context.scrape - context.step) / 2)
    half = [
        context.check(end + early + context.hold, "silent"),
        context.check(end + context.window * 0.5 + context.hold + context.lag, "fires"),
    ]
    yield context.scenario(
        "healthy, then just past the limit, then healthy again",
        [context.phase(before, 0.0), over, back],
        [
            context.check(end, "silent"),
            context.check(end + context.hold, "silent"),
            *(half if context.window else ()),
            context.check(end + over.seconds, "fires"),
            context.check(end + over.seconds + back.seconds, "resolves"),
        ],
    )
    if context.window:
        return  # a rate is extrapolated: exactly at the limit its last digit would decide
    exact = context.phase(long, 0.5)
    yield context.scenario("exactly at the limit", [exact], [context.check(exact.seconds, "silent")])


def _state(context: _Context) -> Iterator[AlertScenario]:
    """Yield the scenario of a state that is there or not: health_failing."""
    well = context.phase(5 * _MINUTE, 0.0)
    bad = context.phase(context.hold + context.lag + _MINUTE, 1.0)
    back = context.phase(context.lag + _MINUTE, 0.0)
    before, end = well.seconds, well.seconds + bad.seconds
    yield context.scenario(
        "healthy, then failing until the alert fires, then healthy again",
        [well, bad, back],
        [
            context.check(before, "silent"),
            context.check(before + context.hold, "silent"),
            context.check(end, "fires"),
            context.check(end + back.seconds, "resolves"),
        ],
    )


def _replicas(context: _Context) -> Iterator[AlertScenario]:
    """Yield the scenarios of replicas_below: one too few, and none at all, which service_down reports."""
    yield from _state(context)
    well, gone = context.phase(5 * _MINUTE, 0.0), context.phase(context.hold + context.lag + _MINUTE, 0.0)
    targets = [one.text for one in fed_by(context.alert, context.service) if DECOY_SERVICE not in one.text]
    down = Timeline((well, Phase(gone.seconds, 0.0, up=False)))
    yield AlertScenario(
        context.planned.name,
        "every target is down",
        context.scrape,
        tuple((text, values(Series(text, "up"), down, context.scrape, start=0)) for text in targets),
        (context.check(well.seconds, "silent"), context.check(down.end, "silent")),
    )


SCENARIOS: Final[Mapping[Preset, Callable[[_Context], Iterator[AlertScenario]]]] = {
    "service_down": _down,
    "error_ratio": _share,
    "latency_quantile": _share,
    "saturation": _level,
    "gauge_below": _level,
    "gauge_above": _level,
    "health_failing": _state,
    "replicas_below": _replicas,
}
