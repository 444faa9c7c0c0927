"""The API of an Alertmanager: alerts, silences and counters of notifications, as values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote

from watchkeeper.local_http import NoAnswer, get, get_json, request
from watchkeeper.prometheus_api import moment

_SECONDS = 10.0
_LONGEST_REASON = 300
_SAMPLE = re.compile(r'^(\w+)\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\} (\S+)', re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition about a label; `op` is =, !=, =~ or !~."""

    name: str
    op: str
    value: str

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'{self.name}{self.op}"{value}"'


@dataclass(frozen=True, slots=True)
class GivenAlert:
    """An alert that Alertmanager has, with the ids of what keeps it back, and the receivers of its routes."""

    labels: Labels
    silenced_by: tuple[str, ...]
    inhibited_by: tuple[str, ...]
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence; times are Unix seconds, `state` is active, pending or expired. The id is empty before it is created."""

    id: str
    matchers: tuple[Matcher, ...]
    starts: float
    ends: float
    author: str
    comment: str
    state: str = "pending"


class Refused(Exception):
    """Alertmanager refused a request; the text is its reason."""


def given_alerts(server: str) -> tuple[GivenAlert, ...]:
    """Return every alert that Alertmanager has, muted ones too; raise NoAnswer."""
    with _understood():
        return tuple(_alert(one) for one in _get_list(server, "/api/v2/alerts"))


def silences(server: str) -> tuple[Silence, ...]:
    """Return every silence that Alertmanager remembers; raise NoAnswer."""
    with _understood():
        return tuple(_silence(one) for one in _get_list(server, "/api/v2/silences"))


def add_silence(server: str, silence: Silence) -> str:
    """Create a silence and return its id; raise NoAnswer or Refused."""
    document = {
        "matchers": [_matcher_document(one) for one in silence.matchers],
        "startsAt": timestamp(silence.starts),
        "endsAt": timestamp(silence.ends),
        "createdBy": silence.author,
        "comment": silence.comment,
    }
    with _understood():
        return str(_send(server, "POST", "/api/v2/silences", document)["silenceID"])


def expire_silence(server: str, silence_id: str) -> None:
    """End a silence now; raise NoAnswer or Refused."""
    _send(server, "DELETE", f"/api/v2/silence/{quote(silence_id, safe='')}", None)


def post_alerts(server: str, alerts: Sequence[Mapping[str, Any]]) -> None:
    """Post alerts in the form of the API; raise NoAnswer or Refused."""
    _send(server, "POST", "/api/v2/alerts", list(alerts))


def counters(server: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return Alertmanager's own series with labels, by name and labels; raise NoAnswer."""
    text = get(f"{server}/metrics").decode("utf-8", "replace")
    return {
        (name, frozenset(_LABEL.findall(labels))): float(value)
        for name, labels, value in _SAMPLE.findall(text)
        if name.startswith("alertmanager_notification")
    }


def timestamp(seconds: float) -> str:
    """Return Unix seconds as RFC 3339."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()


def _get_list(server: str, path: str) -> list[Any]:
    found = get_json(f"{server}{path}", seconds=_SECONDS)
    if not isinstance(found, list):
        raise TypeError("no list")
    return found


@contextmanager
def _understood() -> Iterator[None]:
    """Turn an answer in another form than the API's into NoAnswer."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NoAnswer("answers in another form than Alertmanager's API") from error


def _send(server: str, method: str, path: str, document: object) -> Any:
    answer = request(f"{server}{path}", method=method, document=document, seconds=_SECONDS)
    text = answer.body.decode("utf-8", "replace").strip()
    if not answer.is_success:
        raise Refused(f"answers {answer.status} {answer.reason}: {text[:_LONGEST_REASON]}".rstrip(": "))
    try:
        return json.loads(text) if text else {}
    except ValueError as error:
        raise NoAnswer("answers something that is not JSON") from error


def _alert(one: Mapping[str, Any]) -> GivenAlert:
    status = one["status"]
    return GivenAlert(
        labels=one["labels"],
        silenced_by=tuple(status["silencedBy"]),
        inhibited_by=tuple(status["inhibitedBy"]),
        receivers=tuple(each["name"] for each in one["receivers"]),
    )


def _silence(one: Mapping[str, Any]) -> Silence:
    return Silence(
        id=one["id"],
        matchers=tuple(Matcher(each["name"], _operator(each), each["value"]) for each in one["matchers"]),
        starts=moment(one["startsAt"]),
        ends=moment(one["endsAt"]),
        author=one["createdBy"],
        comment=one["comment"],
        state=one["status"]["state"],
    )


def _operator(one: Mapping[str, Any]) -> str:
    # Silences of old versions have no isEqual.
    equal = one.get("isEqual", True)
    if one["isRegex"]:
        return "=~" if equal else "!~"
    return "=" if equal else "!="


def _matcher_document(one: Matcher) -> dict[str, object]:
    return {
        "name": one.name,
        "value": one.value,
        "isRegex": one.op.endswith("~"),
        "isEqual": not one.op.startswith("!"),
    }
