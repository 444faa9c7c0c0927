"""The bundled spec's drills with short times, and snapshots of a stack for them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from tests.loading import load_spec
from watchkeeper.drill.every.stack_look import Snapshot
from watchkeeper.drill.every.trials import NotDrilled, Trial, trials_of
from watchkeeper.drill.fast_times import with_short_plan, with_short_times
from watchkeeper.pipeline import plan_of
from watchkeeper.plan.plan import Plan
from watchkeeper.sinks.delivery import Channel, Delivery, Status

BUNDLED = Path(__file__).parents[3] / "monitoring" / "SLO_DEFINITIONS.yml"
SERVICE, START = "helloagents", 1_000.0


@cache
def short_plan() -> Plan:
    """Return the bundled spec's plan with short times."""
    spec = with_short_times(load_spec(BUNDLED)[0])
    return with_short_plan(plan_of(spec, BUNDLED), spec)


@cache
def short_trials() -> tuple[tuple[Trial, ...], tuple[NotDrilled, ...]]:
    """Return the drills of that plan, and its alerts without one."""
    return trials_of(short_plan())


def trial(name: str) -> Trial:
    """Return the drill of one alert."""
    return next(one for one in short_trials()[0] if one.alert.name == name)


def delivery(seconds: float, channel: Channel, status: Status, alert: str, *, receiver: str = "") -> Delivery:
    """Return a notification about an alert, received so many seconds after the fault."""
    raw = {"to": ["oncall@example.com"]} if channel == "email" else {}
    return Delivery(START + seconds, channel, status, (alert,), "", SERVICE, "", raw, receiver or channel)


def snapshot(
    seconds: float,
    states: dict[str, str],
    deliveries: Iterable[Delivery] = (),
    *,
    muted: dict[str, tuple[str, ...]] | None = None,
) -> Snapshot:
    """Return what a stack shows so many seconds after the fault; what fires is active in Alertmanager."""
    by_key = {(name, SERVICE): state for name, state in states.items()}
    return Snapshot(
        unix=START + seconds,
        states=by_key,
        muted={(name, SERVICE): by for name, by in (muted or {}).items()},
        active=frozenset(key for key, state in by_key.items() if state == "firing"),
        up=frozenset({SERVICE}),
        deliveries=tuple(deliveries),
    )
