"""A fault of a secret file: what is wrong, and what would be right; never a part of the content."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `name` is a short constant for programs, such as `missing`."""

    name: str
    message: str
    remedy: str
