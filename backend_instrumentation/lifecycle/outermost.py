"""Wraps the whole middleware stack of an application, so that a middleware sees what the client gets.

Starlette puts its own `ServerErrorMiddleware` outside all middleware that an application adds. It answers unhandled
exceptions, also by a handler of the application, and middleware inside it never sees that answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

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
        if not self._on:
            return inside
        return StackTop(self._app, self._wrap(inside.app if isinstance(inside, StackTop) else inside))

    def remove(self) -> None:
        """Wrap no stack that is built from now on; safe twice."""
        self._on = False
        if vars(self._app).get(_BUILD) != self.build:
            return  # another package has wrapped the function since: it stays, and adds nothing
        if self._before is None:
            delattr(self._app, _BUILD)
        else:
            setattr(self._app, _BUILD, self._before)


class StackTop(ServerErrorMiddleware):
    """What a build returns: it calls the wrappers, and leaves them its place with the first call.

    OpenTelemetry's instrumentation expects a `ServerErrorMiddleware` at the top of every stack, takes it off and puts
    one of its own around the rest, with the same handler. The real one is below and has answered by then, so this
    one's handler is not the application's: that would be called twice.
    """

    def __init__(self, owner: Starlette, app: ASGIApp) -> None:
        super().__init__(app, handler=_answered)
        self._owner = owner

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:  # type: ignore[override]
        if self._owner.middleware_stack is self:
            self._owner.middleware_stack = self.app
        return self.app(scope, receive, send)


async def _answered(_: Request, __: Exception) -> PlainTextResponse:
    return PlainTextResponse("Internal Server Error", status_code=500)
