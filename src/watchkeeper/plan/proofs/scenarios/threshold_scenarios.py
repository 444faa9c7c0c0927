"""Stories of threshold alerts: over the threshold until it fires, under it, at it, in thin traffic, among strangers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.alert import Alert
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.plan.planned_alert import PlannedAlert
from watchkeeper.plan.presets import DEFAULT_MIN_EVENTS
from watchkeeper.plan.proofs.expectations.timeline import Phase, Timeline
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.series.samples import FIRST, GROWN, SECOND, Series, values
from watchkeeper.plan.proofs.series.threshold_series import fed_by, labels_of

_MINUTE = 60
# A window of fewer scrapes tells moments inside it too coarsely.
_TELLING_SCRAPES = 8
_BUSY = 100.0


@dataclass(frozen=True, slots=True)
class AlertStory:
    """One test of a threshold alert: series with their samples one each `interval` seconds, and what must be seen.

    `labels` are those that the firing alert carries besides its rule's; None where they cannot be known.
    """

    title: str
    interval: int
    series: tuple[tuple[str, str], ...]
    checks: tuple[AlertCheck, ...]
    labels: tuple[tuple[str, str], ...] | None = ()


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
        """Return how late the alert sees a change at most, besides its window and its hold."""
        return self.scrape + 2 * self.step

    def check(self, at: float, aspect: Aspect) -> AlertCheck:
        moment = int(at // self.step) * self.step
        return AlertCheck(moment, self.planned.name, firing=aspect == "fires", aspect=aspect)

    def phase(self, seconds: float, ratio: float, *, rate: float = _BUSY) -> Phase:
        grid = max(_MINUTE, self.step, self.scrape)
        return Phase(-int(-seconds // grid) * grid, rate, round(ratio, 9))

    def story(self, title: str, phases: list[Phase], checks: list[AlertCheck]) -> AlertStory:
        timeline = Timeline(tuple(phases))
        series = tuple(
            (one.text, values(one, timeline, self.scrape, start=GROWN))
            for one in fed_by(self.alert, self.service)
        )
        words = f"{self.planned.name}: {title}"
        return AlertStory(words, self.scrape, series, tuple(checks), labels_of(self.alert, self.service))


def alert_stories(
    alert: Alert, planned: PlannedAlert, service: Service, stack: Stack
) -> tuple[AlertStory, ...]:
    """Return the stories of one threshold alert; none for an expression of the user's own."""
    if alert.preset is None:
        return ()
    window = int(planned.window.seconds) if planned.window is not None else 0
    at = _Context(
        alert,
        planned,
        service,
        max(1, int(stack.scrape_interval.seconds)),
        max(1, int(stack.evaluation_interval.seconds)),
        -int(-alert.hold.seconds // 1),
        window,
    )
    return tuple(_STORIES[alert.preset](at))


def _down(at: _Context) -> Iterator[AlertStory]:
    before, gone = 5 * _MINUTE, at.phase(at.hold + at.lag + _MINUTE, 0.0)
    down = Phase(gone.seconds, 0.0, up=False)
    yield at.story(
        "no target answers for as long as it takes, then one does",
        [at.phase(before, 0.0), down, at.phase(3 * _MINUTE, 0.0)],
        [
            at.check(before, "silent"),
            at.check(before + at.hold, "silent"),
            at.check(before + down.seconds, "fires"),
            at.check(before + down.seconds + at.lag, "resolves"),
        ],
    )
    one_left = Timeline((at.phase(before, 0.0), down))
    text = fed_by(at.alert, at.service)[0].text
    yield AlertStory(
        f"{at.planned.name}: one of two targets is down",
        at.scrape,
        (
            (text, values(Series(text, "up"), one_left, at.scrape, start=0)),
            (text.replace(FIRST, SECOND), f"1x{one_left.end // at.scrape}"),
        ),
        (at.check(one_left.end, "silent"),),
    )
    yield AlertStory(
        f"{at.planned.name}: the targets vanish from discovery",
        at.scrape,
        ((text, f"1x{before // at.scrape} stale"),),
        (at.check(before, "silent"), at.check(before + at.hold + at.lag + _MINUTE, "fires")),
    )


def _share(at: _Context) -> Iterator[AlertStory]:
    """Yield the stories of a share of events over a limit, with a gate: error_ratio and latency_quantile."""
    limit = float(at.alert.threshold or 0)
    if at.alert.preset == "latency_quantile":
        limit = float(1 - (at.alert.quantile or Decimal("0.95")))
    before, long = 5 * _MINUTE, at.window + at.hold + at.lag + _MINUTE
    outage = at.phase(at.window * limit + at.hold + at.lag + _MINUTE, 1.0)
    back = at.phase(at.window + at.lag + _MINUTE, 0.0)
    end = before + outage.seconds
    yield at.story(
        "idle, then every event is bad, then all is well",
        [at.phase(before, 0.0, rate=0.0), outage, back],
        [
            at.check(before, "silent"),
            at.check(before + at.hold, "silent"),
            at.check(end, "fires"),
            at.check(end + at.window * (1 - limit) * 0.9 - at.step, "fires"),
            at.check(end + back.seconds, "resolves"),
        ],
    )
    for ratio, aspect, words in (
        (min(limit * 1.08, (limit + 1) / 2), "fires", "above"),
        (limit * 0.92, "silent", "below"),
    ):
        steady = at.phase(long, ratio)
        seen: Aspect = "fires" if aspect == "fires" else "silent"
        yield at.story(f"steadily just {words} the limit", [steady], [at.check(steady.seconds, seen)])
    if at.window >= _TELLING_SCRAPES * at.scrape:
        yield _rush(at, limit)
    yield _thin(at, limit, long)


def _rush(at: _Context, limit: float) -> AlertStory:
    """A rush that the window must forget before the ratio is over the limit, and bad events to forget after that."""
    ratio, window = min(3 * limit, (1 + limit) / 2), at.window
    rush = at.phase(window + 2 * _MINUTE, 0.0, rate=20 * _BUSY)
    bad = at.phase(window + at.hold + at.lag, ratio)
    over = window * limit / ratio
    thinner = at.phase(window, ratio, rate=_BUSY / 10)
    back = at.phase(window + at.lag + _MINUTE, limit * 0.2, rate=_BUSY / 10)
    thins = rush.seconds + bad.seconds
    end = thins + thinner.seconds
    return at.story(
        "a rush without bad events, then more of them than the limit, then as many in less traffic, then few",
        [rush, bad, thinner, back],
        [
            at.check(rush.seconds + window * 0.75 + at.hold, "silent"),
            at.check(rush.seconds + window + at.hold + at.lag, "fires"),
            at.check(thins + window * 0.6, "fires"),
            at.check(end + (window - over) * 0.85 - at.step, "fires"),
            at.check(end + window - over * 0.7 + at.lag, "resolves"),
        ],
    )


def _thin(at: _Context, limit: float, long: float) -> AlertStory:
    """Counts are interpolated: two events are seen as up to 2.4, and three as no less than 2.6."""
    least, ratio = at.alert.min_events or DEFAULT_MIN_EVENTS, (1 + limit) / 2
    few, enough = (at.phase(long, ratio, rate=(least - less) / at.window / ratio) for less in (0.6, 0.4))
    return at.story(
        f"fewer than {least} bad events in {at.planned.window} of thin traffic, which must stay silent, then as many",
        [few, enough],
        [at.check(few.seconds, "silent"), at.check(few.seconds + enough.seconds, "fires")],
    )


def _level(at: _Context) -> Iterator[AlertStory]:
    """Yield the stories of a gauge, or of a rate that is one: saturation, gauge_below and gauge_above."""
    before, long = 5 * _MINUTE + at.window, at.window + at.hold + at.lag + _MINUTE
    over, back = at.phase(long, 1.0), at.phase(at.window + at.lag + _MINUTE, 0.0)
    end = at.phase(before, 0.0).seconds
    # The level is as far over the limit as it was under it: a rate is over it when half of its window is, and what
    # lies between the first and the last scrape in it is one scrape less.
    early = min(at.window * 0.4, (at.window - at.scrape - at.step) / 2)
    half = [
        at.check(end + early + at.hold, "silent"),
        at.check(end + at.window * 0.5 + at.hold + at.lag, "fires"),
    ]
    yield at.story(
        "well, then just past the limit, then well again",
        [at.phase(before, 0.0), over, back],
        [
            at.check(end, "silent"),
            at.check(end + at.hold, "silent"),
            *(half if at.window else ()),
            at.check(end + over.seconds, "fires"),
            at.check(end + over.seconds + back.seconds, "resolves"),
        ],
    )
    if at.window:
        return  # a rate is extrapolated, and exactly at the limit is a matter of its last digit
    exact = at.phase(long, 0.5)
    yield at.story("exactly at the limit", [exact], [at.check(exact.seconds, "silent")])


_STORIES: dict[str, Callable[[_Context], Iterator[AlertStory]]] = {
    "service_down": _down,
    "error_ratio": _share,
    "latency_quantile": _share,
    "saturation": _level,
    "gauge_below": _level,
    "gauge_above": _level,
}
