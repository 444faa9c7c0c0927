"""Panels of a classic Grafana dashboard as values: stat, time series, table, heat map and row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from watchkeeper.emit.json import Value

Json = dict[str, Value]
Kind = Literal["stat", "timeseries", "table", "heatmap", "row"]


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL query; exemplars are drawn as points that link to their traces."""

    expr: str
    legend: str = ""
    exemplars: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """The color from `value` on; a step with the value None is the color below all others."""

    value: Decimal | None
    color: str


@dataclass(frozen=True, slots=True)
class Override:
    """Settings of one series, named by its legend or column, that differ from its panel."""

    name: str
    properties: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """The target of a click on a value."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class State:
    """A number that a panel shows as a word, with its color."""

    value: int
    word: str
    color: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `id` is part of addresses that people keep, so it never changes.

    Width is in 24ths of the page, height in Grafana's rows of 30 pixels. Steps above the first are drawn
    as dashed lines in a time series and set the color of a stat. `time_from` replaces the time range of the page.
    A row with `repeat` appears, with the panels after it, once for each value of that variable.
    """

    id: int
    kind: Kind
    title: str
    description: str = ""
    unit: str = "none"
    queries: tuple[Query, ...] = ()
    width: int = 24
    height: int = 8
    steps: tuple[Step, ...] = (Step(None, "text"),)
    states: tuple[State, ...] = ()
    overrides: tuple[Override, ...] = ()
    links: tuple[Link, ...] = ()
    transformations: tuple[Json, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    decimals: int | None = None
    ceiling: Decimal | None = None
    if_empty: str = ""
    stacked: bool = False
    time_from: str = ""
    most_points: int | None = None
    repeat: str = ""


def row(identifier: int, title: str, *, repeat: str = "") -> Panel:
    """Return a heading over the panels that follow it."""
    return Panel(id=identifier, kind="row", title=title, height=1, repeat=repeat)


def colored(names: Mapping[str, str]) -> tuple[Override, ...]:
    """Return the colors of series by their names: in Grafana's own order the first one, whatever it means, is green."""
    return tuple(
        Override(name, (("color", {"fixedColor": color, "mode": "fixed"}),)) for name, color in names.items()
    )


def steps_json(steps: Sequence[Step]) -> Json:
    """Return the thresholds of a panel or of one series as Grafana reads them."""
    listed: list[Value] = [{"value": step.value, "color": step.color} for step in steps]
    return {"mode": "absolute", "steps": listed}


def mappings_json(states: Sequence[State]) -> list[Value]:
    """Return the words of a panel or of one column as Grafana reads them."""
    options: Json = {
        str(state.value): {"color": state.color, "index": index, "text": state.word}
        for index, state in enumerate(states)
    }
    return [{"type": "value", "options": options}] if states else []


def link_json(link: Link) -> Json:
    """Return a link of a value as Grafana reads it."""
    return {"title": link.title, "url": link.url, "targetBlank": True}
