"""Walk a checked tree with typed getters; parts that the shape check found broken are skipped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from watchkeeper.model.position import Position
from watchkeeper.spec.document.nodes import Document, Node, Path, Scalar
from watchkeeper.spec.problem import Problem


@dataclass(slots=True)
class Reading:
    """One document that is being read: its tree, its broken paths, and the problems found so far."""

    document: Document
    broken: set[Path]
    problems: list[Problem] = field(default_factory=list)
    _ancestors: set[Path] = field(default_factory=set)
    _counted: int = 0

    def is_valid(self, path: Path) -> bool:
        """Return whether nothing at or below `path` is broken."""
        if not self.broken:
            return True
        if len(self.broken) != self._counted:
            self._counted = len(self.broken)
            self._ancestors = {found[:length] for found in self.broken for length in range(len(found) + 1)}
        return path not in self._ancestors


@dataclass(frozen=True, slots=True)
class Cursor:
    """One place in the tree."""

    reading: Reading
    node: Node
    path: Path = ()

    @property
    def where(self) -> Position:
        """Return the position of the value."""
        return self.node.where

    @property
    def is_valid(self) -> bool:
        """Return whether the shape check found nothing wrong at or below this place."""
        return self.reading.is_valid(self.path)

    def has(self, key: str) -> bool:
        """Return whether the key exists and its value is valid."""
        return self.node.child(key) is not None and self._trusts(key)

    def is_broken(self, key: str) -> bool:
        """Return whether the key exists and its value is broken."""
        return not self._trusts(key) and self.node.child(key) is not None

    def _trusts(self, key: str) -> bool:
        return not self.reading.broken or self.reading.is_valid((*self.path, key))

    def go(self, key: str | int) -> Cursor:
        """Return the place under a key that `has` has confirmed."""
        child = self.node.child(key)
        assert child is not None
        return Cursor(self.reading, child, (*self.path, key))

    def scalar(self, key: str) -> Scalar:
        """Return a scalar, None when the key is missing or broken."""
        child = self.node.child(key)
        return child.scalar if child is not None and self._trusts(key) else None

    def text(self, key: str) -> str | None:
        """Return text, None when the key is missing or broken."""
        value = self.scalar(key)
        return None if value is None else str(value)

    def string(self, key: str, default: str) -> str:
        """Return text, or the default."""
        return self.text(key) or default

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return a boolean, or the default."""
        value = self.scalar(key)
        return value if isinstance(value, bool) else default

    def whole(self, key: str) -> int | None:
        """Return a whole number, None when missing."""
        value = self.scalar(key)
        return value if isinstance(value, int) else None

    def number(self, key: str) -> Decimal | None:
        """Return an exact number, None when missing."""
        value = self.scalar(key)
        return Decimal(value) if isinstance(value, int | Decimal) else None

    def each(self, key: str, *, even_broken: bool = False) -> Iterator[Cursor]:
        """Yield the valid items of a list, or all of them; none when the key is missing."""
        child = self.node.child(key)
        if child is None or child.items is None:
            return
        for index, item in enumerate(child.items):
            place = Cursor(self.reading, item, (*self.path, key, index))
            if even_broken or place.is_valid:
                yield place

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; empty when it is missing."""
        return tuple(str(item.node.scalar) for item in self.each(key))

    def pairs(self, key: str, *, even_broken: bool = False) -> tuple[tuple[str, Cursor], ...]:
        """Return a mapping's valid entries, or all of them, in the file's order; empty when the key is missing."""
        child = self.node.child(key)
        if child is None or child.entries is None:
            return ()
        places = ((name, Cursor(self.reading, value, (*self.path, key, name)))
                  for name, (_, value) in child.entries.items())  # fmt: skip
        return tuple((name, place) for name, place in places if even_broken or place.is_valid)

    def labels(self, key: str = "labels", *, even_broken: bool = False) -> tuple[tuple[str, str], ...]:
        """Return a mapping of texts, sorted by name; only its valid entries, or all of them."""
        pairs = self.pairs(key, even_broken=even_broken)
        return tuple(sorted((name, str(place.node.scalar)) for name, place in pairs))

    def names(self) -> tuple[str, ...]:
        """Return the keys in the file's order."""
        return tuple(self.node.entries or ())

    def key_where(self, key: str) -> Position:
        """Return the position of the key."""
        return self.node.key_position(key)

    def value_where(self, key: str) -> Position:
        """Return the position of the key's value, else of this place."""
        child = self.node.child(key)
        return child.where if child is not None else self.where

    def report(
        self, code: str, message: str, remedy: str = "", *, key: str | None = None, value: str | None = None
    ) -> None:
        """Record a problem here, at a key, or at a key's value."""
        where = self.where
        if key is not None:
            where = self.key_where(key)
        elif value is not None:
            where = self.value_where(value)
        self.reading.problems.append(Problem(where, code, message, remedy))

    def allow_only(self, allowed: tuple[str, ...], because: str, *, known: Collection[str]) -> None:
        """Report every known key that is not among `allowed`, with the reason why it does not fit here."""
        for key in self.names():
            if key in known and key not in allowed:
                self.report("WK111", f"`{key}` {because}", "allowed here: " + ", ".join(allowed), key=key)

    def require(self, keys: tuple[str, ...], because: str) -> bool:
        """Report every key that is missing; return whether all are there."""
        missing = [key for key in keys if self.node.child(key) is None]
        for key in missing:
            self.report("WK102", f"`{key}` is missing: {because}", f"add `{key}:`")
        return not missing
