"""Remember which proofs passed, by their content: rules, proof and tool. A second run proves only what changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from watchkeeper.toolchain import Tool, cache_root


def key_of(rules: bytes, proof: bytes, tool: Tool) -> str:
    """Return what a verdict depends on, as one word."""
    stat = tool.path.stat()
    identity = f"{tool.version} {stat.st_size} {stat.st_mtime_ns}"
    digest = hashlib.sha256()
    for part in (identity.encode(), rules, proof):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def has_passed(key: str) -> bool:
    """Return whether exactly this has passed before."""
    return _place(key).is_file()


def remember(key: str) -> None:
    """Note that this passed; a cache that cannot be written costs nothing but time."""
    place = _place(key)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    except OSError:
        return


def _place(key: str) -> Path:
    return cache_root() / "proofs" / key[:2] / key
