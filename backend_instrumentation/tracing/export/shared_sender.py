"""Shares one sender, and so one thread, among all managers of a process that send to the same collector."""

from __future__ import annotations

import os
import threading
from collections.abc import Hashable, Mapping
from typing import Final

from ..trace_settings import TraceSettings
from . import otlp
from .sender import Bounds, Sender

_VARIABLES: Final = ("OTEL_EXPORTER_OTLP_", "OTEL_BSP_")
_users: Final[dict[Hashable, tuple[Sender, int]]] = {}
_lock = threading.Lock()


class SenderLease:
    """One manager's use of a sender; the last one that is released closes it."""

    def __init__(self, key: Hashable, sender: Sender) -> None:
        self.sender = sender
        self._key = key
        self._released = False

    def release(self, seconds: float) -> None:
        """Send the queued spans for at most that long, and end this use; safe twice."""
        with _lock:
            if self._released:
                return
            self._released = True
            sender, users = _users[self._key]
            if users > 1:
                _users[self._key] = sender, users - 1
            else:
                del _users[self._key]
        if users > 1:
            sender.settle(seconds)
        else:
            sender.close(seconds)


def lease(settings: TraceSettings, environ: Mapping[str, str]) -> SenderLease:
    """Return a use of the sender for these settings; raises ImportError where the exporter is not installed."""
    variables = tuple(sorted(pair for pair in environ.items() if pair[0].startswith(_VARIABLES)))
    key = settings.endpoint, settings.protocol, variables
    with _lock:
        sender, users = _users.get(key) or (_made(settings, environ), 0)
        _users[key] = sender, users + 1
    return SenderLease(key, sender)


def _made(settings: TraceSettings, environ: Mapping[str, str]) -> Sender:
    exporter = otlp.make(settings, environ)
    return Sender(otlp.quietly(exporter), Bounds.read(environ), finish=exporter.shutdown)


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
