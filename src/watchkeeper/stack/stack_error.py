"""Why a stack cannot be started, seen or stopped, in words for its user."""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do what was asked, and nothing was touched; each line is one cause."""


class StackFailed(Exception):
    """The stack was started or told to change, and did not do so; the text tells which process and why."""
