"""Why a stack cannot be started, observed or stopped, in words for its user."""

from __future__ import annotations


class StackError(Exception):
    """The request cannot be met, and nothing was changed; each line is one cause."""


class StackFailed(Exception):
    """Starting or changing the stack failed; the text names the process and the reason."""
