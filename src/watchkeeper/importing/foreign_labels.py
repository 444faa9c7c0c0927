"""Labels and links of another tool, as far as a spec may have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from watchkeeper.importing.changes import Changes
from watchkeeper.spec.document.nodes import Node
from watchkeeper.spec.formats import Malformed, label_name, url

_LONGEST, _MOST = 200, 20
_LINKS = ("runbook_url", "runbook", "runbookUrl", "runbookURL")


def entries(node: Node | None) -> Mapping[str, tuple[Node, Node]]:
    """Return the keys and values of a mapping; none for what is no mapping."""
    return node.entries or {} if node is not None else {}


def kept_labels(
    found: Iterable[tuple[str, Node, Node]], changes: Changes, path: str = "labels"
) -> dict[str, str]:
    """Return the labels that a spec may have; each one is its name, its key and its value."""
    kept: dict[str, str] = {}
    for name, key, value in found:
        field = f"{path}.{name}"
        text = _text(value)
        try:
            label_name(name)
        except Malformed as wrong:
            changes.dropped(key, field, f"cannot be a label here: {wrong.message}")
            continue
        if "{{" in text:
            changes.dropped(key, field, "is a template, and the labels of an objective are plain text")
        elif len(text) > _LONGEST or not text.isprintable() or not text:
            changes.dropped(key, field, f"is empty, not printable, or longer than {_LONGEST} characters")
        elif len(kept) == _MOST and name not in kept:
            changes.dropped(key, field, f"is one label too many: an objective has at most {_MOST}")
        else:
            if kept.get(name, text) != text:
                changes.changed(key, field, f'takes the place of the value "{kept[name]}" of the objective')
            if not isinstance(value.scalar, str):
                changes.changed(key, field, f'is written as the text "{text}"')
            kept[name] = text
    return kept


def triples(node: Node | None) -> list[tuple[str, Node, Node]]:
    """Return the entries of a mapping as name, key and value."""
    return [(name, key, value) for name, (key, value) in entries(node).items()]


def runbook_of(annotations: Iterable[Node | None], changes: Changes, path: str) -> str | None:
    """Return the address of a runbook that annotations name; every other one is noted as dropped."""
    runbook: str | None = None
    for node in annotations:
        for name, (key, value) in entries(node).items():
            address = _address(value) if name in _LINKS else None
            if address is not None and runbook in (None, address):
                runbook = address
            elif name in _LINKS:
                changes.dropped(
                    key,
                    f"{path}.{name}",
                    "is no plain address, or a second one; one objective has one runbook",
                )
            else:
                changes.dropped(
                    key, f"{path}.{name}", "has no place: the rules write the texts of their alerts"
                )
    return runbook


def _address(value: Node) -> str | None:
    try:
        return url(_text(value))
    except Malformed:
        return None


def _text(value: Node) -> str:
    if isinstance(value.scalar, bool):
        return "true" if value.scalar else "false"
    return "" if value.scalar is None else str(value.scalar)
