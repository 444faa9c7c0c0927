"""How often Alertmanager tried to notify each drill receiver, and how that ended: its own counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from watchkeeper.alertmanager_api import counters

_REQUESTS = "alertmanager_notification_requests_total"
_FAILED_REQUESTS = "alertmanager_notification_requests_failed_total"
_GIVEN_UP = "alertmanager_notifications_failed_total"
# What Alertmanager's words for the end of its retries mean.
_MEANINGS = {
    "clientError": "its server refuses the message, so the secret or a setting is wrong",
    "authError": "its server refuses the secret",
    "rateLimited": "its server takes no more messages for now",
    "serverError": "its server answers with an error of its own",
    "contextDeadlineExceeded": "its server did not take it within ten seconds",
    "contextCanceled": "Alertmanager was stopped or reloaded meanwhile",
    "other": "its server cannot be reached, or its secret cannot be read",
}


@dataclass(frozen=True, slots=True)
class Attempts:
    """Counts since Alertmanager's start: requests that the receiver's server accepted, failed ones, and give-ups.

    A give-up ends the retries of one notification; `reasons` counts them by Alertmanager's word, such as clientError.
    """

    accepted: int = 0
    failed: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """Return why notifications were given up, in words with Alertmanager's own in brackets."""
        return "; ".join(f"{_MEANINGS.get(word, word)} ({word})" for word in sorted(self.reasons))

    def since(self, before: Attempts) -> Attempts:
        """Return what happened after an earlier reading."""
        reasons = Counter(self.reasons)
        reasons.subtract(before.reasons)
        return Attempts(self.accepted - before.accepted, self.failed - before.failed, +reasons)


def read_attempts(server: str) -> dict[str, Attempts]:
    """Return the attempts by published receiver; empty if Alertmanager does not name receivers. Raises NoAnswer."""
    requests: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for (metric, pairs), value in counters(server).items():
        labels = dict(pairs)
        receiver = labels.get("receiver_name")
        if receiver is None:
            continue
        if metric == _REQUESTS:
            requests[receiver] += int(value)
        elif metric == _FAILED_REQUESTS:
            failed[receiver] += int(value)
        elif metric == _GIVEN_UP:
            reasons.setdefault(receiver, Counter())[labels.get("reason", "other")] += int(value)
    return {
        name: Attempts(count - failed[name], failed[name], reasons.get(name, {}))
        for name, count in requests.items()
    }
