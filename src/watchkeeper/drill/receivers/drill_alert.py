"""The alerts of a drill: one for each receiver, marked, with labels that no real alert has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from watchkeeper import naming
from watchkeeper.alertmanager_api import timestamp

_SUMMARY = "This is a drill: nothing is wrong, and there is nothing to do."


def drill_alerts(
    receivers: Sequence[str], drill_id: str, *, author: str, starts: float, ends: float
) -> list[Mapping[str, Any]]:
    """Return the alerts to post; times are Unix seconds. An `ends` that is past resolves them.

    They have no service, severity or objective, which every inhibit rule and every other route asks for. They end by
    themselves, so that a drill that is killed leaves nothing behind.
    """
    return [
        {
            "labels": {
                "alertname": naming.DRILL_ALERT,
                naming.DRILL_LABEL: name,
                naming.DRILL_ID_LABEL: drill_id,
            },
            "annotations": {
                "summary": _SUMMARY,
                "description": f"{author} checks that notifications of watchkeeper reach the receiver {name}.",
            },
            "startsAt": timestamp(starts),
            "endsAt": timestamp(ends),
        }
        for name in receivers
    ]
