"""Watches one request from its arrival to its last response byte and decides what status it counts as."""

from __future__ import annotations

import time
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from .guard import Guard
from .handler import HandlerNames
from .recorder import HttpRecorder

_CLIENT_CLOSED_REQUEST: Final = 499
_SERVER_ERROR: Final = 500
_BODY: Final = frozenset({"http.response.body", "http.response.zerocopysend"})


class Exchange:
    """One request being answered: counted once, with the status that its client got or would have got.

    A client that left before the end counts as the status that was sent, or as 499: its leaving is no
    failure of the service. An exception, a cancellation and an unfinished response count as 500.
    """

    __slots__ = (
        "_done",
        "_guard",
        "_left",
        "_method",
        "_mounted_at",
        "_names",
        "_receive",
        "_recorder",
        "_scope",
        "_send",
        "_started",
        "_status",
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        *,
        recorder: HttpRecorder,
        names: HandlerNames,
        guard: Guard,
    ) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._recorder = recorder
        self._names = names
        self._guard = guard
        self._method = scope["method"]
        # Mounts extend root_path as they route; ours is what it was here, if a mount is already above us.
        self._mounted_at = scope.get("root_path", "") if "app_root_path" in scope else None
        self._status: int | None = None
        self._left = False
        self._done = False
        recorder.began()
        self._started = time.perf_counter()

    async def receive(self) -> Message:
        message = await self._receive()
        if message.get("type") == "http.disconnect":
            self._left = True
        return message

    async def send(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:
            self._left = True
            raise
        if not self._done:
            self._sent(message)

    def ended(self) -> None:
        """Count the request as the application returns or raises, unless its response was complete."""
        if not self._done:
            self._finish(self._status_if_left() or _SERVER_ERROR)

    def _status_if_left(self) -> int | None:
        if not self._left:
            return None
        return _CLIENT_CLOSED_REQUEST if self._status is None else self._status

    def _sent(self, message: Message) -> None:
        try:
            kind = message["type"]
            if kind == "http.response.start":
                self._status = message["status"]
            elif kind == "http.response.pathsend" or (kind in _BODY and not message.get("more_body", False)):
                self._finish(_SERVER_ERROR if self._status is None else self._status)
        except Exception:
            self._guard.note("watching a response")

    def _finish(self, status: int) -> None:
        self._done = True
        try:
            seconds = time.perf_counter() - self._started
            self._recorder.ended()
            handler = self._names.name(self._scope, root_path=self._root_path(), status=status)
            self._recorder.record(method=self._method, handler=handler, status=status, seconds=seconds)
        except Exception:
            self._guard.note("recording a request")

    def _root_path(self) -> str:
        if self._mounted_at is not None:
            return str(self._mounted_at)
        return str(self._scope.get("app_root_path", self._scope.get("root_path", "")))
