"""Where a key belongs that is unknown where it stands: around it, inside one of the keys beside it, or as their value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from watchkeeper.spec.document.nodes import Path
from watchkeeper.spec.schema import resolved, schema

_Part = dict[str, Any]


def place_of(key: str, path: Path) -> str:
    """Return the remedy for a key that the mapping at `path` does not have, or nothing where no other one near has it."""
    around = _mappings(path)
    inside = [one for one in _inner(around[-1][1]) if key in one[1].get("properties", ())]
    # A key that several of them have, such as `name`, was hardly meant for the first.
    if len(inside) == 1:
        name, _, is_list = inside[0]
        nested = f"[{{{key}: ...}}]" if is_list else f"{{{key}: ...}}"
        return f"it belongs in {'an entry of ' if is_list else ''}`{name}`, as `{name}: {nested}`"
    for name, other in around[-1][1].get("properties", {}).items():
        if key in other.get("enum", ()):
            return f"it is a value of `{name}`; write `{name}: {key}`"
    for (name, part), (below, _) in reversed(list(pairwise(around))):
        if key in part.get("properties", ()):
            where = f"in `{name}`" if name else "at the top of the file"
            return f"it belongs {where}, beside `{below}`"
    return ""


def sibling_of(path: Path, keys: Iterable[str]) -> str:
    """Return the remedy for a mapping where another type is wanted: the key beside it whose mapping has these keys."""
    around = _mappings(path)
    if len(around) < 2 or not (wanted := set(keys)):
        return ""
    for name, part, is_list in _inner(around[-2][1]):
        if not is_list and wanted <= set(part.get("properties", ())):
            return f"did you mean `{name}`, which has {_and(sorted(wanted))}?"
    return ""


def _and(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _mappings(path: Path) -> list[tuple[str, _Part]]:
    """Return the parts of the schema from the root to the mapping at `path`, with the name of each; the root has none."""
    part = schema()
    found = [("", part)]
    for step in path:
        if isinstance(step, int):
            part = resolved(part.get("items", {}))
            found[-1] = (found[-1][0], part)
            continue
        properties = part.get("properties", {})
        other = part.get("additionalProperties")
        part = resolved(properties[step] if step in properties else other if isinstance(other, dict) else {})
        found.append((step, part))
    return found


def _inner(part: _Part) -> Iterator[tuple[str, _Part, bool]]:
    """Yield the mappings directly inside a mapping: their key, their part of the schema, whether they are a list's entries."""
    for name, inner in part.get("properties", {}).items():
        found = resolved(inner)
        if "items" in found and "properties" not in found:
            yield name, resolved(found["items"]), True
        else:
            yield name, found, False
