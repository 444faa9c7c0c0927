"""How the user runs our commands: through make if make called us, else by the program's name."""

from __future__ import annotations

import os

VARIABLE = "WATCHKEEPER_CALLED_BY"


def call(command: str, options: str = "") -> str:
    """Return what to type for a command with its options."""
    if os.environ.get(VARIABLE) == "make":
        return f'make {command} ARGS="{options}"' if options else f"make {command}"
    return f"watchkeeper {command} {options}".rstrip()
