"""Small HTTP questions to servers of this machine; a proxy in the environment is never asked."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_SECONDS = 3.0
NOTHING_LISTENS = "nothing listens"


class NoAnswer(Exception):
    """Nothing answered, or not with 200; the text is why, in a few words."""


def get(url: str, *, seconds: float = _SECONDS) -> bytes:
    """Return the body of a 200 answer; raise NoAnswer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=seconds)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
        response = connection.getresponse()
        body = response.read()
    except ConnectionRefusedError as error:
        raise NoAnswer(NOTHING_LISTENS) from error
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error) or type(error).__name__) from error
    finally:
        connection.close()
    if response.status != 200:
        raise NoAnswer(f"answers {response.status} {response.reason}")
    return body


def get_json(url: str) -> Any:
    """Return the JSON document of a 200 answer; raise NoAnswer."""
    try:
        return json.loads(get(url))
    except ValueError as error:
        raise NoAnswer("answers something that is not JSON") from error


def failure_reason(url: str) -> str:
    """Return why a GET is not answered with 200, or nothing if it is."""
    try:
        get(url)
    except NoAnswer as error:
        return str(error)
    return ""
