"""Who runs a command that others will see."""

from __future__ import annotations

import getpass
import subprocess

_LONGEST = 80


def author_name() -> str:
    """Return git's user.name, else the login name, on one line."""
    try:
        done = subprocess.run(["git", "config", "user.name"], capture_output=True, text=True, timeout=5)
        name = " ".join(done.stdout.split())[:_LONGEST]
    except (OSError, subprocess.SubprocessError):
        name = ""
    try:
        return name or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
