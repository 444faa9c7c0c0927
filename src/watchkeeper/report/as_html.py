"""The report as one HTML file that loads nothing, for screens, phones and paper."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from watchkeeper.report.charts import BELOW, HEIGHT, LEFT, TOP, WIDTH, BurnDown, Calendar, burn_down, calendar
from watchkeeper.report.corrected_tables import corrected_tables
from watchkeeper.report.customer_tables import customer_days, customer_incidents
from watchkeeper.report.document import document
from watchkeeper.report.figures import Report
from watchkeeper.report.incident_tables import incident_tables, worst_table
from watchkeeper.report.method import accuracy, method
from watchkeeper.report.monthly_table import months_table
from watchkeeper.report.planned_tables import planned_tables
from watchkeeper.report.report_tables import (
    Table,
    days_table,
    gaps_table,
    header_rows,
    objectives_table,
    promises_table,
    targets_table,
)
from watchkeeper.report.words import headline

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
# A date with its time; such a cell stays on one line.
_SHORT = len("2026-10-10 10:00:00")
_SHORT_CELL, _PAIR_CELL, _LONG_CELL = Markup('<td class="n"'), Markup('<td class="n pair"'), Markup("<td")
_ROW = Markup("<tr>")
_CLASSES = {"✔": "met", "✘": "missed", "▲": "risk", "?": "none"}


@dataclass(frozen=True, slots=True)
class Section:
    """Tables under one heading; in a linked one the objectives lead to their details."""

    title: str
    tables: tuple[Table, ...]
    is_linked: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """One objective or promise with its charts, tables and days."""

    title: str
    text: str
    anchor: str
    burn: BurnDown | None
    calendar: Calendar | None
    tables: tuple[Table, ...]
    days: Table | None


def as_html(report: Report) -> str:
    """Return the page; text of users is data in it, also in the JSON."""
    style = _resource("report.css")
    digest = base64.b64encode(sha256(style.encode()).digest()).decode()
    is_team = report.audience == "team"
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            period=report.period,
            headline=headline(report),
            facts=header_rows(report),
            sections=list(_team_sections(report) if is_team else _customer_sections(report)),
            details=list(_objective_details(report) if is_team else _promise_details(report)),
            method=method(report),
            version=report.version,
            style=Markup(style),  # noqa: S704 -- our own file
            style_hash=f"sha256-{digest}",
            figures=Markup(_embedded(report)),  # noqa: S704 -- no character of it can end the element
            size={"width": WIDTH, "height": HEIGHT, "left": LEFT, "top": TOP, "inner": HEIGHT - TOP - BELOW},
        )
    )


def _embedded(report: Report) -> str:
    text = json.dumps(
        document(report), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _rows(one: Table, is_linked: bool) -> Markup:
    """Return the rows of a table; in the template they would take most of the time of a report on 100 objectives."""
    return Markup("\n").join(
        (Markup('<tr data-tags="') + json.dumps(one.tags[index]) + Markup('">') if one.tags else _ROW)
        + Markup("").join(_cell(one, index, column, text, is_linked) for column, text in enumerate(row))
        for index, row in enumerate(one.rows)
    )


def _cell(one: Table, row: int, column: int, text: str, is_linked: bool) -> Markup:
    """Return a cell; adding a text to markup escapes it."""
    name, address = one.headers[column], one.links.get((row, column), "")
    if is_linked and name == "Objective":
        address = f"#o{row}"
    elif _ADDRESS.fullmatch(text):
        address = text
    shown = _linked(address, text) if address else escape(text)
    if name == "State":
        return Markup('<td class="') + _CLASSES.get(text[:1], "") + Markup(' n">') + shown
    if column == 0:
        return Markup('<th scope="row">') + shown
    if not one.is_wide:
        return _LONG_CELL + Markup(">") + shown
    # On a phone a row is a card, in which each value has the name of its column.
    named = Markup(' data-name="') + name + Markup('">')
    if len(text) > _SHORT:
        return _LONG_CELL + named + shown
    # "5m of 1h" is two numbers, which may stand one above the other.
    return (_PAIR_CELL if " of " in text else _SHORT_CELL) + named + shown


def _linked(address: str, text: str) -> Markup:
    return Markup('<a rel="noreferrer" href="') + address + Markup('">') + text + Markup("</a>")


@cache
def templates() -> Environment:
    """Return the templates of this room, which other pages with tables of the same form may import."""
    environment = Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    environment.filters["rows"] = _rows
    return environment


@cache
def _resource(name: str) -> str:
    return resources.files("watchkeeper.report").joinpath(name).read_text(encoding="utf-8")


def _team_sections(report: Report) -> Iterator[Section]:
    if report.promises:
        yield Section("Promises to customers", (promises_table(report),))
    yield Section("Objectives", (objectives_table(report),), is_linked=True)
    yield Section("Incidents and alerts", tuple(incident_tables(report)))
    if corrected := tuple(corrected_tables(report)):
        yield Section("Corrections", corrected)
    if planned := tuple(planned_tables(report)):
        yield Section("Planned work", planned)
    yield Section("Confidence", (gaps_table(report),), text=accuracy(report))


def _customer_sections(report: Report) -> Iterator[Section]:
    yield Section("Promises to customers", (promises_table(report),))
    yield Section("Incidents", (customer_incidents(report),))
    if corrected := tuple(corrected_tables(report)):
        yield Section("Corrections", corrected)
    if planned := tuple(planned_tables(report)):
        yield Section("Planned work", planned)


def _objective_details(report: Report) -> Iterator[Detail]:
    for index, one in enumerate(report.objectives):
        tables = tuple(
            each for each in (targets_table(one, report), months_table(one), worst_table(one)) if each.rows
        )
        days = days_table(one)
        yield Detail(
            one.name,
            one.description,
            f"o{index}",
            burn_down(one, report.period),
            calendar(one, one.target),
            tables,
            days if days.rows else None,
        )


def _promise_details(report: Report) -> Iterator[Detail]:
    for one, days in customer_days(report):
        chart = calendar(one.objective, one.promise.target) if one.objective else None
        yield Detail(days.caption, one.promise.sentence, "", None, chart, (), days)
