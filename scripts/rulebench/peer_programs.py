"""Programs that write the rules of other tools, built from their Go modules once a machine. Their code is never committed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from watchkeeper.toolchain import cache_root
from watchkeeper.toolchain.building.go import build_environment, find_go

SLOTH = "github.com/slok/sloth@v0.16.0"
PYRRA = "github.com/pyrra-dev/pyrra@v0.9.5"
# Pyrra's own command wants a cluster or a folder to watch: this one calls its packages.
_PYRRA_MAIN = Path(__file__).parents[1] / "pyrra_rules.go"


def sloth_program() -> Path:
    """Return Sloth's command; raise RuntimeError where it cannot be built."""
    return _program(SLOTH, "github.com/slok/sloth/cmd/sloth")


def pyrra_program() -> Path:
    """Return a command that prints Pyrra's rules for its files; raise RuntimeError where it cannot be built."""
    return _program(PYRRA, ".")


def kept(pinned: str) -> Path:
    """Return where the program of a pinned module is once it was built."""
    return cache_root() / "peers" / pinned.rpartition("/")[2].replace("@", "-")


def _program(pinned: str, package: str) -> Path:
    program = kept(pinned)
    if not program.is_file():
        print(f"building {pinned}; this takes minutes the first time ...", file=sys.stderr, flush=True)
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{program.name}-", dir=program.parent) as folder:
            _built(Path(folder), pinned, package).replace(program)
    return program


def _built(folder: Path, pinned: str, package: str) -> Path:
    go = find_go()
    if go is None:
        raise RuntimeError(f"{pinned} cannot be built: Go is not installed")
    (folder / "go.mod").write_text("module peers\n\ngo 1.26.0\n")
    if package == ".":
        shutil.copyfile(_PYRRA_MAIN, folder / "main.go")
    else:
        (folder / "main.go").write_text(f'//go:build peers\n\npackage peers\n\nimport _ "{package}"\n')
    for words in (("get", pinned), ("mod", "tidy"), ("build", "-buildvcs=false", "-o", "program", package)):
        done = subprocess.run(
            [go.path, *words],
            cwd=folder,
            env=build_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{pinned} cannot be built: {done.stderr.strip()[-500:]}")
    return folder / "program"
