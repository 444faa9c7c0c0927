"""Asks for the password of a user of the stack, as Prometheus does; the users' file may change at any time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections.abc import Mapping
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from watchkeeper.secret_files.access_users import fits, users_in

# It says that the server is up, and nothing else.
_OPEN = "/health"
# A name that nobody has costs as much time as a wrong password.
_NOBODY = f"$2b$10${'.' * 53}"
_MOST_REMEMBERED = 100


class PasswordGuard:
    """Passes requests of known users on, and answers 401 to all others."""

    def __init__(self, app: ASGIApp, users: Path) -> None:
        """Guard an application with a file of `name:hash` lines."""
        self._app = app
        self._users = users
        self._lock = threading.Lock()
        self._version = -1
        self._hashes: Mapping[str, str] = {}
        # A comparison takes 50 ms, and an open page asks every five seconds.
        self._good: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] != _OPEN:
            header = Headers(scope=scope).get("authorization", "")
            if not await run_in_threadpool(self._is_known, header):
                challenge = {"WWW-Authenticate": 'Basic realm="watchkeeper", charset="UTF-8"'}
                refusal = PlainTextResponse("A password of the stack is needed.\n", 401, challenge)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_known(self, header: str) -> bool:
        kind, _, coded = header.partition(" ")
        try:
            name, colon, password = base64.b64decode(coded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return False
        if kind.lower() != "basic" or not colon:
            return False
        hashes = self._current()
        seen = hashlib.sha256(coded.encode()).digest()
        if seen in self._good:
            return True
        is_good = fits(password, hashes.get(name, _NOBODY)) and name in hashes
        if is_good:
            with self._lock:
                if len(self._good) >= _MOST_REMEMBERED:
                    self._good.clear()
                if hashes is self._hashes:
                    self._good.add(seen)
        return is_good

    def _current(self) -> Mapping[str, str]:
        """Return the hashes by name; nobody is known while the file cannot be read."""
        with self._lock:
            try:
                version = self._users.stat().st_mtime_ns
                if version != self._version:
                    self._good.clear()
                    self._hashes = users_in(self._users.read_text(encoding="utf-8"))[0]
                    self._version = version
            except (OSError, UnicodeDecodeError):
                self._version, self._hashes = -1, {}
                self._good.clear()
            return self._hashes
