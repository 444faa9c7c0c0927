"""Examine each service: whether its rules would find their series, and what is wrong where they would not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from watchkeeper.contract import METRIC_CONFLICTS
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.doctor.dialect_found import dialect_findings
from watchkeeper.doctor.label_scheme import Match, proposals
from watchkeeper.doctor.last_week import LastWeek, deadline, last_week
from watchkeeper.doctor.needed_series import NeededSeries, needed_series
from watchkeeper.doctor.server import Server
from watchkeeper.doctor.shared_targets import shared_targets
from watchkeeper.emit.promql import matcher, selector
from watchkeeper.exposed.label_pattern import accepted
from watchkeeper.exposed.series_labels import family_of, series_labels
from watchkeeper.model.stack import Stack
from watchkeeper.plan.plan import PlannedService

State = Literal["ok", "quiet", "wrong", "missing"]
_MOST_SHOWN = 12
_FIVE_MINUTES = 300
# A scrape more or less in five minutes is no other interval.
_TOLERANCE = 1.25


@dataclass(frozen=True, slots=True)
class Found:
    """How many series a selector finds. `quiet` is none, and right: no event of that kind happened yet."""

    series: NeededSeries
    count: int
    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A service; `proposals` are labels that would fit where its own find no target.

    `last_week` is empty where nothing is found.
    """

    service: str
    own: str
    targets: int
    up: int
    series: tuple[Found, ...]
    findings: tuple[str, ...]
    proposals: tuple[Match, ...] = ()
    last_week: tuple[LastWeek, ...] = ()

    @property
    def is_well(self) -> bool:
        """Return whether nothing is wrong or missing."""
        return not self.findings and all(one.state in ("ok", "quiet") for one in self.series)


def examine(
    server: Server,
    services: Sequence[PlannedService],
    stack: Stack,
    *,
    every: Sequence[PlannedService] = (),
) -> tuple[Examined, ...]:
    """Return what the server has of each service; `every` are all of the spec, of which some are examined. Raise NoAnswer."""
    needed = {service.name: needed_series(service) for service in services}
    ups = [selector("up", service.spec.own) for service in services]
    server.count_all(
        [*ups, *(f"{up} == 1" for up in ups), *(one.text for all_ in needed.values() for one in all_)]
    )
    found = [_examined(server, service, needed[service.name], stack) for service in services]
    shared = shared_targets(server, every or services)
    until = deadline()
    return tuple(
        replace(
            one,
            findings=(*one.findings, *_shared(shared.get(one.service, ()))),
            last_week=last_week(server.address, service, until)
            if any(each.state == "ok" for each in one.series)
            else (),
        )
        for one, service in zip(found, services, strict=True)
    )


def _examined(
    server: Server, service: PlannedService, needed: Sequence[NeededSeries], stack: Stack
) -> Examined:
    up = selector("up", service.spec.own)
    targets = server.count(up)
    found = tuple(_found(server, one, service) for one in needed)
    fitting: tuple[Match, ...] = ()
    if not targets:
        metrics = [one.metric for one in needed if one.own and one.metric != "up"]
        fitting = proposals(server, service.name, dict.fromkeys(metrics))
    return Examined(
        service=service.name,
        own=", ".join(matcher(*one) for one in service.spec.own),
        targets=targets,
        up=server.count(f"{up} == 1"),
        series=found,
        findings=tuple(_findings(server, service, up, targets, stack)),
        proposals=fitting,
    )


def _found(server: Server, one: NeededSeries, service: PlannedService) -> Found:
    count = server.count(one.text)
    if count:
        lacking = _lacking(server, one, service)
        return Found(one, count, "wrong" if lacking else "ok", lacking)
    if one.metric == METRIC_CONFLICTS:
        return Found(one, 0, "quiet", "no conflict, or another instrumentation than ours")
    if not server.count(one.of_service):
        everywhere = server.count(one.metric)
        reason = (
            f"{everywhere} series of {one.metric} have other labels" if everywhere else "nobody exposes it"
        )
        return Found(one, 0, "missing", reason)
    state, reason = _none_of_some(server, one)
    return Found(one, 0, state, reason)


def _lacking(server: Server, one: NeededSeries, service: PlannedService) -> str:
    """Return which labels of the contract the series lack; dashboards and runbooks group by them."""
    family = service.spec.family
    if not one.own or (family(one.metric) or family(family_of(one.metric))) is None:
        return ""
    wanted = series_labels(one.metric, service.spec, external=False).names
    has = server.labels(one.of_service)
    lacking = [label for label in wanted if label not in has]
    return f"no label {', '.join(lacking)}; its labels are {_listed(has)}" if lacking else ""


def _none_of_some(server: Server, one: NeededSeries) -> tuple[State, str]:
    """Return why a selector finds none of the series that the service has of the metric."""
    has = server.labels(one.of_service)
    for label, op, value in one.further:
        if label not in has:
            return "wrong", f"no label {label}; its labels are {_listed(has)}"
        if label == "le":
            bounds = sorted(server.values("le", one.of_service), key=_number)
            if accepted(op, value, tuple(bounds)) == ():
                # Of a pattern, the first spelling: `5|5\\.0`.
                return "wrong", f"no bucket ends at {value.split('|')[0]}; its bounds are {_listed(bounds)}"
    shown = ", ".join(matcher(*each) for each in one.further)
    return "quiet", f"no series with {shown} so far"


def _findings(server: Server, service: PlannedService, up: str, targets: int, stack: Stack) -> Iterator[str]:
    if not targets:
        yield from _no_target(server, service)
        yield from dialect_findings(server, service.spec, ())
        return
    yield from dialect_findings(server, service.spec, service.spec.own)
    spaces = server.values("namespace", up)
    if len(spaces) > 1 and "namespace" not in dict(service.spec.own_labels):
        yield f"its targets are in {len(spaces)} namespaces, {_listed(spaces)}: name one of them in `match`"
    scrapes = server.value(f"max(count_over_time({up}[5m])) and max({up} offset 5m)")
    wanted = float(stack.scrape_interval.seconds)
    if scrapes and _FIVE_MINUTES / scrapes > wanted * _TOLERANCE:
        found = f"{round(_FIVE_MINUTES / scrapes)}s"
        made_for = f"the rules are made for {stack.scrape_interval}"
        yield f"it is scraped every {found}, and {made_for}: write `scrape_interval: {found}`"


def _shared(others: Sequence[str]) -> Iterator[str]:
    if others:
        yield f"some of its targets belong to {_listed(others)} too, and both would count them: write `match` in both"


def _no_target(server: Server, service: PlannedService) -> Iterator[str]:
    """Yield which of a service's labels no target has; all of them where each alone is on some target."""
    if not server.count("up"):
        yield "this Prometheus scrapes nothing: it has no series of up"
        return
    alone = [(label, value) for label, _, value in service.spec.own if len(service.spec.own) > 1]
    lost = [one for one in alone if not server.count(selector("up", ((one[0], "=", one[1]),)))]
    if not lost:
        yield f"no target has {', '.join(matcher(*one) for one in service.spec.own)}"
    for label, value in lost:
        known = server.values(label, "up")
        if known:
            yield f"no target has {matcher(label, '=', value)}; {did_you_mean(value, known, f'it has {_listed(known)}')}"
        else:
            yield f"no target has a label {label}; external labels are not on the series of their own Prometheus"


def _listed(values: Sequence[str]) -> str:
    more = len(values) - _MOST_SHOWN
    return ", ".join([*values[:_MOST_SHOWN], *([f"{more} more"] if more > 0 else [])])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")
