"""Silences that match nothing any more: no alert that Alertmanager has, and none of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from watchkeeper.alertmanager_api import Silence
from watchkeeper.silences.candidates import Candidate


def idle_silences(unused: Iterable[Silence], planned: Sequence[Candidate]) -> tuple[Silence, ...]:
    """Return those of the silences without an alert that match no alert of the spec either."""
    return tuple(one for one in unused if not any(alert.is_muted_by(one.matchers) for alert in planned))
