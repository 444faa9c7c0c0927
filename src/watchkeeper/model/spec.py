"""The whole spec, read and checked."""

from __future__ import annotations

from dataclasses import dataclass

from watchkeeper.model.correction import Correction
from watchkeeper.model.maintenance import Maintenance
from watchkeeper.model.notify import Notify
from watchkeeper.model.service import Service
from watchkeeper.model.stack import Stack
from watchkeeper.model.text_file import TextFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What the user wrote, with every default filled in. `source` is the root file as the user named it."""

    source: str
    services: tuple[Service, ...]
    notify: Notify
    stack: Stack
    runbook_template: TextFile | None = None
    maintenance: tuple[Maintenance, ...] = ()
    corrections: tuple[Correction, ...] = ()

    def maintenance_of(self, service: str) -> tuple[Maintenance, ...]:
        """Return the windows of planned work of a service, in the spec's order."""
        return tuple(window for window in self.maintenance if window.is_for(service))
