"""Reads what the sinks received."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from watchkeeper.local_http import NoAnswer, request
from watchkeeper.sinks.delivery import Channel, Delivery

_POLL_SECONDS = 0.1
_REQUEST_SECONDS = 5.0


class SinkError(Exception):
    """The sinks cannot be reached or did not answer as sinks do; the text is one line for the user."""


class SinkClient:
    """A view of running sinks through their HTTP address, such as ``http://127.0.0.1:9199``."""

    def __init__(self, base_url: str) -> None:
        """Read from ``base_url``; no request is sent yet."""
        self._base_url = base_url.rstrip("/")

    def deliveries(self, *, since: float = 0.0, channel: Channel | None = None) -> list[Delivery]:
        """Return what was received at ``since`` (Unix seconds) or later, oldest first, or raise SinkError."""
        query = urlencode({"since": repr(since)} | ({"channel": channel} if channel else {}))
        listed = self._request(f"/deliveries?{query}")
        try:
            return [Delivery.from_mapping(item) for item in _objects(listed)]
        except ValueError as error:
            raise SinkError(f"{self._base_url} does not answer as the sinks do: {error}") from error

    def wait_for(
        self, predicate: Callable[[Delivery], bool], *, timeout: float, since: float = 0.0
    ) -> Delivery:
        """Return the first delivery since ``since`` that satisfies ``predicate``.

        Raise TimeoutError, listing what did arrive, after ``timeout`` seconds, or SinkError.
        """
        deadline = time.monotonic() + timeout
        while True:
            arrived = self.deliveries(since=since)
            for delivery in arrived:
                if predicate(delivery):
                    return delivery
            if time.monotonic() >= deadline:
                raise TimeoutError(f"not delivered within {timeout:g} s; {_describe(arrived)}")
            time.sleep(min(_POLL_SECONDS, max(0.0, deadline - time.monotonic())))

    def forget(self) -> None:
        """Make the sinks forget what they received; the journal file keeps it."""
        self._request("/deliveries", method="DELETE")

    def set_mode(self, modes: Mapping[str, str]) -> None:
        """Make channels misbehave: ``{"slack": "500"}``, also ``429``, ``slow`` and ``ok``."""
        self._request("/mode", method="POST", document=dict(modes))

    def health(self) -> dict[str, object]:
        """Return the sinks' own report; raise SinkError when they are not up."""
        state = self._request("/health")
        if not isinstance(state, dict) or "refused" not in state:
            raise SinkError(f"{self._base_url} answers, but not as the sinks do")
        return state

    def _request(self, path: str, *, method: str = "GET", document: object = None) -> object:
        url = self._base_url + path
        try:
            answer = request(url, method=method, document=document, seconds=_REQUEST_SECONDS)
        except NoAnswer as error:
            raise SinkError(f"no sinks at {self._base_url}: {error}") from error
        if not answer.is_success:
            text = answer.body[:500].decode("utf-8", errors="replace")
            raise SinkError(f"{url} answered {answer.status}: {text}")
        try:
            value: object = json.loads(answer.body)
        except ValueError as error:
            raise SinkError(f"{self._base_url} does not answer as the sinks do: {error}") from error
        return value


def _objects(value: object) -> list[dict[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("not a list of deliveries")
    return value


def _describe(arrived: list[Delivery]) -> str:
    if not arrived:
        return "nothing arrived"
    shown = [f"{item.channel} {item.status} {','.join(item.alerts) or item.summary}" for item in arrived[-5:]]
    return f"{len(arrived)} other deliveries arrived, the last: {'; '.join(shown)}"
