"""One PromQL text of the spec, and where each of its words stands in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watchkeeper.model.position import Position
from watchkeeper.spec.document.nodes import Node

# A PromQL text's own node, so that a column inside the query becomes a column in the file.
Locate = Callable[[Node, int, int], Position]


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL text of the spec and where each of its places stands in the file."""

    text: str
    owner: Position
    node: Node
    locate: Locate


def find_word(word: str, query: Query) -> Position:
    """Return where a word of the query stands, else where the query begins."""
    offset = query.text.find(word)
    if offset < 0:
        return query.owner
    before = query.text[:offset]
    line = before.count("\n") + 1
    return query.locate(query.node, line, offset - (before.rfind("\n") + 1) + 1)
