"""Which settings of two specs differ, whatever the order and the comments of their files.

The model is compared and not the text: defaults are filled in, includes are joined, and places in files are left out.
Lists whose entries have a name are compared by it, and other lists without their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from watchkeeper.cli.diff_words.change import Change
from watchkeeper.model.position import Position
from watchkeeper.model.spec import Spec
from watchkeeper.model.text_file import TextFile

# What identifies an entry of a list, the first that it has.
_KEYS = ("name", "severity", "label", "series")
# The spec's words for fields of the model.
_WORDS = {"hold": "for"}
_DERIVED = frozenset({"source", "clock"})
# The sections of objectives and of alerts have a sentence for each of these.
_IN_WORDS = {
    "slos": frozenset({"objective", "window", "calendar", "by"}),
    "alerts": frozenset(
        {"severity", "for", "threshold", "quantile", "metric", "resource", "aggregate", "min_events"}
    ),
}
# The path of an objective: services, its service, slos, its name.
_LIST, _DEPTH_OF_ENTRY = 2, 4
_LONGEST = 160

Tree = dict[str, Any]


def setting_changes(old: Spec, new: Spec) -> Iterator[Change]:
    """Yield a change for each setting that differs, and one for each entry that only one of both has."""
    yield from _compared((), _plain(old), _plain(new))


def _compared(path: tuple[str, ...], old: Tree, new: Tree) -> Iterator[Change]:
    for key in (*old, *(key for key in new if key not in old)):
        here = (*path, key)
        before, after = old.get(key), new.get(key)
        if before == after or _is_in_words(here):
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            yield from _compared(here, before, after)
        elif before is None or after is None:
            yield from () if _is_whole_entry(here) else (_one_sided(here, before, after),)
        else:
            yield Change("settings", "changed", _name(here), f"{_text(before)} -> {_text(after)}")


def _one_sided(path: tuple[str, ...], old: Any, new: Any) -> Change:
    if isinstance(old, dict) or isinstance(new, dict):
        return Change("settings", "added" if old is None else "removed", _name(path), "")
    return Change("settings", "changed", _name(path), f"{_text(old)} -> {_text(new)}")


def _is_whole_entry(path: tuple[str, ...]) -> bool:
    """Return whether it is an objective or an alert: the sentences about these say which ones are new."""
    return len(path) == _DEPTH_OF_ENTRY and path[_LIST] in _IN_WORDS


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path)


def _text(value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_text(one)}' for key, one in value.items())}}}"
    said = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    shown = " ".join(said.split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _is_in_words(path: tuple[str, ...]) -> bool:
    """Return whether a sentence about its objective or alert says the same as services, NAME, slos, NAME, objective."""
    return len(path) > _DEPTH_OF_ENTRY and path[_DEPTH_OF_ENTRY] in _IN_WORDS.get(path[_LIST], ())


def _plain(value: Any) -> Any:
    if isinstance(value, TextFile):
        # Its path changes with the folder of the spec.
        return value.text
    if is_dataclass(value) and not isinstance(value, type):
        return _of_fields(value)
    if isinstance(value, tuple):
        return _of_list(value)
    return value


def _of_fields(value: Any) -> Any:
    named = ((field.name, getattr(value, field.name)) for field in fields(value))
    found = {_WORDS.get(name, name): _plain(one) for name, one in named if not _is_left_out(name)}
    # That of an integration belongs to its class.
    found |= {"kind": value.kind} if hasattr(value, "kind") else {}
    # A duration, for one, is what it says.
    return found if value.__class__.__str__ is object.__str__ else str(value)


def _is_left_out(name: str) -> bool:
    return name in _DERIVED or name.endswith(("where", "positions"))


def _of_list(values: tuple[Any, ...]) -> Any:
    if any(isinstance(one, Position) for one in values):
        return ()
    key = next((key for key in _KEYS if values and all(hasattr(one, key) for one in values)), None)
    if key is not None:
        return {str(getattr(one, key)): _plain(one) for one in values}
    if values and all(isinstance(one, tuple) and len(one) == 2 for one in values):
        return {str(name): _plain(one) for name, one in values}
    plain = [_plain(one) for one in values]
    if all(isinstance(one, Mapping) for one in plain):
        return {str(number): one for number, one in enumerate(plain, 1)}
    return tuple(sorted(plain, key=str))
