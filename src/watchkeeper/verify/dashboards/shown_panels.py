"""A published dashboard as the checks read it: its panels, and the queries of panels and annotations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from watchkeeper import naming, promql_tree

Json = dict[str, Any]
# Ranges that nobody writes, so that a rule can tell them from written ones.
RATE_INTERVAL, TIME_RANGE = timedelta(seconds=61), timedelta(seconds=21601)
# Longer names first: one begins another.
_MACROS = (
    ("$__rate_interval", "61s"),
    ("$__range_s", "21601"),
    ("$__range", "21601s"),
)


@dataclass(frozen=True, slots=True)
class ShownQuery:
    """One query: `place` is its panel or annotation, `expr` reaches Prometheus while everything is selected."""

    place: str
    expr: str

    @property
    def tree(self) -> Any:
        """Return the tree of the query; None where it is no PromQL."""
        return tree_of(self.expr)[0]

    @property
    def error(self) -> str:
        """Return why it is no PromQL; empty where it is."""
        return tree_of(self.expr)[1]


@dataclass(frozen=True)
class Content:
    """What a dashboard shows of the service, or of no service where it is a folder of other pages."""

    json: Json
    service: str

    @property
    def panels(self) -> list[Json]:
        """Return every panel, headings too."""
        return list(self.json.get("panels", ()))

    @property
    def graphs(self) -> list[Json]:
        """Return the panels that show something."""
        return [panel for panel in self.panels if panel.get("type") != "row"]

    @property
    def variables(self) -> dict[str, Json]:
        """Return the variables by their name."""
        return {str(each.get("name")): each for each in self.json.get("templating", {}).get("list", ())}

    @property
    def marks(self) -> list[Json]:
        """Return the annotations."""
        return list(self.json.get("annotations", {}).get("list", ()))

    @cached_property
    def queries(self) -> tuple[ShownQuery, ...]:
        """Return every query."""
        variables = tuple(self.variables)
        found = [
            (name_of(panel), target.get("expr", ""))
            for panel in self.graphs
            for target in panel.get("targets", ())
        ]
        found += [
            (f"annotation {mark.get('name')}", mark.get("target", {}).get("expr", "")) for mark in self.marks
        ]
        return tuple(ShownQuery(place, filled(expr, variables)) for place, expr in found)


@dataclass(frozen=True, slots=True)
class Page:
    """One dashboard by its path below the folder of dashboards.

    Pages that differ by the name of their service only share the `content` of the first one.
    """

    path: str
    text: str
    content: Content

    @property
    def service(self) -> str:
        """Return the folder of the page: its service, or a name that no service has."""
        return self.path.partition("/")[0]

    @property
    def uid(self) -> str:
        """Return the address of the page."""
        uid, first = str(self.content.json.get("uid", "")), self.content.service
        return (
            uid if first == self.service else uid.replace(naming.page_id(first), naming.page_id(self.service))
        )


def read_pages(root: Path, paths: Iterable[str]) -> tuple[list[Page], list[str]]:
    """Return the dashboards with these paths, and why the others cannot be read."""
    pages: list[Page] = []
    wrong: list[str] = []
    known: dict[str, Content] = {}
    for path in paths:
        page = _page(root, path, known)
        if isinstance(page, Page):
            pages.append(page)
        else:
            wrong.append(page)
    return pages, wrong


def _page(root: Path, path: str, known: dict[str, Content]) -> Page | str:
    """Return a dashboard, or why it cannot be read; `known` are contents by their text without names."""
    below = path.removeprefix(f"{naming.DASHBOARDS}/")
    service = below.partition("/")[0]
    try:
        text = (root / path).read_text(encoding="utf-8")
        shape = text.replace(service, "\0").replace(naming.page_id(service), "\1")
        if shape not in known:
            content = json.loads(text)
            if not isinstance(content, dict):
                return f"{path} is no dashboard"
            known[shape] = Content(content, service)
    except OSError:
        return f"{path} is missing; run: watchkeeper render"
    except ValueError as error:
        return f"{path} is no JSON: {error}"
    return Page(below, text, known[shape])


def name_of(panel: Json) -> str:
    """Return how a message names a panel."""
    return f"panel {panel.get('id')} ({panel.get('title')})"


def filled(expr: str, variables: tuple[str, ...]) -> str:
    """Return a query as it reaches Prometheus, with everything selected."""
    for macro, value in _MACROS:
        expr = expr.replace(macro, value)
    for name in sorted(variables, key=len, reverse=True):
        expr = expr.replace(f"${{{name}}}", ".*").replace(f"${name}", ".*")
    return expr


@lru_cache(4096)
def tree_of(expr: str) -> tuple[Any, str]:
    """Return the tree of a query, or None and the error."""
    try:
        return promql_tree.parse(expr), ""
    except ValueError as error:
        return None, str(error).splitlines()[0]
