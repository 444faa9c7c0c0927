"""The remedy for a name that does not exist: the one that was probably meant, else what is known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return `did you mean X?` for the known name nearest to this one; `otherwise` where none is near."""
    close = get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]}?" if close else otherwise
