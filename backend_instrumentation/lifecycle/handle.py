"""What `instrument` attached to an application, and how it is taken off again."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette

from ..packs.instruments import Instruments
from ..recording.hooks import Hooks

APP_STATE: Final = "backend_instrumentation"
"""The attribute of the application's state that holds its handle."""


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What `instrument` attached to an application.

    `closers` run once, newest first, when the application's lifespan ends or it is taken off: append what has
    to be stopped. `hooks` holds what is called for failing requests and for exemplars.
    """

    app: Starlette
    instruments: Instruments
    closers: list[Callable[[], object]] = field(default_factory=list)

    @property
    def hooks(self) -> Hooks:
        """The error path and the exemplars of this application."""
        return self.instruments.hooks

    def close(self) -> None:
        """Run the closers; what they raise is swallowed, counted and logged. Safe twice."""
        while self.closers:
            closer = self.closers.pop()
            try:
                closer()
            except Exception:
                self.instruments.guard.note("closing a part of the instrumentation")

    def uninstrument(self) -> None:
        """Stop counting, serve nothing more, close and leave the registry; safe twice."""
        self.instruments.close()
        self.close()
        atexit.unregister(self.close)
        others = [
            each
            for each in self.app.user_middleware
            if each.kwargs.get("instruments") is not self.instruments
        ]
        self.app.user_middleware[:] = others
        if getattr(self.app.state, APP_STATE, None) is self:
            delattr(self.app.state, APP_STATE)
