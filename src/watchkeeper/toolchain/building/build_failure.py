"""Summarize the output of a failed build in one line that says what to do about it."""

from __future__ import annotations

import re
from pathlib import Path

from watchkeeper.toolchain.pins import Module

_UNREACHABLE = re.compile(
    r"dial tcp|no such host|connection refused|i/o timeout|TLS handshake timeout|proxyconnect"
    r"|network is unreachable|module lookup disabled by GOPROXY=off|Client\.Timeout|unexpected EOF"
    r"|50\d (?:Bad Gateway|Service Unavailable)"
)
_MISMATCH = re.compile(r"(?:verifying )?(\S+@\S+?):.*checksum mismatch|checksum mismatch")


def summarize(module: Module, *, output: str, log: Path) -> str:
    """Return one line: which module did not build, the likeliest reason, and the log file."""
    return f"{module.name} {module.release} cannot be built: {_reason(output)}; log: {log}"


def _reason(output: str) -> str:
    mismatch = _MISMATCH.search(output)
    if mismatch is not None:
        what = mismatch.group(1) or "a module"
        return f"the checksum of {what} differs from the pinned one, so it was not used"
    if _UNREACHABLE.search(output):
        return "the Go module proxy cannot be reached (check the network, or GOPROXY)"
    if "no space left on device" in output:
        return "the disk is full (Go's own caches need 5 GiB for all tools)"
    if "signal: killed" in output:
        return "the compiler was killed, most likely for lack of memory"
    return _first_message(output)


def _first_message(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    messages = [line for line in lines if not line.startswith(("go: downloading", "#"))]
    return messages[0][:200] if messages else "go printed no reason"
