"""A sink's answer to the sender, and the resulting delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from watchkeeper.sinks.delivery import Delivery


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer; ``delivery`` is set exactly when the sink accepted the message."""

    status: int
    body: str
    media_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery | None = None


def json_answer(value: object, *, status: int, delivery: Delivery | None = None) -> Answer:
    """Return an answer whose body is ``value`` as JSON."""
    return Answer(status, json.dumps(value), media_type="application/json", delivery=delivery)
