"""One notification as it reached a sink, and its one-line JSON form. Standard library only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, get_args

Channel = Literal["slack", "pagerduty", "email", "webhook", "msteamsv2", "opsgenie", "telegram"]
Status = Literal["firing", "resolved", "unknown"]

CHANNELS: tuple[Channel, ...] = get_args(Channel)
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification a sink accepted; ``received`` is in Unix seconds, ``raw`` carries no secret.

    ``receiver`` is the receiver that the sender names, or empty.
    """

    received: float
    channel: Channel
    status: Status
    alerts: tuple[str, ...]
    severity: str
    service: str
    summary: str
    raw: Mapping[str, object]
    receiver: str = ""

    def to_json(self) -> str:
        """Return the delivery as one line of ASCII JSON without a line end."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_mapping(cls, data: Mapping[str, object]) -> Delivery:
        """Return the delivery that ``to_json`` wrote; raise ValueError when it is not one."""
        channel, status, raw, alerts = (data.get(key) for key in ("channel", "status", "raw", "alerts"))
        received = data.get("received")
        if channel not in CHANNELS or status not in STATUSES:
            raise ValueError(f"not a delivery: channel {channel!r}, status {status!r}")
        if not isinstance(received, (int, float)):
            raise ValueError(f"not a delivery: received {received!r}")
        if not isinstance(raw, dict) or not isinstance(alerts, list):
            raise ValueError("not a delivery: raw or alerts is missing")
        return cls(
            received=float(received),
            channel=channel,
            status=status,
            alerts=tuple(str(name) for name in alerts),
            severity=str(data.get("severity", "")),
            service=str(data.get("service", "")),
            summary=str(data.get("summary", "")),
            raw=raw,
            receiver=str(data.get("receiver", "")),
        )
