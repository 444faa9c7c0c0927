"""The files of another tool: their documents, each checked to be what the user says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.importing.changes import Changes
from watchkeeper.spec.document.load import load_files
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.problem import Problem, SpecRejected

Recognize = Callable[[Node], bool]


@dataclass(frozen=True, slots=True)
class ForeignFormat:
    """How one tool's documents are recognized: `is_own` for what is read, `is_akin` for its other kinds."""

    name: str
    what: str
    is_own: Recognize
    is_akin: Recognize = lambda _: False


def text_at(node: Node, *path: str) -> str:
    """Return the scalar at a path as text; empty where there is none."""
    for step in path:
        child = node.child(step)
        if child is None:
            return ""
        node = child
    return "" if node.scalar is None else str(node.scalar)


def is_kind(api: str, *kinds: str) -> Recognize:
    """Return whether a document has an API version with this beginning, and one of these kinds (any, without)."""

    def recognize(node: Node) -> bool:
        return text_at(node, "apiVersion").startswith(api) and (not kinds or text_at(node, "kind") in kinds)

    return recognize


def documents(
    paths: Sequence[Path], own: ForeignFormat, formats: Sequence[ForeignFormat], changes: Changes
) -> list[Node]:
    """Return every document of a format in the files' order; raise SpecRejected with all that is wrong.

    A file without any such document is refused; other documents beside one are noted as dropped.
    """
    found: list[Node] = []
    problems: list[Problem] = []
    for loaded in load_files(paths, problems):
        every = [node for one in loaded for node in _listed(one.root)]
        mine = [node for node in every if own.is_own(node)]
        if not mine and not any(own.is_akin(node) for node in every):
            problems.append(_not_own(every[0], own, formats))
        for node in every:
            if not own.is_own(node) and not own.is_akin(node):
                changes.dropped(node, _said(node), f"is not {own.what}")
        found += [node for node in every if own.is_own(node) or own.is_akin(node)]
    if problems:
        raise SpecRejected(problems)
    return found


def _listed(node: Node) -> list[Node]:
    """Return the documents inside a Kubernetes list, else the document."""
    items = node.child("items")
    if text_at(node, "kind").endswith("List") and items is not None and items.items:
        return items.items
    return [node]


def _said(node: Node) -> str:
    return text_at(node, "kind") or text_at(node, "apiVersion") or text_at(node, "version") or "document"


def _not_own(node: Node, own: ForeignFormat, formats: Sequence[ForeignFormat]) -> Problem:
    other = next((one for one in formats if one.is_own(node) or one.is_akin(node)), None)
    key = next((key for key in ("apiVersion", "version") if node.child(key) is not None), None)
    said = f"`{key}: {text_at(node, key)}`" if key else "a document without `apiVersion` and `version`"
    if key == "apiVersion" and text_at(node, "kind"):
        said += f" with `kind: {text_at(node, 'kind')}`"
    remedy = f"this is for: watchkeeper import {other.name}" if other else f"name files with {own.what}"
    where = node.key_position(key) if key else node.where
    return Problem(where, "WK104", f"{said} is not {own.what}", remedy)
