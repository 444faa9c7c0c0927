"""What decides about notifications, as values: the same for a published file and for the promise of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import Matcher

# A time zone with the minutes of the week, from Sunday 00:00, that an interval contains.
ZoneMinutes = tuple[str, frozenset[int]]


@dataclass(frozen=True, slots=True, eq=False)
class RouteNode:
    """One route with its own settings and those that it inherits; `line` is 0 where it is in no file."""

    line: int
    matchers: tuple[Matcher, ...]
    receiver: str
    group_by: frozenset[str]
    group_wait: Duration
    group_interval: Duration
    repeat_interval: Duration
    muted_in: tuple[str, ...] = ()
    active_in: tuple[str, ...] = ()
    continues: bool = False
    routes: tuple[RouteNode, ...] = ()


@dataclass(frozen=True, slots=True)
class IntegrationEntry:
    """One integration of a receiver; `name` is that of the spec's receiver, empty in a published file."""

    kind: str
    settings: Mapping[str, object]
    line: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class ReceiverEntry:
    """A receiver with its integrations in the order of the file."""

    integrations: tuple[IntegrationEntry, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class InhibitEntry:
    """One inhibit rule."""

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class IntervalEntry:
    """A named interval: its hours in each time zone; None where it depends on more than weekday and time."""

    hours: frozenset[ZoneMinutes] | None
    line: int = 0


@dataclass(frozen=True, slots=True)
class RoutingConfig:
    """Routes, receivers, inhibit rules, intervals, and the settings of a proxy that every receiver takes."""

    root: RouteNode
    receivers: Mapping[str, ReceiverEntry]
    inhibitions: tuple[InhibitEntry, ...] = ()
    intervals: Mapping[str, IntervalEntry] = field(default_factory=dict)
    proxy: Mapping[str, object] = field(default_factory=dict)
