"""A digest of a spec's files, which says what a report was about."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from watchkeeper.spec.document.include import load_all
from watchkeeper.spec.document.load import Unreadable
from watchkeeper.spec.problem import SpecRejected


def spec_digest(path: Path) -> str:
    """Return the SHA-256 of a spec's files one after another, in hexadecimal; that of the file if there is only one."""
    try:
        documents = load_all(path, shown_as=path.as_posix()).documents
    except Unreadable as unreadable:
        raise SpecRejected([unreadable.problem]) from None
    return sha256("".join(one.text for one in documents).encode()).hexdigest()
