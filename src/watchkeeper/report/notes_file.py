"""A team's notes about incidents: causes and links, from a YAML file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from watchkeeper.export.period import moment
from watchkeeper.spec.document.load import Unreadable, load
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.problem import Problem, SpecRejected

_KEYS = ("from", "to", "service", "slo", "cause", "public", "postmortem")
_LEVEL = "write a list under `incidents:`"


@dataclass(frozen=True, slots=True)
class Note:
    """What people know of an incident. An empty `service` or `slo` means any; only `public` is for customers.

    `value` is one value of an objective's label, empty for all.
    """

    start: float
    end: float
    service: str = ""
    slo: str = ""
    cause: str = ""
    public: str = ""
    postmortem: str = ""
    value: str = ""

    def is_about(self, service: str, slo: str, slo_id: str) -> bool:
        """Return whether the note is about an objective; `slo` may be its name or its id."""
        return self.service in ("", service) and self.slo in ("", slo, slo_id)

    def overlaps(self, start: float, end: float) -> bool:
        """Return whether the note's time touches a span."""
        return self.start <= end and self.end >= start


def read_notes(path: Path, zone: ZoneInfo) -> tuple[Note, ...]:
    """Return the notes of a file; raise SpecRejected with all of its problems. Times without a zone are in `zone`."""
    try:
        document, problems = load(path, shown_as=path.as_posix())
    except Unreadable as unreadable:
        raise SpecRejected([_about_notes(unreadable.problem)]) from None
    found = list(_notes(document.root, zone, problems))
    if problems:
        raise SpecRejected(problems)
    return tuple(sorted(found, key=lambda note: (note.start, note.end)))


def _about_notes(problem: Problem) -> Problem:
    """Return a problem without the advice that is about specs."""
    return (
        Problem(problem.where, problem.code, problem.message, "")
        if problem.code in ("WK001", "WK008")
        else problem
    )


def _notes(root: Node, zone: ZoneInfo, problems: list[Problem]) -> Iterator[Note]:
    problems += [
        Problem(root.key_position(key), "WK101", f"unknown key `{key}`", _LEVEL)
        for key in root.entries or {}
        if key != "incidents"
    ]
    listed = root.child("incidents")
    if listed is None or listed.items is None:
        where = listed.where if listed is not None else root.where
        problems.append(Problem(where, "WK103", "there is no list of incidents", _LEVEL))
        return
    for item in listed.items:
        before = len(problems)
        fields = _fields(item, problems)
        start, end = (_time(item, name, fields, zone, problems) for name in ("from", "to"))
        if len(problems) == before and start is not None:
            yield Note(start, start if end is None else end, *(fields.get(name, "") for name in _KEYS[2:]))


def _fields(item: Node, problems: list[Problem]) -> dict[str, str]:
    if item.entries is None:
        problems.append(
            Problem(item.where, "WK103", "an incident is not a mapping", "write `from:` and `cause:`")
        )
        return {}
    for key, (_, value) in item.entries.items():
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            problems.append(
                Problem(item.key_position(key), "WK101", f"unknown key `{key}`", f"known are {known}")
            )
        elif value.scalar is None:
            problems.append(Problem(value.where, "WK103", f"`{key}` is not a text", "write one line"))
    if "from" not in item.entries:
        problems.append(Problem(item.where, "WK102", "`from` is missing", "write when the incident began"))
    fields = {key: str(value.scalar) for key, (_, value) in item.entries.items() if value.scalar is not None}
    link = fields.get("postmortem", "")
    if link and not link.startswith(("https://", "http://")):
        where = item.entries["postmortem"][1].where
        problems.append(Problem(where, "WK109", f"{link!r} is not an address", "write https://…"))
    return fields


def _time(
    item: Node, name: str, fields: dict[str, str], zone: ZoneInfo, problems: list[Problem]
) -> float | None:
    if name not in fields or item.entries is None:
        return None
    try:
        # A time that is relative to now would mean something else tomorrow.
        return moment(fields[name], now=-1.0, zone=zone)
    except ValueError:
        remedy = "write 2026-11-20T10:00:00Z"
        where = item.entries[name][1].where
        problems.append(Problem(where, "WK104", f"`{name}: {fields[name]}` is not a time", remedy))
        return None
