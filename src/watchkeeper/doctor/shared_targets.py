"""Targets that several services of a spec take for theirs: both would count their series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from watchkeeper.doctor.server import Server
from watchkeeper.plan.plan import PlannedService


def shared_targets(server: Server, services: Sequence[PlannedService]) -> Mapping[str, tuple[str, ...]]:
    """Return for each service with such targets the others, by name; the labels of targets are read once for all."""
    labels = sorted({label for service in services for label, _ in service.spec.own_labels})
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for target in server.groups("up", labels):
        owners = [one.name for one in services if set(one.spec.own_labels) <= target.items()]
        for name in owners:
            found[name].update(dict.fromkeys(other for other in owners if other != name))
    return {name: tuple(others) for name, others in found.items() if others}
