"""Wraps the whole middleware stack of an application, so that a middleware sees what the client gets.

Starlette puts its own `ServerErrorMiddleware` outside all middleware that an application adds. It answers unhandled
exceptions, also by a handler of the application, and middleware inside it never sees that answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp

Wrap = Callable[[ASGIApp], ASGIApp]

_BUILD: Final = "build_middleware_stack"


class OutermostMiddleware:
    """One wrapper around an application's stack, of now and of each later build.

    Middleware can still be added until the stack is built, and lies inside. The last wrapper that is put on is the
    outermost.
    """

    def __init__(self, app: Starlette, wrap: Wrap) -> None:
        self._app = app
        self._wrap = wrap
        self._before = vars(app).get(_BUILD)
        self._build = app.build_middleware_stack
        self._on = True
        setattr(app, _BUILD, self.build)
        if app.middleware_stack is not None:
            app.middleware_stack = wrap(app.middleware_stack)

    def build(self) -> ASGIApp:
        """Return a new stack of the application, wrapped until `remove` was called."""
        inside = self._build()
        return self._wrap(inside) if self._on else inside

    def remove(self) -> None:
        """Wrap no stack that is built from now on; safe twice."""
        self._on = False
        if vars(self._app).get(_BUILD) != self.build:
            return  # another package has wrapped the function since: it stays, and adds nothing
        if self._before is None:
            delattr(self._app, _BUILD)
        else:
            setattr(self._app, _BUILD, self._before)
