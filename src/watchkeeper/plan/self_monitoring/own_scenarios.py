"""The proofs of the stack's own alerts: well, then at fault until the alert fires, then well again; and silent series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from watchkeeper.model.duration import Duration
from watchkeeper.model.stack import Stack
from watchkeeper.plan.proofs.scenarios.scenario import AlertCheck, Aspect
from watchkeeper.plan.proofs.scenarios.threshold_scenarios import AlertScenario
from watchkeeper.plan.proofs.series.samples import GROWN, Series, values
from watchkeeper.plan.proofs.timeline import Phase, Timeline
from watchkeeper.plan.self_monitoring.own_alert import OwnAlert

_MINUTE = 60
_RANGE = re.compile(r"(?:increase|changes|absent_over_time)\([^\[]*\[([^\]]+)\]")
# The value of a series that has no samples during the fault.
_GONE = "gone"
# More starts than an alert may allow, one a scrape.
_STARTS = 6
# What a decoy shows throughout: a fault, in any unit.
_DECOY_RATE = Decimal("0.5")


def own_scenarios(alert: OwnAlert, stack: Stack) -> Iterator[AlertScenario]:
    """Yield the scenarios of one alert: one for each series that makes it fire, and one of series that must not."""
    if not alert.proofs:
        yield _always(alert, stack)
    for number, (labels, series) in enumerate(alert.proofs):
        fed = tuple(_series(one) for one in series)
        gone = any(_GONE in one.get("value", ()) for one in series)
        which = f", in {fed[0].text}" if number else ""
        title = f"well, then a fault until it fires, then well again{which}"
        yield _fault(alert, stack, fed, labels, title, gone=gone)
    if alert.silent:
        scrape = _whole(stack.scrape_interval.seconds)
        end = _longest(alert) + 20 * _MINUTE
        fed_silent = tuple((str(one["series"]), f"{one['value']}x{end // scrape}") for one in alert.silent)
        check = AlertCheck(_floor(end, stack), alert.name, firing=False, aspect="silent")
        yield AlertScenario(alert.name, "series that must not make it fire", scrape, fed_silent, (check,), ())


def _always(alert: OwnAlert, stack: Stack) -> AlertScenario:
    scrape = _whole(stack.scrape_interval.seconds)
    checks = tuple(
        AlertCheck(_floor(at, stack), alert.name, firing=True, aspect="fires") for at in (5 * _MINUTE, 3600)
    )
    return AlertScenario(alert.name, "nothing at all", scrape, (("up", f"1x{3600 // scrape}"),), checks, ())


def _fault(
    alert: OwnAlert,
    stack: Stack,
    fed: tuple[Series, ...],
    labels: dict[str, str],
    title: str,
    *,
    gone: bool,
) -> AlertScenario:
    scrape, hold, window = _whole(stack.scrape_interval.seconds), int(alert.hold.seconds), _longest(alert)
    lag = scrape + 2 * _whole(stack.evaluation_interval.seconds)
    onset = _STARTS * scrape if "changes(" in alert.expr else 0
    if gone:
        # A range without samples must pass before it shows, and is over with the first one.
        onset, window = window, 0
    phases = (
        _phase(10 * _MINUTE, 0.0),
        replace(_phase(onset + hold + lag + _MINUTE, 1.0), present=not gone),
        _phase(window + lag + _MINUTE, 0.0),
    )
    timeline = Timeline(phases)
    begins, ends = timeline.starts[1], timeline.starts[2]
    instants: list[tuple[float, Aspect]] = [(begins, "silent"), (ends, "fires"), (timeline.end, "resolves")]
    if hold:
        instants.insert(1, (begins + hold, "silent"))
    if gone:
        # Close to when the range is empty, so that another range or another hold is noticed.
        step = _whole(stack.evaluation_interval.seconds)
        fires = (-(-(begins // scrape * scrape + onset) // step) - (-hold // step)) * step
        instants[-2:-2] = [(fires - step, "silent"), (fires + step, "fires")]
    if window:
        # While the fault is within the window.
        instants.insert(-1, (ends + window * 0.8 - lag, "fires"))
    given = tuple((one.text, values(one, timeline, scrape, start=GROWN)) for one in fed)
    decoys = tuple((text, _decoy(text, timeline.end // scrape, scrape)) for text in alert.decoys)
    checks = tuple(_check(alert, at, aspect, stack) for at, aspect in instants)
    return AlertScenario(alert.name, title, scrape, (*given, *decoys), checks, tuple(labels.items()))


def _check(alert: OwnAlert, at: float, aspect: Aspect, stack: Stack) -> AlertCheck:
    return AlertCheck(_floor(at, stack), alert.name, firing=aspect == "fires", aspect=aspect)


def _series(entry: dict[str, Any]) -> Series:
    is_counter = "rate" in entry
    given = [text for text in entry["rate" if is_counter else "value"] if text != _GONE]
    low, high = (Decimal(text) * Decimal(entry.get("times", "1")) for text in (given * 2)[:2])
    return Series(entry["series"], "level_counter" if is_counter else "level", low=low, high=high)


def _decoy(text: str, count: int, scrape: int) -> str:
    """Return samples that would change the result: a counter that grows, a large size, 0 for what is 1 while all is well.

    Of Alertmanagers there is one: the largest number counts.
    """
    if "_discovered{" in text:
        return f"1x{count}"
    if "_total{" in text or text.startswith("process_start_time"):
        return f"0+{_DECOY_RATE * scrape}x{count}"
    return f"1000000x{count}" if "_bytes{" in text else f"0x{count}"


def _longest(alert: OwnAlert) -> int:
    """Return the longest range that the alert reads in seconds, 0 for one that reads none."""
    return max((int(Duration.parse(text).seconds) for text in _RANGE.findall(alert.expr)), default=0)


def _phase(seconds: float, ratio: float) -> Phase:
    return Phase(-int(-seconds // _MINUTE) * _MINUTE, 1.0, ratio)


def _floor(at: float, stack: Stack) -> int:
    step = _whole(stack.evaluation_interval.seconds)
    return int(at // step) * step


def _whole(seconds: Decimal) -> int:
    return max(1, int(seconds))
