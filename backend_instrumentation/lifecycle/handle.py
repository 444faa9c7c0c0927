"""The handle of an instrumented application: what `instrument` attached, and how it is removed."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from starlette.applications import Starlette

from ..packs.instruments import Instruments
from ..recording.hooks import Hooks

APP_STATE: Final = "backend_instrumentation"
"""The attribute of the application's state with its handle."""


@dataclass(frozen=True, slots=True)
class Instrumentation:
    """What `instrument` attached to an application.

    `closers` run once, newest first, when the application's lifespan ends or the instrumentation is removed:
    append what must be stopped. `hooks` contains the functions for failing requests and for exemplars.
    """

    app: Starlette
    instruments: Instruments
    closers: list[Callable[[], object]] = field(default_factory=list)

    @property
    def hooks(self) -> Hooks:
        """The hooks of this application: for errors and for exemplars."""
        return self.instruments.hooks

    def close(self) -> None:
        """Run the closers; their exceptions are swallowed, counted and logged. Safe twice."""
        while self.closers:
            closer = self.closers.pop()
            try:
                closer()
            except Exception:
                self.instruments.guard.note("closing a part of the instrumentation")

    def uninstrument(self) -> None:
        """Stop counting and serving, run the closers and leave the registry; safe twice."""
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
