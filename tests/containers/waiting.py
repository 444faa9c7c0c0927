"""Waiting for what real servers do in their own time, with a limit and a telling failure."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def eventually(observe: Callable[[], Result], holds: Callable[[Result], object], *, within: float) -> Result:
    """Return the first observation that holds; fail with the last one after `within` seconds."""
    deadline = time.monotonic() + within
    seen: Result | OSError
    while True:
        try:
            seen = result = observe()
            if holds(result):
                return result
        except OSError as error:
            seen = error
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {within:g} s; last seen: {str(seen)[:2000]}")
        time.sleep(0.25)


def get_json(url: str) -> Any:
    """Return the JSON that the address answers with; raise OSError when it does not answer."""
    with _DIRECT.open(url, timeout=5) as response:
        return json.load(response)


def post_json(url: str, body: object) -> None:
    """Send the body as JSON; raise OSError when it is not taken."""
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with _DIRECT.open(request, timeout=5) as response:
        response.read()
