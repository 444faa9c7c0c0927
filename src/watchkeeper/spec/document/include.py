"""Follow `include:` from the root file to every document, and read each one once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from watchkeeper.model.position import Position
from watchkeeper.spec.document.load import Unreadable, load
from watchkeeper.spec.document.nodes import Document, Node
from watchkeeper.spec.problem import Problem

MAX_FILES = 2_000
_WILD = "*?["


@dataclass(slots=True)
class Loaded:
    """All documents, the root first, and what was wrong with reading them."""

    documents: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load_all(path: Path, *, shown_as: str) -> Loaded:
    """Return the root document and all that it includes; raise Unreadable when the root gives no tree."""
    loaded = Loaded()
    document, problems = load(path, shown_as=shown_as)
    loaded.documents.append(document)
    loaded.problems += problems
    _follow(document, path, (path.resolve(),), {path.resolve()}, loaded)
    return loaded


def _follow(document: Document, path: Path, trail: tuple[Path, ...], seen: set[Path], loaded: Loaded) -> None:
    node = document.root.child("include")
    for item in (node.items if node is not None else None) or ():
        if isinstance(item.scalar, str) and item.scalar:
            is_pattern = any(character in item.scalar for character in _WILD)
            for found in _matches(item.scalar, path, item.where, loaded):
                if is_pattern and found.resolve() in trail:
                    continue  # a pattern may match the file that contains it
                _include(found, path, item, trail, seen, loaded, document)


def _matches(pattern: str, path: Path, where: Position, loaded: Loaded) -> list[Path]:
    base = Path(pattern) if Path(pattern).is_absolute() else path.parent / pattern
    if not any(character in pattern for character in _WILD):
        if not base.exists():
            loaded.problems.append(
                Problem(where, "WK009", f"there is no file {pattern}", f"looked for {base.as_posix()}")
            )
            return []
        return [base]
    anchor = Path(base.anchor) if base.is_absolute() else Path()
    try:
        found = sorted(match for match in anchor.glob(str(base.relative_to(anchor))) if match.is_file())
    except (ValueError, NotImplementedError) as error:
        loaded.problems.append(
            Problem(where, "WK009", f"{pattern} is not a pattern: {error}", "write one such as teams/*.yml")
        )
        return []
    if not found:
        loaded.problems.append(
            Problem(where, "WK009", f"{pattern} matches no file", f"looked under {path.parent.as_posix()}/")
        )
    return found


def _include(
    found: Path,
    path: Path,
    item: Node,
    trail: tuple[Path, ...],
    seen: set[Path],
    loaded: Loaded,
    parent: Document,
) -> None:
    real = found.resolve()
    if real in trail:
        cycle = " → ".join(step.name for step in (*trail[trail.index(real) :], real))
        loaded.problems.append(
            Problem(item.where, "WK010", f"the includes form a cycle: {cycle}", "remove one of them")
        )
        return
    if real in seen:
        return
    seen.add(real)
    if len(seen) > MAX_FILES:
        loaded.problems.append(
            Problem(item.where, "WK009", f"more than {MAX_FILES} files are included", "include fewer")
        )
        return
    shown = found.as_posix() if Path(parent.file).is_absolute() else _shown_path(parent.file, found, path)
    try:
        document, problems = load(found, shown_as=shown)
    except Unreadable as unreadable:
        loaded.problems.append(unreadable.problem)
        return
    loaded.documents.append(document)
    loaded.problems += problems
    _follow(document, found, (*trail, real), seen, loaded)


def _shown_path(parent: str, found: Path, path: Path) -> str:
    try:
        return (Path(parent).parent / found.relative_to(path.parent)).as_posix()
    except ValueError:
        return found.as_posix()
