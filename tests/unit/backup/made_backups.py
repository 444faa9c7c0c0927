"""Stacks that never ran, with data as the programs leave it, and backups of them."""

from __future__ import annotations

from pathlib import Path

from watchkeeper.backup.make_backup import Made, make_backup
from watchkeeper.backup.restore_backup import Restored, restore_backup
from watchkeeper.spec.read import read_spec
from watchkeeper.stack.progress import Progress
from watchkeeper.stack.state import State

SPEC = """\
version: watchkeeper/v1
service: shop
targets: ["127.0.0.1:1"]
slos:
  - {name: availability, objective: 99%, sli: {availability: http}}
"""
BLOCK = "01JD0000000000000000000000"


def spec_in(folder: Path, text: str = SPEC) -> Path:
    """Write a spec and return its path."""
    path = folder / "monitoring" / "SLO_DEFINITIONS.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def stack_in(folder: Path, *, size: int = 1000, filling: bytes = b"a") -> tuple[Path, State]:
    """Return the spec and the state of a stack with `size` bytes of metrics."""
    state = State((folder / "state").resolve())
    state.create()
    data = state.folder / "data"
    for path, content in {
        f"prometheus/{BLOCK}/meta.json": b"{}",
        f"prometheus/{BLOCK}/chunks/000001": filling * size,
        "alertmanager/nflog": b"sent",
        "alertmanager/silences": b"silent",
        "jaeger/keys/MANIFEST": b"tables",
        "jaeger/keys/000001.sst": b"span",
        "jaeger/values/000001.vlog": b"value",
    }.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_bytes(content)
    return spec_in(folder), state


def back_up(spec: Path, state: State, out: Path) -> Made:
    """Make a backup."""
    return make_backup(read_spec(spec)[0], spec, state=state, out=out, progress=Progress())


def restore(
    archive: Path, spec: Path, state: State, *, replace: bool = False, dry_run: bool = False
) -> Restored:
    """Restore a backup."""
    return restore_backup(
        archive,
        read_spec(spec)[0],
        spec,
        state=state,
        replace=replace,
        dry_run=dry_run,
        progress=Progress(),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
