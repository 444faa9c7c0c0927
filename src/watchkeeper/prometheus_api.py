"""The query API of a Prometheus, or of a server with the same API: instant and range queries as values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from watchkeeper.local_http import NoAnswer, request

_SECONDS = 10.0
# The server would answer a longer one with an error of its own after two minutes.
_RANGE_SECONDS = 60.0
_LONGEST_REASON = 200
# A Prometheus refuses a range query with more than 11,000 steps.
_MOST_STEPS = 10_000

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One series of an instant query's answer, with its value."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a range query's answer: pairs of Unix seconds and a value."""

    labels: Labels
    points: Sequence[tuple[float, float]]


def address_problem(text: str) -> str:
    """Return why a text is no address of a server, such as `http://localhost:9090`, or an empty text if it is one."""
    wrong = f"{_without_password(text)!r} is not an address; write http://localhost:9090"
    try:
        parts = urlsplit(text)
        is_server = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return wrong
    has_more = parts.query or parts.fragment or any(letter.isspace() for letter in text)
    return "" if is_server and not has_more else wrong


def _without_password(text: str) -> str:
    head, at, rest = text.rpartition("@")
    return f"{head.partition('://')[0]}://…{at}{rest}" if at and "://" in head else text


def shown(server: str) -> str:
    """Return an address as people may see it, without user and password."""
    parts = urlsplit(server)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def instant(server: str, query: str, *, seconds: float = _SECONDS) -> list[Sample]:
    """Return the answer of an instant query that yields a vector; raise NoAnswer, after so many seconds at most."""
    return _vector(api_get(server, "/api/v1/query", {"query": query}, seconds=seconds))


def instant_at(server: str, query: str, at: float) -> list[Sample]:
    """Return the answer of an instant query at a Unix time; raise NoAnswer."""
    return _vector(
        api_get(server, "/api/v1/query", {"query": query, "time": repr(at)}, seconds=_RANGE_SECONDS)
    )


def _vector(data: Any) -> list[Sample]:
    try:
        return [Sample(one["metric"], float(one["value"][1])) for one in data["result"]]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise NoAnswer("answers a query with something that is no vector") from error


def over_time(server: str, query: str, *, start: float, end: float, step: float) -> list[Series]:
    """Return the answer of a range query, both ends included; times are Unix seconds. Raise NoAnswer."""
    wanted = {"query": query, "start": repr(start), "end": repr(end), "step": repr(step)}
    data = api_get(server, "/api/v1/query_range", wanted, seconds=_RANGE_SECONDS)
    try:
        return [
            Series(one["metric"], [(float(when), float(value)) for when, value in one["values"]])
            for one in data["result"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise NoAnswer("answers a query with something that is no matrix") from error


def steps(server: str, query: str, *, start: float, end: float, step: float) -> Iterator[Series]:
    """Yield the answer of a range query in parts that a Prometheus accepts; raise NoAnswer."""
    while start <= end:
        last = min(end, start + (_MOST_STEPS - 1) * step)
        yield from over_time(server, query, start=start, end=last, step=step)
        start = last + step


def api_get(
    server: str, path: str, parameters: Mapping[str, str] | None = None, *, seconds: float = _SECONDS
) -> Any:
    """Return what the API answers under `data`; raise NoAnswer with the server's own reason."""
    answer = request(f"{server}{path}{'?' + urlencode(parameters) if parameters else ''}", seconds=seconds)
    try:
        document = json.loads(answer.body)
    except ValueError as error:
        if answer.status != 200:
            raise NoAnswer(f"answers {answer.status} {answer.reason}") from error
        raise NoAnswer("answers something that is not JSON") from error
    if isinstance(document, dict) and document.get("status") == "success" and "data" in document:
        return document["data"]
    reason = document.get("error") if isinstance(document, dict) else None
    status = f"answers {answer.status} {answer.reason}"
    raise NoAnswer(f"{status}: {str(reason)[:_LONGEST_REASON]}" if reason else status)


def moment(text: str) -> float:
    """Return RFC 3339 as Unix seconds, with any number of fractional digits, as Go writes them; raise ValueError."""
    microseconds = re.sub(r"\.(\d{1,6})\d*", lambda match: "." + match[1].ljust(6, "0"), text)
    return datetime.fromisoformat(microseconds.replace("Z", "+00:00")).timestamp()
