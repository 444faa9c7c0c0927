"""Read one spec file into nodes: exact numbers, YAML 1.2 scalars, and limits on depth and size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import yaml

from watchkeeper.model.position import Position
from watchkeeper.spec.document.nodes import Document, Node, Scalar
from watchkeeper.spec.document.yaml_errors import MAX_DEPTH, syntax_problem, too_deep
from watchkeeper.spec.problem import Problem

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 400_000

# libyaml reads 1000 SLOs ten times faster; the pure Python parser accepts the same language.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_T = TypeVar("_T")
_CORE_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")
_NUMERIC = frozenset("+-.0123456789")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


class Unreadable(Exception):
    """The file has no usable tree; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


def load(path: Path, *, shown_as: str) -> tuple[Document, list[Problem]]:
    """Return the file's tree and its lesser problems; raise Unreadable when there is no tree."""
    text = _read(path, shown_as)
    builder = _Builder(shown_as, _Loader(text).get_event)
    root = _built(builder.build, shown_as, text)
    return Document(shown_as, root, text), builder.problems


def load_files(paths: Iterable[Path], problems: list[Problem]) -> Iterator[list[Document]]:
    """Yield the documents of each file of another tool that can be read, and add what is wrong to the problems."""
    for path in paths:
        try:
            documents, lesser = load_every(path, shown_as=path.as_posix())
        except Unreadable as unreadable:
            problems.append(unreadable.problem)
            continue
        problems += lesser
        yield documents


def load_every(path: Path, *, shown_as: str) -> tuple[list[Document], list[Problem]]:
    """Return the tree of each document in a file of another tool, at least one; raise Unreadable.

    A YAML document may be a list of them, as `sloctl` and `oslo` write it.
    """
    text = _read(path, shown_as)
    builder = _Builder(shown_as, _Loader(text).get_event)
    roots = _built(lambda: [root for root in builder.roots() if not root.is_empty], shown_as, text)
    roots = [one for root in roots for one in root.items or [root]]
    wrong = next((root for root in roots if root.entries is None), None)
    if wrong is not None:
        raise Unreadable(Problem(wrong.where, "WK103", "the document is not a mapping"))
    if not roots:
        raise Unreadable(Problem(Position(shown_as), "WK008", "the file is empty"))
    return [Document(shown_as, root, text) for root in roots], builder.problems


def _built(build: Callable[[], _T], shown_as: str, text: str) -> _T:
    try:
        return build()
    except yaml.MarkedYAMLError as error:
        raise Unreadable(syntax_problem(error, shown_as, text)) from None
    except yaml.YAMLError as error:
        message = str(getattr(error, "reason", error))
        raise Unreadable(
            Problem(Position(shown_as), "WK004", f"not YAML: {message}", "remove the control character")
        ) from None


def _read(path: Path, shown_as: str) -> str:
    start = Position(shown_as)
    try:
        if path.is_dir():
            raise Unreadable(
                Problem(start, "WK001", "this is a directory, not a file", "name the .yml file itself")
            )
        if path.exists() and not path.is_file():
            raise Unreadable(
                Problem(start, "WK001", "this is not a regular file", "name the .yml file itself")
            )
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        remedy = "create one with: watchkeeper init" if isinstance(error, FileNotFoundError) else ""
        raise Unreadable(Problem(start, "WK001", f"cannot be read: {reason}", remedy)) from None
    if len(data) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise Unreadable(Problem(start, "WK002", message, "split it with `include:`"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        where = Position(shown_as, before.count(b"\n") + 1, column)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise Unreadable(Problem(where, "WK003", message, "save the file as UTF-8")) from None


def resolve(text: str) -> Scalar:
    """Return what a plain scalar means in YAML 1.2's core schema; fractions are exact Decimals."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return Decimal(text)
    return text


class _Builder:
    """Builds nodes from parser events, so that the depth is checked before anything recurses."""

    def __init__(self, file: str, get_event: Callable[[], Any]) -> None:
        self.file = file
        self.get_event = get_event
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Node, int, int]] = {}
        self.nodes = 0
        self.deepest = 0
        self.started = Position(file)

    def build(self) -> Node:
        root: Node | None = None
        for found in self.roots():
            if root is not None:
                message = "a second YAML document starts here"
                remedy = "put it in its own file and `include:` that file"
                raise Unreadable(Problem(self.started, "WK004", message, remedy))
            root = found
        if root is None or root.is_empty:
            raise Unreadable(
                Problem(Position(self.file), "WK008", "the file is empty", "start with: watchkeeper init")
            )
        if root.entries is None:
            raise Unreadable(
                Problem(
                    root.where, "WK103", "the file is not a mapping", "start with `version: watchkeeper/v1`"
                )
            )
        return root

    def roots(self) -> Iterator[Node]:
        """Yield the root of each YAML document; anchors end with theirs."""
        while not isinstance(event := self.get_event(), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                self.started = self._at(event)
                self.anchors.clear()
            if isinstance(event, yaml.NodeEvent):
                yield self._node(event, 0)

    def _at(self, event: Any) -> Position:
        return Position(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise self._too_many(self._at(event))
        if depth > self.deepest:
            self._reach(depth, self._at(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), self._at(event), depth)
        if event.tag is not None:
            self._check_tag(event.tag, self._at(event))
        if event.anchor is None:
            return self._collection_or_scalar(event, depth)
        before, outside, self.deepest = self.nodes, self.deepest, depth
        node = self._collection_or_scalar(event, depth)
        self.anchors[event.anchor] = (node, self.nodes - before + 1, self.deepest - depth)
        self.deepest = max(outside, self.deepest)
        return node

    def _reach(self, depth: int, where: Position) -> None:
        self.deepest = max(self.deepest, depth)
        if depth > MAX_DEPTH:
            raise Unreadable(too_deep(where))

    def _collection_or_scalar(self, event: Any, depth: int) -> Node:
        mark = event.start_mark
        node = Node(self.file, mark.line + 1, mark.column + 1)
        kind = type(event)
        if kind is yaml.ScalarEvent:
            node.style = event.style or None
            bare = node.style is None and event.tag is None
            node.scalar = resolve(event.value) if bare else event.value
        elif kind is yaml.SequenceStartEvent:
            node.items = []
            while type(inner := self.get_event()) is not yaml.SequenceEndEvent:
                node.items.append(self._node(inner, depth + 1))
        else:
            node.entries = {}
            while type(inner := self.get_event()) is not yaml.MappingEndEvent:
                key = self._node(inner, depth + 1)
                self._entry(node.entries, key, self._node(self.get_event(), depth + 1))
        return node

    def _entry(self, entries: dict[str, tuple[Node, Node]], key: Node, value: Node) -> None:
        if key.entries is not None or key.items is not None:
            self.problems.append(Problem(key.where, "WK103", "a key must be plain text, not a collection"))
            return
        if not isinstance(key.scalar, str):
            key.scalar = "null" if key.scalar is None else str(key.scalar)
        if key.scalar in entries:
            first = entries[key.scalar][0].line
            message = f"the key `{key.scalar}` appears twice (first in line {first})"
            self.problems.append(Problem(key.where, "WK005", message, "keep one of them"))
            return
        entries[key.scalar] = (key, value)

    def _alias(self, anchor: str, where: Position, depth: int) -> Node:
        if anchor not in self.anchors:
            # The anchor is undefined, or its collection is still open: the node would contain itself.
            message = f"the alias *{anchor} has no anchor above it"
            raise Unreadable(
                Problem(where, "WK007", message, f"define &{anchor} above the alias, not around it")
            )
        node, size, height = self.anchors[anchor]
        self.nodes += size
        if self.nodes > MAX_NODES:
            raise self._too_many(where)
        self._reach(depth + height, where)
        return node

    def _too_many(self, where: Position) -> Unreadable:
        message = f"aliases expand this file to more than {MAX_NODES:,} values"
        return Unreadable(Problem(where, "WK007", message, "write the values out, or split the file"))

    def _check_tag(self, tag: str, where: Position) -> None:
        if tag not in ("!", _CORE_TAG + "str", _CORE_TAG + "map", _CORE_TAG + "seq"):
            shown = tag.replace(_CORE_TAG, "!!")
            self.problems.append(
                Problem(where, "WK006", f"the tag {shown} is not allowed", "write plain values")
            )
