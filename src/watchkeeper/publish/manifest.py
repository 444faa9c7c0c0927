"""Which files are ours: a committed list of paths and hashes, without dates or versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from watchkeeper.emit.json import dump
from watchkeeper.publish.places import path_problem
from watchkeeper.publish.refusal import PublishRefused

MANIFEST = "monitoring/.watchkeeper-manifest.json"
# Of a folder that contains proofs and nothing else.
FOLDER_MANIFEST = ".watchkeeper-manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files` were published with these hashes; `pending` were being published when a kill came."""

    files: Mapping[str, str]
    pending: Mapping[str, str]

    def owned(self, found: Mapping[str, bytes]) -> dict[str, str]:
        """Return our paths with the hash of our last write; the disk shows which writes a kill prevented.

        A pending path counts only when its new content is on disk: otherwise it was never replaced,
        and the file there, if any, is the old one or somebody else's.
        """
        arrived = {path: hashed for path, hashed in self.pending.items() if digest(found.get(path)) == hashed}
        return {**self.files, **arrived}


def digest(content: bytes | None) -> str | None:
    """Return the SHA-256 of a file's bytes in hexadecimal, None for a missing file."""
    return None if content is None else sha256(content).hexdigest()


def write(files: Mapping[str, str], *, pending: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a manifest, sorted, with `pending` only when there is any."""
    value = {"files": files, "pending": pending} if pending else {"files": files}
    return dump(value).encode("utf-8")


def read(content: bytes | None, path: str = MANIFEST) -> Manifest:
    """Parse the manifest at `path`, a missing one as empty; raise PublishRefused for content that we never write."""
    if content is None:
        return Manifest({}, {})
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "files" not in value or not value.keys() <= {"files", "pending"}:
        raise _damaged(path)
    return Manifest(_entries(value["files"], path), _entries(value.get("pending", {}), path))


def _entries(value: Any, manifest: str) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(hashed, str) for hashed in value.values()):
        raise _damaged(manifest)
    # The file is committed, so a merge may have changed it, and a path in it can cause a file to be deleted.
    bad = {path: f"listed in {manifest}, but {problem}" for path in value if (problem := path_problem(path))}
    if bad:
        raise PublishRefused(bad)
    return value


def _damaged(path: str) -> PublishRefused:
    return PublishRefused(
        {path: "the manifest is not readable (a merge conflict?): keep either side of it, then render again"}
    )
