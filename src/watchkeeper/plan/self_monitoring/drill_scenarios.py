"""The proofs of the alert on overdue drills: weeks of Alertmanager's counters, evaluated a hundred times or so."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.self_monitoring.long_series import Course, written
from watchkeeper.plan.self_monitoring.own_alert import OwnAlert, own_window

_MINUTE = 60
# How often the rules are evaluated while a drill becomes overdue.
_STEPS = 48
# Samples within the window of the recorded series, which compares its ends.
_SAMPLES = 2
# Alertmanager is away for less than the hour in which it stays known.
_AWAY = 30 * _MINUTE
Checks = Sequence[tuple[int, Aspect]]
_TAKEN, _FAILED = (
    f'alertmanager_notification_requests{which}_total{{{{integration="slack",job="{{job}}",receiver_name="{{name}}",instance="{{at}}"}}}}'
    for which in ("", "_failed")
)


def drill_scenarios(alert: OwnAlert, stack: Stack, every: Duration) -> Iterator[AlertScenario]:
    """Yield the scenarios: nothing is drilled, drills fail, one of two Alertmanagers restarts, receivers come and go."""
    made = _Made(alert.name, int(own_window(stack).seconds), int(every.seconds))
    yield from (made.never_drilled(), made.failed_drills(), made.two_alertmanagers(), made.other_receivers())


@dataclass(frozen=True, slots=True)
class _Made:
    """Makes scenarios of one length; instants are in seconds, those of evaluations are multiples of the step."""

    name: str
    window: int
    every: int

    @property
    def step(self) -> int:
        """Return the time between two evaluations, in whole minutes."""
        return max(1, self.every // _STEPS // _MINUTE) * _MINUTE

    @property
    def interval(self) -> int:
        """Return the time between two samples."""
        return self.window // _SAMPLES

    def never_drilled(self) -> AlertScenario:
        """Return a receiver that is never drilled, then once."""
        drilled = self._after(self.every) + 6 * self.step
        again = drilled + self.every
        checks: Checks = [
            (self._before(self.every), "silent"),
            (self._after(self.every), "fires"),
            (drilled - self.step, "fires"),
            (drilled, "resolves"),
            (self._before(again), "silent"),
            (self._after(again), "fires"),
        ]
        chat = self._counters("a", ((0, 0), (self._just_before(drilled), 2)))
        return self._scenario("never drilled, then once", (*chat, *self._others()), checks)

    def failed_drills(self) -> AlertScenario:
        """Return a receiver whose drills fail; Alertmanager was away then, and is away while the alert fires."""
        middle, due = self._before(self.every / 2), self._after(self.every)
        away = due + 3 * self.step
        early = away - self.every
        course = (
            (0, 0),
            (early, None),
            (early + _AWAY, 0),
            (self._just_before(middle), 3),
            (away - _MINUTE, None),
            (away - _MINUTE + _AWAY, 0),
        )
        checks: Checks = [
            (self._before(self.every), "silent"),
            (due, "fires"),
            (away, "fires"),
            (away + 2 * self.step, "fires"),
        ]
        chat = self._counters("a", course, failed=course)
        return self._scenario("drills that fail, and an Alertmanager that restarts", chat, checks)

    def two_alertmanagers(self) -> AlertScenario:
        """Return a drill through one of two Alertmanagers; the other one restarts later, which proves nothing."""
        drilled, restarts = self._before(self.every / 4), self._before(self.every / 2)
        overdue = drilled + self.every
        checks: Checks = [
            (self._after(self.every), "silent"),
            (self._before(overdue), "silent"),
            (self._after(overdue), "fires"),
        ]
        first = ((0, 5), (restarts - _AWAY, None), (restarts, 0))
        second = ((0, 2), (self._just_before(drilled), 3))
        series = (*self._counters("a", first), *self._counters("b", second))
        return self._scenario(
            "a drill through one of two Alertmanagers, of which the other restarts", series, checks
        )

    def other_receivers(self) -> AlertScenario:
        """Return a receiver that is gone, one that is new, and an Alertmanager that does not name receivers."""
        middle = self._before(self.every / 2)
        gone = self._counters("a", ((0, 0), (middle, None)), name="drill-old")
        fresh = self._counters("a", ((0, None), (middle, 0)))
        checks: Checks = [
            (self._after(self.every), "silent"),
            (self._before(middle + self.every), "silent"),
            (self._after(middle + self.every), "fires"),
        ]
        return self._scenario("a receiver that is gone, and one that is new", (*gone, *fresh), checks)

    def _before(self, instant: float) -> int:
        """Return an evaluation that is surely before an instant."""
        return (int(instant // self.step) - 1) * self.step

    def _after(self, instant: float) -> int:
        """Return an evaluation that is surely after an instant, and after what was recorded then is too old."""
        return (math.ceil((instant + self.window) / self.step) + 1) * self.step

    def _just_before(self, evaluation: int) -> float:
        """Return an instant in the middle of the window that an evaluation reads."""
        return evaluation - self.window / 2

    def _counters(
        self,
        at: str,
        taken: Course,
        *,
        failed: Course | None = None,
        name: str = "drill-chat",
        job: str = "alertmanager",
    ) -> tuple[tuple[str, Course], ...]:
        """Return the counters of a receiver at one Alertmanager: its requests, and those of them that failed."""
        none = tuple((begin, None if value is None else 0) for begin, value in taken)
        given = ((_TAKEN, taken), (_FAILED, none if failed is None else failed))
        return tuple((text.format(name=name, job=job, at=at), course) for text, course in given)

    def _others(self) -> Iterator[tuple[str, Course]]:
        """Yield what must change nothing: receivers of people, one busy and one idle, and another job."""
        busy = [(number * self.step, number) for number in range(4 * _STEPS)]
        yield from self._counters("a", busy, name="critical")
        yield from self._counters("a", ((0, 0),), name="info")
        yield from self._counters("a", ((0, 0),), name="drill-mail", job="elsewhere")

    def _scenario(self, title: str, series: Sequence[tuple[str, Course]], checks: Checks) -> AlertScenario:
        end = checks[-1][0]
        fed = tuple((text, written(course, end=end, interval=self.interval)) for text, course in series)
        made = tuple(
            AlertCheck(at, self.name, firing=aspect == "fires", aspect=aspect) for at, aspect in checks
        )
        labels = (("receiver_name", "drill-chat"),)
        return AlertScenario(self.name, title, self.interval, fed, made, labels, step=self.step)
