"""A small HTTP client for servers of this machine; it ignores proxies in the environment."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 3.0
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
    """Send a request, with a document as JSON, and return the answer; raise NoAnswer when there is none."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    body = None if document is None else json.dumps(document).encode()
    headers = {} if body is None else {"Content-Type": "application/json"}
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.reason, response.read())
    except ConnectionRefusedError as error:
        raise NoAnswer(NOTHING_LISTENS) from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()


def get(url: str) -> bytes:
    """Return the body of a 200 answer; raise NoAnswer."""
    answer = request(url)
    if answer.status != 200:
        raise NoAnswer(f"answers {answer.status} {answer.reason}")
    return answer.body


def get_json(url: str) -> Any:
    """Return the JSON document of a 200 answer; raise NoAnswer."""
    try:
        return json.loads(get(url))
    except ValueError as error:
        raise NoAnswer("answers something that is not JSON") from error


def failure_reason(url: str) -> str:
    """Return why a GET is not answered with 200, or an empty text if it is."""
    try:
        get(url)
    except NoAnswer as error:
        return str(error)
    return ""
