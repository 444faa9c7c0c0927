"""The spec of a git revision, with every file that it may include, in a folder of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

# Included files and texts for runbooks; nothing else is read.
_SUFFIXES = (".yml", ".yaml", ".md")
_SECONDS = 60


class NoRevision(Exception):
    """Git has no such revision, or no such file in it; the text says which."""


def checked_out(revision: str, spec: Path, folder: Path) -> Path:
    """Write the specs of a revision into a folder, and return where the same file is there; raise NoRevision.

    `REVISION:PATH`, as git writes it, is another file; its path begins at the root of the repository.
    """
    home = _existing(spec.absolute().parent)
    top = Path(_text(home, "rev-parse", "--show-toplevel", problem=f"{home} is in no git repository"))
    named, _, other = revision.partition(":")
    commit = _text(
        home, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{named}^{{commit}}", problem=""
    )
    if not commit:
        raise NoRevision(f"{revision}: neither a file nor a revision of git")
    path = other or _below(spec, top)
    listed = dict(_files(top, commit))
    if path not in listed:
        raise NoRevision(f"{named} has no file {path}; name another one as {named}:PATH")
    wanted = {name: blob for name, blob in listed.items() if name == path or name.endswith(_SUFFIXES)}
    _write(top, wanted, folder)
    return folder / path


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _below(spec: Path, top: Path) -> str:
    place = spec.absolute().parent.resolve() / spec.name
    if not place.is_relative_to(top.resolve()):
        raise NoRevision(f"{spec} is not in the git repository {top}")
    return place.relative_to(top.resolve()).as_posix()


def _files(top: Path, commit: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the blob of every regular file."""
    listing = _run(top, "ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
    for entry in listing.split("\0"):
        about, _, name = entry.partition("\t")
        if about.startswith("100"):
            yield name, about.split()[2]


def _write(top: Path, wanted: dict[str, str], folder: Path) -> None:
    contents = _run(top, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in wanted.values()))
    start = 0
    for name in wanted:
        end = contents.index(b"\n", start)
        size = int(contents[start:end].split()[2])
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[end + 1 : end + 1 + size])
        # A line end follows each file's contents.
        start = end + size + 2


def _text(folder: Path, *arguments: str, problem: str) -> str:
    """Return what git prints, stripped; raise NoRevision where it fails and there are words for it."""
    try:
        return _run(folder, *arguments).decode("utf-8", "surrogateescape").strip()
    except subprocess.CalledProcessError:
        if problem:
            raise NoRevision(problem) from None
        return ""


def _run(folder: Path, *arguments: str, stdin: str = "") -> bytes:
    command: Sequence[str | Path] = ("git", "-C", folder, *arguments)
    try:
        done = subprocess.run(
            command, input=stdin.encode(), capture_output=True, check=True, timeout=_SECONDS
        )
    except FileNotFoundError:
        raise NoRevision("git is not installed; name two files") from None
    except subprocess.TimeoutExpired:
        raise NoRevision(f"git did not answer within {_SECONDS} s") from None
    return done.stdout
