"""For any sequence of rendered sets, hand edits and strangers' files the published tree is the last set."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.publish import MANIFEST, diff, publish

# Folders and files have different names, so that no set wants a path to be both.
PATHS = st.builds(
    lambda folders, name: "/".join((*folders, name)),
    st.lists(st.sampled_from(["monitoring", "é b", "d.d"]), max_size=2),
    st.sampled_from(["x.yml", ".y", "z z.json", "ü.md"]),
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
SETS = st.dictionaries(PATHS, TEXTS, max_size=6)
STRANGERS = {"monitoring/SLO_DEFINITIONS.yml": "mine", "é b/mine": "mine"}


def tree(root: Path) -> dict[str, bytes]:
    """Every file below `root` except the manifest."""
    files = {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    return {path: content for path, content in files.items() if path != MANIFEST}


@given(st.lists(SETS, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_the_tree_is_the_last_set_and_strangers_files(sets: list[dict[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in STRANGERS.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        before: dict[str, str] = {}
        for files in sets:
            seen = diff(files, root)
            result = publish(files, root)
            kinds = {change.path: change.kind for change in seen if change.path != MANIFEST}
            assert set(result.written) == {path for path, kind in kinds.items() if kind != "orphaned"}
            assert set(result.deleted) == set(before) - set(files)
            assert result.unchanged + len(result.written) == len(files)
            assert diff(files, root) == []
            assert tree(root) == {p: t.encode() for p, t in {**STRANGERS, **files}.items()}
            before = files


@given(SETS, SETS, st.dictionaries(PATHS, TEXTS, max_size=3))
@settings(max_examples=40, deadline=None)
def test_hand_edits_are_repaired_where_rendered_and_kept_where_orphaned(
    old: dict[str, str], new: dict[str, str], edits: dict[str, str]
) -> None:
    edits = {path: text for path, text in edits.items() if path in old and old[path] != text}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        publish(old, root)
        for path, text in edits.items():
            (root / path).write_bytes(text.encode())
        result = publish(new, root)
        kept = {path: text for path, text in edits.items() if path not in new}
        assert result.kept == tuple(sorted(kept))
        assert tree(root) == {path: text.encode() for path, text in {**kept, **new}.items()}
        assert [change.path for change in diff(new, root)] == sorted(kept)
