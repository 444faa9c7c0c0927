"""What is said about a key that a configuration does not have."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def unknown_key(key: object, known: Collection[str]) -> str:
    """Return the fault of a key: the one that was probably meant, else all that there are, in their order."""
    near = difflib.get_close_matches(str(key), known, 1)
    return f"is no key, did you mean {near[0]!r}?" if near else f"is no key; there are {', '.join(known)}"
