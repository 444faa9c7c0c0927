"""A tiny real Go module with its pin, a Go module proxy in a folder, and programs that tell a version."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from watchkeeper.toolchain.pins import Binary, Module
from watchkeeper.toolchain.version import VersionRange

GO = shutil.which("go")

MAIN = """package main

import "os"

var version = "unset"

func main() { os.Stdout.WriteString("tiny, version " + version + "\\n") }
"""


def tiny_module(
    folder: Path, *, main: str = MAIN, go_mod: str = "", binaries: tuple[str, ...] = ("tiny",)
) -> Module:
    """Write a module without dependencies, one package a binary, and return its pin."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "go.mod").write_text(go_mod or "module example.test/tiny\n\ngo 1.21\n")
    for name in binaries:
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "main.go").write_text(main)
    return pin(folder, binaries=binaries)


def pin(
    folder: Path, *, binaries: tuple[str, ...] = ("tiny",), release: str = "1.2.3", image: str = ""
) -> Module:
    """Return the pin of a module in a folder, its version told through main.version."""
    made = tuple(
        Binary(
            name=name,
            package=f"example.test/tiny/{name}",
            accepts=VersionRange((1, 2), (2,)),
            image_path=f"/bin/{name}",
        )
        for name in binaries
    )
    return Module(
        name="tiny",
        release=release,
        folder=folder,
        binaries=made,
        version_variable="main.version",
        image=image,
    )


def fake_tool(path: Path, *, says: str) -> Path:
    """Write an executable that prints one line, and keeps count of its runs in a file beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\necho run >> "$0.runs"\necho "{says}"\n')
    path.chmod(0o755)
    return path


def runs(path: Path) -> int:
    """Return how many times a fake tool was run."""
    counted = path.with_name(path.name + ".runs")
    return len(counted.read_text().splitlines()) if counted.exists() else 0


def go_proxy(root: Path, *, module: str, version: str, source: str) -> str:
    """Write a Go module proxy of one module into a folder and return its GOPROXY value."""
    files = root / module / "@v"
    files.mkdir(parents=True)
    go_mod = f"module {module}\n\ngo 1.21\n"
    (files / "list").write_text(version + "\n")
    (files / f"{version}.info").write_text(f'{{"Version": "{version}", "Time": "2024-01-01T00:00:00Z"}}')
    (files / f"{version}.mod").write_text(go_mod)
    with zipfile.ZipFile(files / f"{version}.zip", "w") as archive:
        archive.writestr(f"{module}@{version}/go.mod", go_mod)
        archive.writestr(f"{module}@{version}/lib.go", source)
    return root.as_uri()


def go_sum_of(folder: Path, *, environment: dict[str, str]) -> str:
    """Return the checksums that go itself finds for a module's dependencies."""
    work = folder.with_name(folder.name + "-sums")
    shutil.copytree(folder, work)
    subprocess.run([str(GO), "mod", "tidy"], cwd=work, env=environment, check=True, capture_output=True)
    return (work / "go.sum").read_text()


ENSURE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from toolchain_support import pin
from watchkeeper.toolchain import ToolchainError, ensure
try:
    found = ensure(["tiny"], modules=[pin(Path(sys.argv[2]))])
except ToolchainError as error:
    sys.exit(f"error: {error}")
print(found["tiny"].origin, found["tiny"].path)
"""


def ensure_in_another_process(folder: Path, *, environment: dict[str, str]) -> subprocess.Popen[str]:
    """Start a process that has the tiny tool built, and prints its origin and path."""
    command = [sys.executable, "-c", ENSURE, str(Path(__file__).parent), str(folder)]
    return subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )


def slow_go(folder: Path, *, gate: Path) -> Path:
    """Write a `go` that counts builds and holds each back until the gate exists, then runs the real one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "go"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = build ]; then echo "$$" >> "{folder}/builds"; '
        f'for i in $(seq 600); do [ -e "{gate}" ] && break; sleep 0.1; done; fi\n'
        f'exec "{GO}" "$@"\n'
    )
    path.chmod(0o755)
    return path
