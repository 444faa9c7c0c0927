"""Read the files of another tool to a spec of ours, and to what changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from watchkeeper.importing.changes import Change, Changes
from watchkeeper.importing.compose_spec import Checker, compose
from watchkeeper.importing.draft import Read, without_doubles
from watchkeeper.importing.foreign_files import documents
from watchkeeper.importing.nobl9_files import NOBL9, read_nobl9
from watchkeeper.importing.openslo_files import OPENSLO, Others, read_openslo
from watchkeeper.importing.pyrra_files import PYRRA, read_pyrra
from watchkeeper.importing.sloth_files import SLOTH, read_sloth
from watchkeeper.spec.document.nodes import Node

_FORMATS: Final = {one.name: one for one in (SLOTH, PYRRA, OPENSLO, NOBL9)}
FORMATS: Final = tuple(_FORMATS)


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a spec, empty when no objective could be imported; how many the files define; how many it has; all changes."""

    text: str
    defined: int
    count: int
    changes: tuple[Change, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether nothing was refused or dropped."""
        return all(one.kind == "changed" for one in self.changes)


def import_files(paths: Sequence[Path], tool: str, check: Checker, *, window: str = "30d") -> Imported:
    """Return the objectives of files as a spec; raise SpecRejected for files that are not of that tool.

    `check` returns the problems of a spec. `window` is the window of formats that have none, which is Sloth's.
    """
    changes = Changes()
    found = documents(paths, _FORMATS[tool], tuple(_FORMATS.values()), changes)
    own = [node for node in found if _FORMATS[tool].is_own(node)]
    read = _reader(tool, found, changes, window)
    every = [read(node) for node in own]
    drafts = without_doubles((draft for one in every for draft in one.drafts), changes)
    defined = sum(one.defined for one in every)
    header = f"Imported from {tool}: {', '.join(path.name for path in paths)}"
    text, count = compose(drafts, header, check, changes)
    return Imported(text, defined, count, tuple(sorted(set(changes.found))))


def _reader(tool: str, found: Sequence[Node], changes: Changes, window: str) -> Callable[[Node], Read]:
    others = Others.of(found)
    readers: dict[str, Callable[[Node], Read]] = {
        "sloth": lambda node: read_sloth(node, changes, window=window),
        "pyrra": lambda node: read_pyrra(node, changes),
        "openslo": lambda node: read_openslo(node, others, changes),
        "nobl9": lambda node: read_nobl9(node, changes),
    }
    return readers[tool]
