"""Prove the published routing: whom every alert notifies, how and when, and which alert mutes which.

The real Alertmanager says which receivers the routes lead to. The rest follows from a model of it, which
`tests/tools/test_routing_model.py` compares with the real one; docs/decisions/0034-routes-are-proven.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.plan.plan import Plan, PlannedAlert
from watchkeeper.toolchain import find
from watchkeeper.verify.outcome import Outcome, Reach
from watchkeeper.verify.routing.ask_alertmanager import NotAsked, receivers_of
from watchkeeper.verify.routing.compare_routes import at_other_times
from watchkeeper.verify.routing.comparison import Comparison, compared
from watchkeeper.verify.routing.published_config import Unreadable, read_config
from watchkeeper.verify.routing.routing_fault import FILE, RoutingFault, gathered
from watchkeeper.verify.routing.witnesses import alerts_of

_MISSING = "alertmanager is missing; build it with: watchkeeper tools"
_CHECKS = ("routes", "inhibitions")
Reaches = Mapping[tuple[str, str], Reach]


@dataclass(frozen=True, slots=True)
class RoutingProof:
    """The verdicts, whom each alert reaches by service and name, and what is wrong."""

    outcomes: tuple[Outcome, ...]
    reaches: Reaches
    faults: tuple[RoutingFault, ...]


def check_routing(plan: Plan, root: Path) -> RoutingProof:
    """Return what the published alertmanager.yml under `root` does for the alerts of the plan."""
    tool = find("alertmanager")
    if tool is None:
        return RoutingProof(tuple(Outcome(check, "skipped", _MISSING) for check in _CHECKS), {}, ())
    try:
        text = (root / FILE).read_text(encoding="utf-8")
        found = compared(plan, read_config(text))
    except Unreadable as error:
        return _nothing(plan, str(error))
    except (OSError, UnicodeError):
        return _nothing(plan, "the file cannot be read; run: watchkeeper render")
    try:
        asked = receivers_of(tool.path, text, [one.labels for one in found.witnesses])
    except NotAsked as error:
        return _nothing(plan, str(error), found.faults)
    return _proof(plan, found, tuple(_unexpected(found, asked)))


def _nothing(plan: Plan, reason: str, further: tuple[RoutingFault, ...] = ()) -> RoutingProof:
    """Return the proof of a file that Alertmanager does not load: it notifies nobody."""
    outcomes = tuple(Outcome(check, "failed", reason) for check in _CHECKS)
    nobody: list[tuple[str, ...]] = [()] * len(alerts_of(plan))
    return RoutingProof(outcomes, _reaches(plan, nobody), (RoutingFault(FILE, reason), *further))


def _unexpected(found: Comparison, asked: Sequence[tuple[str, ...]]) -> Iterator[RoutingFault]:
    """Yield where Alertmanager and the model of it differ: one of them is not understood."""
    differ = (
        (FILE, f"Alertmanager notifies {', '.join(says) or 'nobody'}, which is not expected,", one.about)
        for one, says, has in zip(found.witnesses, asked, found.taken, strict=True)
        if says != tuple(route.receiver for route in has)
    )
    yield from gathered(differ)


def _proof(plan: Plan, found: Comparison, unexpected: tuple[RoutingFault, ...]) -> RoutingProof:
    reaches = _reaches(plan, found.reached)
    routes = (*found.route_faults, *unexpected)
    right = sum(reach.is_right for reach in reaches.values())
    is_right = right == len(reaches) and not routes
    words = f"{right} of {len(reaches)} alerts reach exactly the receivers of the spec{_counted(routes)}"
    muting = _inhibitions(plan, found.inhibition_faults)
    outcomes = (Outcome("routes", "ok" if is_right else "failed", words), muting)
    return RoutingProof(outcomes, reaches, (*routes, *found.inhibition_faults))


def _reaches(plan: Plan, reached: Sequence[tuple[str, ...]]) -> Reaches:
    every = (alert for service in plan.alerting_services for alert in service.all_alerts)
    return {
        (alert.service, alert.name): Reach(alert.service, alert.name, alert.severity, _wanted(alert), names)
        for alert, names in zip(every, reached, strict=True)
    }


def _wanted(alert: PlannedAlert) -> tuple[str, ...]:
    """Return the names of the receivers that an alert must reach, with those of other times."""
    outside = alert.route.settings.outside if alert.route is not None else ()
    return (*alert.receivers, *map(at_other_times, outside))


def _inhibitions(plan: Plan, faults: tuple[RoutingFault, ...]) -> Outcome:
    if faults:
        return Outcome(
            "inhibitions", "failed", f"the rules mute other alerts than promised{_counted(faults)}"
        )
    rules = len(plan.routing.inhibitions)
    words = f"{rules} {'rule mutes' if rules == 1 else 'rules mute'} exactly the alerts that should be muted"
    return Outcome("inhibitions", "ok", words if rules else "the spec needs none")


def _counted(faults: tuple[RoutingFault, ...]) -> str:
    return f"; {len(faults)} {'fault' if len(faults) == 1 else 'faults'} below" if faults else ""
