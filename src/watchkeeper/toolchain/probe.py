"""The version that an executable reports, cached by its path, modification time and size."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from watchkeeper.toolchain.cache import cache_root

# After the word, or after the path of a Go module, which is all that the registry prints.
_REPORTED = re.compile(r"(?:version[ =\":]+|/v\d+ )v?(\d+\.\d+(?:\.\d+)?)", re.IGNORECASE)
# A tool that needs longer than this to print its version is not one of ours.
_TIMEOUT_SECONDS = 20


def reported_version(path: Path, *, args: Sequence[str]) -> str:
    """Run the executable and return the version it prints, or "" when it prints none."""
    try:
        done = subprocess.run(
            [str(path), *args],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = _REPORTED.search(done.stdout) or _REPORTED.search(done.stderr)
    return match.group(1) if match else ""


def remembered_version(path: Path, *, args: Sequence[str]) -> str:
    """Return the executable's version; run it only if the file changed since the last run."""
    memory = cache_root() / "tools" / "versions.json"
    known = _read(memory)
    stat = path.stat()
    identity = [stat.st_mtime_ns, stat.st_size]
    entry = known.get(str(path))
    if isinstance(entry, dict) and entry.get("identity") == identity and entry.get("version"):
        return str(entry["version"])
    version = reported_version(path, args=args)
    if version:
        _write(memory, {**known, str(path): {"identity": identity, "version": version}})
    return version


def _read(memory: Path) -> dict[str, Any]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(memory: Path, known: dict[str, Any]) -> None:
    # The cache only saves time: if it is read-only, tools must still be found.
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=memory.parent, prefix=".versions-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1, sort_keys=True)
        Path(name).replace(memory)
    except OSError:
        return
