"""Tables of a single row for each combination of labels: a column for each label and for each query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from watchkeeper.backends.grafana.panels import (
    Json,
    Link,
    Override,
    Panel,
    Query,
    State,
    Step,
    link_json,
    mappings_json,
    steps_json,
)
from watchkeeper.emit.json import Value

# A wide bar of color would look like more than a word.
_COLORED_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Label:
    """A column with the values of a label, as wide as the others leave; a `hidden` one is there for links only.

    `colors` are the backgrounds of cells by value.
    """

    name: str
    title: str
    links: tuple[Link, ...] = ()
    hidden: bool = False
    colors: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column with the values of a query; steps or states give its cells a color, `bar` draws a bar from 0 to 1."""

    title: str
    expr: str
    unit: str
    width: int
    decimals: int | None = None
    steps: tuple[Step, ...] = ()
    states: tuple[State, ...] = ()
    bar: bool = False


def table(panel: Panel, labels: Sequence[Label], columns: Sequence[Column], *, first: str = "") -> Panel:
    """Return the panel as a table; the column with the title `first` is the first one."""
    values = [_value_name(index, columns) for index in range(len(columns))]
    titles = {label.name: label.title for label in labels} | {
        name: column.title for name, column in zip(values, columns, strict=True)
    }
    order = sorted(titles, key=lambda name: titles[name] != first)
    arranged: Json = {
        "id": "organize",
        "options": {
            "excludeByName": {"Time": True},
            "indexByName": {name: index for index, name in enumerate(order)},
            "renameByName": titles,
        },
    }
    merged: tuple[Json, ...] = ({"id": "merge", "options": {}},) if len(columns) > 1 else ()
    overrides = [*map(_label_override, labels), *map(_column_override, columns)]
    return replace(
        panel,
        queries=tuple(Query(column.expr) for column in columns),
        overrides=tuple(one for one in overrides if one.properties),
        transformations=(*merged, arranged),
    )


def _value_name(index: int, columns: Sequence[Column]) -> str:
    return "Value" if len(columns) == 1 else f"Value #{chr(ord('A') + index)}"


def _label_override(label: Label) -> Override:
    properties: list[tuple[str, Value]] = []
    if label.links:
        properties.append(("links", [link_json(link) for link in label.links]))
    if label.hidden:
        properties.append(("custom.hideFrom", {"legend": True, "tooltip": True, "viz": True}))
    if label.colors:
        options: Json = {
            value: {"color": color, "index": index} for index, (value, color) in enumerate(label.colors)
        }
        properties.append(("mappings", [{"type": "value", "options": options}]))
        properties.append(("custom.cellOptions", {"mode": "basic", "type": "color-background"}))
        properties.append(("custom.width", _COLORED_WIDTH))
    return Override(label.title, tuple(properties))


def _column_override(column: Column) -> Override:
    properties: list[tuple[str, Value]] = [("unit", column.unit), ("custom.width", column.width)]
    if column.decimals is not None:
        properties.append(("decimals", column.decimals))
    if column.steps:
        properties.append(("thresholds", steps_json(column.steps)))
    if column.states:
        properties.append(("mappings", mappings_json(column.states)))
    if column.bar:
        properties += [("min", 0), ("max", 1), ("custom.cellOptions", {"mode": "basic", "type": "gauge"})]
    elif column.steps or column.states:
        properties.append(("custom.cellOptions", {"mode": "basic", "type": "color-background"}))
    return Override(column.title, tuple(properties))
