"""Compare whom the published routes notify of a label set, and when, with the promise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from watchkeeper.verify.routing.compare_receivers import Contents
from watchkeeper.verify.routing.routing_config import RouteNode, RoutingConfig
from watchkeeper.verify.routing.routing_fault import Found, place
from watchkeeper.verify.routing.witnesses import Witness


class RouteCheck:
    """Compares published routes with promised ones; each pair of routes is compared once."""

    def __init__(self, published: RoutingConfig, promised: RoutingConfig, contents: Contents) -> None:
        self._published, self._promised, self._contents = published, promised, contents
        self._compared: dict[tuple[RouteNode, RouteNode], tuple[tuple[str, str], ...]] = {}

    def reached(self, taken: Sequence[RouteNode], wanted: RouteNode) -> tuple[str, ...]:
        """Return the receivers of the spec that the routes notify, with the published one unless it is the wanted."""
        return tuple(
            one.shown if route.receiver == wanted.receiver else f"{one.shown} through {route.receiver}"
            for route in taken
            for one in self._contents.recognized(route.receiver, wanted.receiver)
        )

    def faults(self, one: Witness, taken: Sequence[RouteNode], wanted: RouteNode) -> Iterator[Found]:
        """Yield what differs for a label set: receivers that it loses or gains, and the settings of its route."""
        promised = [entry.name for entry in self._promised.receivers[wanted.receiver].integrations]
        reached = [
            entry.name
            for route in taken
            for entry in self._contents.recognized(route.receiver, wanted.receiver)
        ]
        if lost := _beyond(promised, reached):
            yield *self._why(taken, wanted, f"{', '.join(lost)} {_get(lost)} no notification"), one.about
        if gained := _beyond(reached, promised):
            words = f"{', '.join(gained)} {_get(gained)} a notification that the spec does not ask for,"
            yield place(taken[-1].line), words, one.about
        if wanted.receiver not in (route.receiver for route in taken) and not lost and not gained:
            yield place(taken[0].line), f"{taken[0].receiver} takes it and not {wanted.receiver}", one.about
        for route in taken:
            for where, words in self._settings(route, wanted):
                yield where, words, one.about

    def _why(self, taken: Sequence[RouteNode], wanted: RouteNode, words: str) -> tuple[str, str]:
        """Return the line that is to blame for lost receivers, with the reason."""
        route = taken[0]
        if wanted.receiver in (one.receiver for one in taken):
            entry = self._published.receivers.get(wanted.receiver)
            return place(entry.line if entry else 0), f"the receiver {wanted.receiver} lacks it: {words}"
        if route is self._published.root:
            return place(
                route.line
            ), f"no route takes it, so it ends at the root receiver {route.receiver}: {words}"
        return place(
            route.line
        ), f"the route of {route.receiver} takes it instead of {wanted.receiver}: {words}"

    def _settings(self, route: RouteNode, wanted: RouteNode) -> tuple[tuple[str, str], ...]:
        key = (route, wanted)
        if key not in self._compared:
            self._compared[key] = tuple(
                (place(route.line), words)
                for words in (*_differences(route, wanted), *self._hours(route, wanted))
            )
        return self._compared[key]

    def _hours(self, route: RouteNode, wanted: RouteNode) -> Iterator[str]:
        for what, has, wants in (
            ("is muted", route.muted_in, wanted.muted_in),
            ("is active", route.active_in, wanted.active_in),
        ):
            if set(has) != set(wants):
                yield f"the route {what} during {_listed(has)} and not {_listed(wants)}"
            for name in set(has) & set(wants):
                published, promise = self._published.intervals.get(name), self._promised.intervals.get(name)
                if published is None or promise is None or published.hours != promise.hours:
                    yield f"the hours of {name} are not those of the spec"


def _differences(route: RouteNode, wanted: RouteNode) -> Iterator[str]:
    if route.group_by != wanted.group_by:
        yield f"notifications are grouped by {_listed(sorted(route.group_by))} and not {_listed(sorted(wanted.group_by))}"
    for key in ("group_wait", "group_interval", "repeat_interval"):
        has, wants = getattr(route, key), getattr(wanted, key)
        if has != wants:
            yield f"`{key}` is {has} and not {wants}"


def _beyond(names: Sequence[str], others: Sequence[str]) -> list[str]:
    """Return the names that are not among the others, each as often as it is too many."""
    left = list(others)
    beyond = []
    for name in names:
        if name in left:
            left.remove(name)
        else:
            beyond.append(name)
    return beyond


def _get(names: Sequence[str]) -> str:
    return "gets" if len(names) == 1 else "get"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
