"""What changes for alerts: new and gone ones, when they fire, and whom they notify at which hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from watchkeeper.cli.diff_words.change import Change
from watchkeeper.cli.text.preset_facts import preset_numbers
from watchkeeper.cli.text.who_is_notified import Notified, who_is_notified
from watchkeeper.plan.human_format import clock
from watchkeeper.plan.notified_labels import route_to_people
from watchkeeper.plan.plan import Plan, PlannedAlert, PlannedService


@dataclass(frozen=True, slots=True)
class _Known:
    """An alert with what decides it, and whom it notifies; `wait` is how long after it fires."""

    alert: PlannedAlert
    numbers: dict[str, str]
    who: Notified
    wait: str

    @property
    def receivers(self) -> tuple[str, ...]:
        """Return all who are notified at some hour."""
        return tuple(dict.fromkeys((*self.who.receivers, *self.who.outside)))


def alert_changes(old: Plan, new: Plan) -> Iterator[Change]:
    """Yield the sentences about alerts, then how many more or fewer of them each receiver gets."""
    before, after = _known(old), _known(new)
    for name in (*before, *(one for one in after if one not in before)):
        if name not in after:
            yield Change("alerts", "removed", name, _in_short(before[name]))
        elif name not in before:
            yield Change("alerts", "added", name, _in_short(after[name]))
        else:
            for text in _differences(before[name], after[name]):
                yield Change("alerts", "changed", name, text)
    yield from _counts(before, after)


def _known(plan: Plan) -> dict[str, _Known]:
    alerts = [(service, alert) for service in plan.alerting_services for alert in service.all_alerts]
    found = {}
    for (service, alert), who in zip(alerts, who_is_notified(plan), strict=True):
        route = route_to_people(plan, alert)
        wait = str(route.group_wait) if route is not None else ""
        found[f"{alert.service}/{alert.name}"] = _Known(alert, _numbers(service, alert), who, wait)
    return found


def _numbers(service: PlannedService, alert: PlannedAlert) -> dict[str, str]:
    """Return the settings that decide a threshold alert; an objective's have only a `for`."""
    if alert in service.alerts:
        number = service.alerts.index(alert)
        # The stack's own are not written in a spec.
        if number < len(service.spec.alerts):
            return dict(preset_numbers(service.spec.alerts[number], alert))
    return {"for": str(alert.hold)}


def _in_short(known: _Known) -> str:
    return f"{known.alert.severity}, for {', '.join(known.receivers) or 'nobody'}"


def _differences(old: _Known, new: _Known) -> Iterator[str]:
    if old.alert.severity != new.alert.severity:
        yield f"severity {old.alert.severity} -> {new.alert.severity}"
    for key in dict.fromkeys((*old.numbers, *new.numbers)):
        before, after = old.numbers.get(key, "none"), new.numbers.get(key, "none")
        if before != after:
            yield f"{key} {before} -> {after}{_pace(old.alert, new.alert) if key == 'for' else ''}"
    yield from _other_condition(old, new)
    yield from _other_people(old, new)


def _pace(old: PlannedAlert, new: PlannedAlert) -> str:
    seconds = float(new.hold.seconds - old.hold.seconds)
    return f": comes {clock(abs(seconds))} {'later' if seconds > 0 else 'sooner'}"


def _other_condition(old: _Known, new: _Known) -> Iterator[str]:
    """Yield that the condition is another one where no number above, and nothing about its objective, says it."""
    is_own = new.alert.slo_kind is None and old.numbers == new.numbers
    if is_own and old.alert.expr != new.alert.expr:
        yield "its condition is another one"


def _other_people(old: _Known, new: _Known) -> Iterator[str]:
    gone = [one for one in old.receivers if one not in new.receivers]
    more = [one for one in new.receivers if one not in old.receivers]
    if gone:
        yield f"no longer notifies {', '.join(gone)}"
    if more:
        yield f"now notifies {', '.join(more)}"
    if old.who.when != new.who.when:
        yield f"notifies {new.who.when}; before: {old.who.when}"
    if old.wait != new.wait and old.wait and new.wait:
        yield f"the first notification waits {new.wait}, before: {old.wait}"
    if old.who.again != new.who.again and old.who.again and new.who.again:
        yield f"notifies again every {new.who.again}, before: {old.who.again}"
    yield from _other_inhibitions(old.who.inhibited_by, new.who.inhibited_by)


def _other_inhibitions(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    gone = [one for one in old if one not in new]
    more = [one for one in new if one not in old]
    if gone:
        yield f"{', '.join(gone)} no longer inhibits it"
    if more:
        yield f"{', '.join(more)} inhibits it"


def _counts(old: dict[str, _Known], new: dict[str, _Known]) -> Iterator[Change]:
    """Yield for each receiver how many alerts more or fewer reach it, with their names."""
    for receiver in sorted({one for known in (*old.values(), *new.values()) for one in known.receivers}):
        before, after = (_reaching(receiver, known) for known in (old, new))
        for names, word in (
            ([one for one in before if one not in after], "fewer"),
            ([one for one in after if one not in before], "more"),
        ):
            if names:
                noun = "alert" if len(names) == 1 else "alerts"
                verb = "reaches" if len(names) == 1 else "reach"
                text = f"{len(names)} {noun} {word} {verb} {receiver}: {', '.join(names)}"
                yield Change("notified", "changed", receiver, text)


def _reaching(receiver: str, known: dict[str, _Known]) -> list[str]:
    return [name for name, one in known.items() if receiver in one.receivers]
