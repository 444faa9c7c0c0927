"""The Go toolchain on this machine: its path, its version, and how it builds a pinned module."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from watchkeeper.toolchain.found_tool import ToolchainError
from watchkeeper.toolchain.pins import Module
from watchkeeper.toolchain.version import parse_version

# Where the official archive unpacks to; not every shell has it on PATH.
_OFFICIAL = Path("/usr/local/go/bin/go")
# User settings that would change what is built, or for which machine.
_DROPPED = ("GOOS", "GOARCH", "GOAMD64", "GOARM", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GO111MODULE")


@dataclass(frozen=True, slots=True)
class Go:
    """A Go command, its version, and whether it fetches a newer Go when a module needs one."""

    path: Path
    version: str
    fetches_newer: bool


def find_go() -> Go | None:
    """Return the Go command of PATH, else of the official folder, or None when none runs."""
    found = shutil.which("go") or (str(_OFFICIAL) if os.access(_OFFICIAL, os.X_OK) else None)
    if found is None:
        return None
    path = Path(found).absolute()
    try:
        # Run in the root folder: a go.mod above the working folder could make Go fetch another Go.
        done = subprocess.run(
            [str(path), "env", "-json", "GOVERSION", "GOTOOLCHAIN"],
            capture_output=True,
            text=True,
            cwd=path.anchor,
            env=build_environment(),
            check=True,
            timeout=60,
        )
        facts = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    switching = str(facts.get("GOTOOLCHAIN", ""))
    fetches_newer = "auto" in switching or "path" in switching
    return Go(path=path, version=str(facts.get("GOVERSION", "")), fetches_newer=fetches_newer)


def needed_go(module: Module) -> str:
    """Return the oldest Go version that the module's go.mod accepts."""
    match = re.search(r"^go (\S+)$", (module.folder / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if match is None:
        raise ToolchainError(f"{module.folder / 'go.mod'} names no Go version")
    return match.group(1)


def go_problem(go: Go | None, *, modules: Sequence[Module]) -> str:
    """Return why this Go cannot build these modules and what to install, or "" when it can."""
    newest = max((needed_go(module) for module in modules), key=lambda text: parse_version(text) or (0, 0, 0))
    names = ", ".join(module.name for module in modules)
    if go is None:
        return (
            f"Go is not installed: Go {newest} or newer is needed to build {names} "
            "(the official packages are on go.dev; on Debian: apt-get install golang-go)"
        )
    have, want = parse_version(go.version), parse_version(newest)
    # A development build has no comparable number: try it.
    if go.fetches_newer or have is None or want is None or have >= want:
        return ""
    return (
        f"{go.path} is {go.version}: Go {newest} or newer is needed to build {names} "
        "(the official packages are on go.dev; or set GOTOOLCHAIN=auto and Go fetches it)"
    )


def build_environment() -> dict[str, str]:
    """Return the environment of a build: the user's, without settings that would change the result."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    # GOFLAGS is set: if it were removed, the value of `go env -w` would apply.
    return {**kept, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=mod"}


def build_command(module: Module, *, go: Go, out: Path) -> list[str]:
    """Return the command that builds the module's binaries into a folder."""
    return [str(go.path), "build", *build_flags(module), "-o", f"{out}{os.sep}", *build_packages(module)]


def build_flags(module: Module) -> list[str]:
    """Return the flags that decide the result: no paths of this machine, no symbols, the pinned version."""
    version = f"-X {module.version_variable}={module.version_prefix}{module.release}"
    return [
        "-mod=mod",
        "-trimpath",
        "-buildvcs=false",
        # The linker drops the debug information anyway; not generating it saves a seventh of the time.
        "-gcflags=all=-dwarf=false",
        f"-ldflags=-s -w {version}",
        f"-tags={module.tags}",
    ]


def build_packages(module: Module) -> list[str]:
    """Return the packages that are built together."""
    return [binary.package for binary in module.binaries]
