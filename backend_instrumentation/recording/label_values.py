"""Bounds the values of one label."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from ..contract import OTHER_VALUE

MOST_CHARACTERS: Final = 128
"""A label value is cut at this length."""


class LabelValues:
    """The values that a label has had: those of a closed set, or at most so many of an open one.

    Any other becomes `__other__`.
    """

    def __init__(self, closed: Iterable[str] | None = None, *, most: Callable[[], int]) -> None:
        self._seen = set(closed or ())
        self._closed = closed is not None
        self._most = most
        self._lock = threading.Lock()

    def bounded(self, raw: object) -> str:
        """Return the label value of any object; an exception of its `__str__` propagates."""
        if type(raw) is str and raw in self._seen:
            return raw
        value = readable(raw)
        with self._lock:
            if value in self._seen:
                return value
            if self._closed or len(self._seen) >= self._most():
                return OTHER_VALUE
            self._seen.add(value)
        return value


def readable(value: object) -> str:
    """Return the label value of any object: cut, and encodable in UTF-8."""
    if isinstance(value, Enum):
        value = value.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:MOST_CHARACTERS].encode("utf-8", "replace").decode()
