"""Send one drill through a running Alertmanager, follow it to each receiver, and end it in any case."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from watchkeeper import naming
from watchkeeper.alertmanager_api import GivenAlert, Refused, given_alerts, post_alerts
from watchkeeper.drill.deferred_signals import deferred_signals
from watchkeeper.drill.receivers.attempts import Attempts, read_attempts
from watchkeeper.drill.receivers.drill_alert import drill_alerts
from watchkeeper.drill.receivers.receiver_outcome import Outcome
from watchkeeper.local_http import NoAnswer
from watchkeeper.stack.stack_error import StackError

_POLL_SECONDS = 0.25
# Alertmanager retries a notification for ten seconds, longer than the group interval of a drill.
_FIRING_SECONDS = 25.0
_RESOLVED_SECONDS = 25.0
# A killed drill ends by itself after this long.
_LIFE_SECONDS = 180.0
Show = Callable[[Outcome], None]
# Returns Alertmanager's own words about a failure at a published receiver, or an empty text.
Explain = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Order:
    """One drill: to which receivers, by whom, and which of them are redirected to the local sinks."""

    server: str
    receivers: tuple[str, ...]
    author: str
    drill_id: str
    redirected: frozenset[str] = frozenset()
    with_resolve: bool = True
    explain: Explain = field(default=lambda _: "")


def send_drill(order: Order, show: Show) -> tuple[Outcome, ...]:
    """Send it and return the outcome at each receiver, in order; raise StackError if it cannot be sent.

    The alerts are resolved in any case. Each outcome is shown as soon as it is known.
    """
    before = _prepare(order)
    started = time.time()
    try:
        _post(order, started, ends=started + _LIFE_SECONDS)
        found = _follow(order, before, started, show)
    finally:
        with deferred_signals(), suppress(NoAnswer, Refused):
            ended = time.time()
            _post_once(order, started, ends=ended)
    if order.with_resolve:
        found = _await_resolved(order, before, found, ended)
    return tuple(found[name] for name in order.receivers)


def _prepare(order: Order) -> dict[str, Attempts]:
    """Return the counters before the drill; raise StackError when its outcome could not be known."""
    try:
        before = read_attempts(order.server)
        running = any(one.labels.get(naming.DRILL_LABEL) for one in given_alerts(order.server))
    except NoAnswer as error:
        raise StackError(f"Alertmanager: {error}") from None
    if not before:
        words = "this Alertmanager's metrics name no receivers, so outcomes cannot be known"
        raise StackError(f"{words}: start it with --enable-feature=receiver-name-in-metrics")
    absent = [name for name in order.receivers if naming.drill_receiver(name) not in before]
    if absent:
        words = f"Alertmanager has no drill route for {', '.join(absent)}"
        raise StackError(f"{words}: render the spec, and let Alertmanager load the new configuration")
    if running:
        raise StackError(
            f"another drill is running, or was killed less than {_LIFE_SECONDS / 60:.0f} minutes ago"
        )
    return before


def _post(order: Order, started: float, *, ends: float) -> None:
    try:
        _post_once(order, started, ends=ends)
    except (NoAnswer, Refused) as error:
        raise StackError(f"Alertmanager: {error}") from None


def _post_once(order: Order, started: float, *, ends: float) -> None:
    alerts = drill_alerts(order.receivers, order.drill_id, author=order.author, starts=started, ends=ends)
    post_alerts(order.server, alerts)


def _follow(order: Order, before: Mapping[str, Attempts], started: float, show: Show) -> dict[str, Outcome]:
    """Return the outcome of the firing message at each receiver."""
    found: dict[str, Outcome] = {}
    while len(found) < len(order.receivers):
        late = time.time() - started > _FIRING_SECONDS
        try:
            given = {one.labels[naming.DRILL_LABEL]: one for one in _own(order)}
            now = read_attempts(order.server)
        except NoAnswer as error:
            given, now = {}, {}
            if late:
                raise StackError(f"Alertmanager: {error}") from None
        for name in order.receivers:
            published = naming.drill_receiver(name)
            attempts = now.get(published, before[published]).since(before[published])
            outcome = _outcome(name, attempts, given.get(name), time.time() - started, late=late)
            if name not in found and outcome is not None:
                found[name] = _explained(order, outcome)
                show(found[name])
        time.sleep(_POLL_SECONDS)
    return found


def _own(order: Order) -> list[GivenAlert]:
    return [
        one for one in given_alerts(order.server) if one.labels.get(naming.DRILL_ID_LABEL) == order.drill_id
    ]


def _outcome(
    name: str, attempts: Attempts, given: GivenAlert | None, seconds: float, *, late: bool
) -> Outcome | None:
    """Return the outcome if it is known by now."""
    if attempts.accepted > 0:
        return Outcome(name, "accepted", firing_seconds=round(seconds, 1))
    if given is not None and (given.silenced_by or given.inhibited_by):
        by = f"silence {given.silenced_by[0]}" if given.silenced_by else "an inhibit rule"
        return Outcome(name, "muted", reason=f"muted by {by}")
    if given is not None and given.receivers != (naming.drill_receiver(name),):
        return Outcome(name, "unrouted", reason=f"its route leads to {', '.join(given.receivers)}")
    if attempts.reasons:
        return Outcome(name, "failed", reason=attempts.why)
    if late:
        tried = f"{attempts.failed} attempts failed" if attempts.failed else "Alertmanager made no attempt"
        return Outcome(name, "failed", reason=f"{tried} within {_FIRING_SECONDS:.0f} s")
    return None


def _explained(order: Order, outcome: Outcome) -> Outcome:
    outcome = replace(outcome, redirected=outcome.receiver in order.redirected)
    words = order.explain(naming.drill_receiver(outcome.receiver)) if outcome.result == "failed" else ""
    return replace(outcome, reason=f"{outcome.reason}: {words}") if words else outcome


def _await_resolved(
    order: Order, before: Mapping[str, Attempts], found: dict[str, Outcome], ended: float
) -> dict[str, Outcome]:
    """Return the outcomes with the seconds from the end of the alerts to the message that it is over."""
    found = dict(found)
    waiting = {name for name, outcome in found.items() if outcome.result == "accepted"}
    while waiting and time.time() - ended < _RESOLVED_SECONDS:
        time.sleep(_POLL_SECONDS)
        with suppress(NoAnswer):
            now = read_attempts(order.server)
            for name in sorted(waiting):
                published = naming.drill_receiver(name)
                if now.get(published, before[published]).since(before[published]).accepted > 1:
                    seconds = round(time.time() - ended, 1)
                    found[name] = replace(found[name], resolved_seconds=seconds)
            waiting = {name for name in waiting if found[name].resolved_seconds is None}
    for name in waiting:
        words = f"no message that it is over within {_RESOLVED_SECONDS:.0f} s"
        found[name] = replace(found[name], reason=words)
    return found
