"""How the user runs our commands: through make if make called us, else by the program's name."""

from __future__ import annotations

import os

VARIABLE = "WATCHKEEPER_CALLED_BY"


def call(command: str) -> str:
    """Return what to type for a command."""
    return f"{'make' if os.environ.get(VARIABLE) == 'make' else 'watchkeeper'} {command}"
