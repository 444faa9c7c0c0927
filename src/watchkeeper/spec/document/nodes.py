"""YAML as nodes that know their file, line and column."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from watchkeeper.model.position import Position

Scalar = str | int | bool | Decimal | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
Path = tuple[str | int, ...]


@dataclass(slots=True)
class Node:
    """One YAML value and the place where it begins.

    A mapping has `entries` (key and value by the key's text), a list has `items`, a scalar has neither.
    """

    file: str
    line: int
    column: int
    scalar: Scalar = None
    entries: dict[str, tuple[Node, Node]] | None = None
    items: list[Node] | None = None
    style: str | None = None

    @property
    def where(self) -> Position:
        """Return the position; it is made on demand, because most of the many thousand nodes never need one."""
        return Position(self.file, self.line, self.column)

    @property
    def is_empty(self) -> bool:
        """Return whether it is null, and no collection."""
        return self.scalar is None and self.entries is None and self.items is None

    def plain(self) -> Plain:
        """Return the value as ordinary dicts, lists and scalars."""
        if self.entries is not None:
            return {key: value.plain() for key, (_, value) in self.entries.items()}
        if self.items is not None:
            return [item.plain() for item in self.items]
        return self.scalar

    def child(self, step: str | int) -> Node | None:
        """Return the value under a key or index, or None."""
        if isinstance(step, int) and self.items is not None:
            return self.items[step] if step < len(self.items) else None
        if self.entries is not None:
            entry = self.entries.get(str(step))
            return entry[1] if entry is not None else None
        return None

    def at(self, path: Path) -> Node:
        """Return the deepest node on `path` that exists."""
        node = self
        for step in path:
            child = node.child(step)
            if child is None:
                return node
            node = child
        return node

    def key_position(self, key: str) -> Position:
        """Return the position of the key, else of the mapping."""
        if self.entries is not None and key in self.entries:
            return self.entries[key][0].where
        return self.where


@dataclass(frozen=True, slots=True)
class Document:
    """One loaded file: its tree, and its text, which problems quote."""

    file: str
    root: Node
    text: str

    def inside(self, node: Node, line: int, column: int) -> Position:
        """Return the file position of a place inside a scalar; both count from 1 within the scalar's value."""
        start = node.where
        if node.style in ("|", ">") and (line > 1 or node.style == "|"):
            lines = self.text.split("\n")[start.line :]
            first = next((body for body in lines if body.strip()), "")
            return Position(start.file, start.line + line, len(first) - len(first.lstrip(" ")) + column)
        return start if line > 1 else self._unfolded(node, column - 1)

    def _unfolded(self, node: Node, offset: int) -> Position:
        """Return the position of an offset in a text whose lines YAML joins with single spaces."""
        start = node.where
        lines = self.text.split("\n")
        row, at = start.line - 1, start.column - 1 + (node.style in ("'", '"'))
        if node.style == ">":
            row, at = row + 1, _indentation(lines[start.line : start.line + 1])
        while row + 1 < len(lines) and offset > (length := len(lines[row][at:].rstrip())):
            following = lines[row + 1 : row + 2]
            if not following[0].strip():
                break
            offset, row, at = offset - length - 1, row + 1, _indentation(following)
        return Position(start.file, row + 1, at + max(offset, 0) + 1)


def _indentation(line: list[str]) -> int:
    return sum(len(text) - len(text.lstrip(" \t")) for text in line)
