"""Recent notifications: each one that a local sink received, and counts by integration from Alertmanager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from watchkeeper.prometheus_api import Sample
from watchkeeper.sinks.delivery import Delivery

_TOTAL, _FAILED = "alertmanager_notifications_total", "alertmanager_notifications_failed_total"
SENT_QUERY: Final = " or ".join(
    f'label_replace(sum by (integration) (increase({metric}[1h])) > 0, "result", "{result}", "", "")'
    for metric, result in ((_TOTAL, "sent"), (_FAILED, "failed"))
)


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that a sink received, in Unix seconds."""

    received: float
    channel: str
    status: str
    alerts: tuple[str, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class Sent:
    """How many notifications of an integration were sent in the last hour, and how many of them failed."""

    integration: str
    count: int
    failed: int


def notification(delivery: Delivery) -> Notification:
    """Return what the overview shows of a delivery."""
    return Notification(
        delivery.received, delivery.channel, delivery.status, delivery.alerts, delivery.summary
    )


def sent(samples: Iterable[Sample]) -> tuple[Sent, ...]:
    """Return the integrations of the answer to SENT_QUERY, those that fail first."""
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for sample in samples:
        # An increase is extrapolated, so it is no whole number.
        counts[sample.labels.get("integration", "")][sample.labels.get("result", "")] = round(sample.value)
    rows = (Sent(name, each.get("sent", 0), each.get("failed", 0)) for name, each in counts.items())
    return tuple(sorted((row for row in rows if row.count), key=lambda row: (-row.failed, row.integration)))
