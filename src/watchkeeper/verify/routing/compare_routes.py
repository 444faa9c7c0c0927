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

    def reached(self, taken: Sequence[RouteNode], wanted: Sequence[RouteNode]) -> tuple[str, ...]:
        """Return the receivers of the spec that the routes notify, with the published one unless it is the wanted."""
        return tuple(name for pair in _paired(taken, wanted) for name in self._reached(*pair))

    def _reached(self, taken: Sequence[RouteNode], wanted: RouteNode, place: int) -> Iterator[str]:
        for route in taken:
            for one in self._contents.recognized(route.receiver, wanted.receiver):
                shown = at_other_times(one.shown) if place else one.shown
                yield shown if route.receiver == wanted.receiver else f"{shown} through {route.receiver}"

    def faults(
        self, one: Witness, taken: Sequence[RouteNode], wanted: Sequence[RouteNode]
    ) -> Iterator[Found]:
        """Yield what differs for a label set: receivers that it loses or gains, and the settings of its routes."""
        for mine, promise, number in _paired(taken, wanted):
            times = f" outside {_listed(wanted[0].active_in)}" if number else ""
            for where, words in self._faults(mine, promise, taken[0], times):
                yield where, words, one.about

    def _faults(
        self, taken: Sequence[RouteNode], wanted: RouteNode, first: RouteNode, times: str
    ) -> Iterator[tuple[str, str]]:
        promised = [entry.name for entry in self._promised.receivers[wanted.receiver].integrations]
        reached = [
            entry.name
            for route in taken
            for entry in self._contents.recognized(route.receiver, wanted.receiver)
        ]
        if lost := _beyond(promised, reached):
            yield self._why(
                taken or [first], wanted, f"{', '.join(lost)} {_get(lost)} no notification{times}"
            )
        if gained := _beyond(reached, promised):
            words = f"{', '.join(gained)} {_get(gained)} a notification that the spec does not ask for,"
            yield place(taken[-1].line), words
        if taken and wanted.receiver not in (route.receiver for route in taken) and not lost and not gained:
            yield place(taken[0].line), f"{taken[0].receiver} takes it and not {wanted.receiver}"
        for route in taken:
            yield from self._settings(route, wanted)

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


def at_other_times(name: str) -> str:
    """Return how a receiver is named that an alert reaches outside of the hours of its route."""
    return f"{name} (outside hours)"


def _paired(
    taken: Sequence[RouteNode], wanted: Sequence[RouteNode]
) -> Iterator[tuple[list[RouteNode], RouteNode, int]]:
    """Yield each promised route with the published ones that stand for it: none for one that is missing.

    Routes to the promised receiver come first, then the rest in their order; what is too much counts for the first.
    """
    mine: list[list[RouteNode]] = [[] for _ in wanted]
    left = list(taken)
    for number, promise in enumerate(wanted):
        own = next((route for route in left if route.receiver == promise.receiver), None)
        if own is not None:
            left.remove(own)
            mine[number].append(own)
    for route in left:
        next((one for one in mine if not one), mine[0]).append(route)
    for number, promise in enumerate(wanted):
        yield sorted(mine[number], key=taken.index), promise, number


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
