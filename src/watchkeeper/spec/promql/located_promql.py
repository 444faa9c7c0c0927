"""One PromQL text of the spec, and the position of each of its words in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from watchkeeper.model.position import Position
from watchkeeper.spec.document.nodes import Node

# Node, line and column inside the query -> position in the file.
Locate = Callable[[Node, int, int], Position]


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL text of the spec; `locate` turns a line and column of the text into a position in the file."""

    text: str
    owner: Position
    node: Node
    locate: Locate


def find_word(word: str, query: Query) -> Position:
    """Return the position of a word of the query, else of the query."""
    offset = query.text.find(word)
    return position_at(offset, query) if offset >= 0 else query.owner


def position_at(offset: int, query: Query) -> Position:
    """Return the position of an offset in the query."""
    before = query.text[:offset]
    line = before.count("\n") + 1
    return query.locate(query.node, line, offset - (before.rfind("\n") + 1) + 1)
