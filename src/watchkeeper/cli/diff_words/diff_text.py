"""The differences as text for a terminal, as Markdown for a merge request, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from watchkeeper.cli.diff_words.change import SECTIONS, Change, Section
from watchkeeper.cli.text.table import Painter
from watchkeeper.emit.markdown import code, inline

_TITLES: dict[Section, str] = {
    "objectives": "Objectives",
    "alerts": "Alerts",
    "notified": "Who is notified",
    "cost": "Cost for Prometheus, with 200 series a selector",
    "settings": "Settings",
}
_COLOURS = {"added": "green", "removed": "red", "changed": "yellow"}
_SAME = "no difference in meaning"


def text_lines(changes: Sequence[Change], paint: Painter) -> Iterator[str]:
    """Yield a part for each kind of consequence; subjects once, their sentences below."""
    if not changes:
        yield _SAME
    for number, (section, found) in enumerate(_sections(changes)):
        if number:
            yield ""
        yield paint(_TITLES[section], "bold")
        for subject, alike in groupby(found, key=lambda one: one.subject):
            yield from _of_subject(section, subject, list(alike), paint)


def _of_subject(section: Section, subject: str, found: list[Change], paint: Painter) -> Iterator[str]:
    if section == "notified":
        yield from (f"  {one.text}" for one in found)
        return
    if len(found) == 1:
        yield f"  {_said(found[0], subject, paint)}"
        return
    yield f"  {subject}"
    yield from (f"    {one.text}" for one in found)


def _said(one: Change, subject: str, paint: Painter) -> str:
    kind = f"{paint(one.kind, _COLOURS[one.kind])}: " if one.kind != "changed" else ""
    return f"{kind}{subject}{f': {one.text}' if one.text else ''}"


def markdown_lines(changes: Sequence[Change], old: str, new: str) -> Iterator[str]:
    """Yield the same for a comment of a merge request."""
    yield f"### {code(old)} → {code(new)}"
    if not changes:
        yield from ("", f"{_SAME[0].upper()}{_SAME[1:]}.")
    for section, found in _sections(changes):
        yield from ("", f"**{_TITLES[section]}**", "")
        yield from (f"- {_item(one)}" for one in found)


def _item(one: Change) -> str:
    text = inline(one.text)
    if one.section == "notified":
        return text
    kind = f"{one.kind}: " if one.kind != "changed" else ""
    return f"{kind}{code(one.subject)}{f': {text}' if text else ''}"


def document(changes: Sequence[Change], old: str, new: str) -> dict[str, Any]:
    """Return the differences for programs."""
    return {
        "old": old,
        "new": new,
        "differs": bool(changes),
        "changes": [asdict(one) for one in changes],
    }


def _sections(changes: Sequence[Change]) -> Iterator[tuple[Section, list[Change]]]:
    for section in SECTIONS:
        found = [one for one in changes if one.section == section]
        if found:
            yield section, found
