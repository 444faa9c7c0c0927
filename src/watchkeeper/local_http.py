"""A small HTTP client for servers of this machine, and those that the user names; it ignores proxies in the environment."""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import zlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

_SECONDS = 3.0
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
NOTHING_LISTENS = "nothing listens"


class NoAnswer(Exception):
    """No server answered, or not as it should; the text is a short reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's complete answer."""

    status: int
    reason: str
    body: bytes

    @property
    def is_success(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300


def request(url: str, *, method: str = "GET", document: object = None, seconds: float = _SECONDS) -> Answer:
    """Send a request, with a document as JSON, and return the answer; raise NoAnswer when there is none.

    A user and password in the address become basic authentication.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    body = None if document is None else json.dumps(document).encode()
    headers = _headers(parts) | ({} if body is None else {"Content-Type": "application/json"})
    connection = _connection(parts, seconds)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.reason, _decoded(response))
    except ConnectionRefusedError as error:
        raise NoAnswer(NOTHING_LISTENS) from error
    # UnicodeError: a host name with an empty or overlong part.
    except (OSError, EOFError, zlib.error, UnicodeError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def _connection(parts: SplitResult, seconds: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=seconds)


def _headers(parts: SplitResult) -> dict[str, str]:
    # On this machine, compressing costs more than it saves.
    headers = {} if parts.hostname in _HERE else {"Accept-Encoding": "gzip"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _decoded(response: http.client.HTTPResponse) -> bytes:
    body = response.read()
    return gzip.decompress(body) if response.getheader("Content-Encoding") == "gzip" else body


def get(url: str, *, seconds: float = _SECONDS) -> bytes:
    """Return the body of a 200 answer; raise NoAnswer."""
    answer = request(url, seconds=seconds)
    if answer.status != 200:
        raise NoAnswer(f"answers {answer.status} {answer.reason}")
    return answer.body


def get_json(url: str, *, seconds: float = _SECONDS) -> Any:
    """Return the JSON document of a 200 answer; raise NoAnswer."""
    try:
        return json.loads(get(url, seconds=seconds))
    except ValueError as error:
        raise NoAnswer("answers something that is not JSON") from error


def failure_reason(url: str) -> str:
    """Return why a GET is not answered with 200, or an empty text if it is."""
    try:
        get(url)
    except NoAnswer as error:
        return str(error)
    return ""
