"""One objective on its way into a spec, and the values that several formats write alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from watchkeeper.emit.yaml import Value
from watchkeeper.importing.changes import Changes, Refused
from watchkeeper.importing.foreign_queries import ForeignSli
from watchkeeper.model.by_label import MOST_VALUES
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.formats import Malformed, objective, window

_LONGEST_NAME, _LONGEST_TEXT = 63, 2000
# More digits than anybody writes: 99.9 as a binary fraction.
_NOISE = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The label whose values the other tool keeps apart, and where it says so, in a field of that name."""

    label: str
    node: Node
    field: str


@dataclass(slots=True, kw_only=True)
class Draft:
    """An objective as the spec will have it; `node` is where the other tool defines it.

    `service_labels` are those that the other tool gives to all objectives of the service. `time_zone` is that of a
    window of the calendar. `by` becomes None where the spec cannot have a budget for each value of that label.
    """

    node: Node
    service: str
    name: str
    objective: str
    window: str
    sli: ForeignSli
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    service_labels: dict[str, str] = field(default_factory=dict)
    runbook: str | None = None
    time_zone: str = ""
    by: Grouping | None = None
    alerting: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take the label by which the queries of the indicator are grouped, where the format names none itself."""
        if self.by is None and self.sli.by:
            self.by = Grouping(self.sli.by, self.node, "sli")

    def value(self, *, labels: dict[str, str]) -> dict[str, Value]:
        """Return the entry of `slos`."""
        entry: dict[str, Value] = {"name": self.name}
        if self.description:
            entry["description"] = self.description
        entry |= {"objective": self.objective, "window": self.window}
        entry |= {"time_zone": self.time_zone} if self.time_zone else {}
        entry["sli"] = self.sli.sli
        if self.by is not None:
            entry |= {"by": [self.by.label], "at_most": MOST_VALUES}
        optional = {"labels": labels, "runbook": self.runbook, "alerting": self.alerting}
        return {**entry, **{key: value for key, value in optional.items() if value}}


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of one document: the objectives that can be imported, and how many it has."""

    drafts: tuple[Draft, ...]
    defined: int


def drafts_of(
    nodes: Iterable[Node], changes: Changes, name_of: Callable[[Node], str], make: Callable[[Node], Draft]
) -> tuple[Draft, ...]:
    """Return the objectives that can be imported; of the others only the reason is noted."""
    drafts = []
    for node in nodes:
        changes.objective = name_of(node)
        try:
            drafts.append(make(node))
        except Refused as why:
            changes.refused(why)
    return tuple(drafts)


def required(node: Node, key: str) -> tuple[Node, str, str]:
    """Return the value under a key, the key, and the value as text; raise Refused where it is missing."""
    child = node.child(key)
    if child is None or child.is_empty or child.scalar == "":
        raise Refused(node, key, "is missing")
    return child, key, "" if child.scalar is None else str(child.scalar)


def slug(node: Node, field: str, text: str, changes: Changes) -> str:
    """Return a name as a spec writes it: lower-case letters, digits and dashes; raise Refused when nothing is left."""
    plain = plain_name(text)
    if not plain:
        raise Refused(node, field, f"{text!r} contains no letter and no digit of a name")
    if plain != text:
        changes.changed(node, field, f"{text!r} is {plain!r} here")
    return plain


def plain_name(text: str) -> str:
    """Return a name as a spec writes it, empty when nothing is left."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if plain and not plain[0].isalpha():
        plain = f"slo-{plain}"
    return plain[:_LONGEST_NAME].rstrip("-")


def percentage(node: Node, field: str, changes: Changes, *, is_ratio: bool = False) -> str:
    """Return an objective as an exact percentage; raise Refused. `is_ratio` for 0.999 instead of 99.9."""
    try:
        number = Decimal(str(node.scalar)) * (100 if is_ratio else 1)
    except InvalidOperation:
        raise Refused(node, field, f"{node.scalar!r} is not a number") from None
    if not number.is_finite():
        raise Refused(node, field, f"{node.scalar!r} is not a number")
    if not is_ratio and 0 < number < 1:
        shown = f"{(number * 100).normalize():f}"
        raise Refused(node, field, f"is {number}, and it is a percentage; did you mean {shown}?")
    exact = number.quantize(_NOISE) if number.normalize().as_tuple().exponent < -9 else number  # type: ignore[operator]
    text = f"{exact.normalize():f}%"
    try:
        objective(text)
    except Malformed as wrong:
        raise Refused(node, field, f"is {text}: {wrong.message}; {wrong.remedy}") from None
    if exact != number:
        changes.changed(node, field, f"{number}% has the noise of a binary fraction and is {text} here")
    return text


def rolling_window(node: Node, field: str, text: str) -> str:
    """Return the window of an objective; raise Refused."""
    try:
        return str(window(text))
    except Malformed as wrong:
        raise Refused(node, field, f"{wrong.message}; {wrong.remedy}") from None


def described(node: Node | None, changes: Changes) -> str:
    """Return a description without line breaks, cut where a spec would refuse it."""
    text = " ".join(str(node.scalar).split()) if node is not None and node.scalar is not None else ""
    if node is not None and len(text) > _LONGEST_TEXT:
        changes.changed(node, "description", f"is cut to {_LONGEST_TEXT} characters")
    return text[:_LONGEST_TEXT]


def without_doubles(drafts: Iterable[Draft], changes: Changes) -> list[Draft]:
    """Return the drafts, the second of two that share service and name with a number."""
    taken: set[tuple[str, str]] = set()
    kept = []
    for draft in drafts:
        wanted, number = draft.name, 1
        while (draft.service, draft.name) in taken:
            number += 1
            draft.name = f"{wanted[: _LONGEST_NAME - 4]}-{number}"
        if number > 1:
            changes.objective = wanted
            changes.changed(
                draft.node, "name", f"is taken in {draft.service}; this one is {draft.name!r} here"
            )
        taken.add((draft.service, draft.name))
        kept.append(draft)
    return kept
