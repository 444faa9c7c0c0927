"""What an import changes, loses or refuses: one value each, with its place in the foreign file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.position import Position
from watchkeeper.spec.document.nodes import Node

ChangeKind = Literal["refused", "dropped", "changed"]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One field that the spec has differently, or not at all; `refused` when its whole objective is not in the spec.

    `objective` is empty for what concerns a whole file. `text` is a sentence without a period.
    """

    where: Position
    kind: ChangeKind
    objective: str
    field: str
    text: str

    def __str__(self) -> str:
        about = f"{self.objective}: " if self.objective else ""
        return f"{self.where}: {self.kind}: {about}`{self.field}` {self.text}"


class Refused(Exception):
    """An objective cannot be imported; `field` is the one that prevents it, and the text says why."""

    def __init__(self, node: Node, field: str, reason: str) -> None:
        self.node, self.field, self.reason = node, field, reason
        super().__init__(reason)


@dataclass(slots=True)
class Changes:
    """Collects the changes of one import; `objective` names the one that is being read."""

    found: list[Change] = field(default_factory=list)
    objective: str = ""

    def changed(self, node: Node, name: str, text: str) -> None:
        """Note a field that the spec says in another way."""
        self.found.append(Change(node.where, "changed", self.objective, name, text))

    def dropped(self, node: Node, name: str, reason: str) -> None:
        """Note a field that the spec does not have."""
        self.found.append(Change(node.where, "dropped", self.objective, name, reason))

    def refused(self, why: Refused) -> None:
        """Note an objective that is not imported; its other changes do not matter any more."""
        own = (why.node.file, self.objective)
        self.found = [one for one in self.found if (one.where.file, one.objective) != own or not own[1]]
        self.found.append(Change(why.node.where, "refused", self.objective, why.field, why.reason))

    def only(self, node: Node, known: Collection[str], path: str = "") -> None:
        """Note every key of a mapping that its format does not have."""
        for key, (place, _) in (node.entries or {}).items():
            if key not in known:
                self.dropped(
                    place,
                    f"{path}{key}",
                    f"is not a field of this format; {did_you_mean(key, known, 'remove it')}",
                )
