"""What a spec adds to what the servers say: receivers that no drill proves, and silences that match none of its alerts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli.text.proven_text import with_receivers

if TYPE_CHECKING:
    from watchkeeper.model.spec import Spec
    from watchkeeper.overview.snapshot import Snapshot
    from watchkeeper.silences.candidates import Candidate
    from watchkeeper.stack.state import State


class BesideSpec:
    """Adds to readings what a spec knows; its alerts are planned once, and only when a silence asks for them."""

    def __init__(self, path: Path, spec: Spec | None, state: State | None) -> None:
        """Know a spec, None as long as it is not read; `state` is that of its stack, None for other servers."""
        self.path, self.spec, self._state = path, spec, state
        self._alerts: tuple[Candidate, ...] | None = None

    def know(self, spec: Spec | None) -> None:
        """Know the spec from the next reading on."""
        self.spec = spec

    def added(self, seen: Snapshot) -> Snapshot:
        """Return a reading with what the spec adds to it."""
        from watchkeeper.silences.idle import idle_silences

        if self.spec is None:
            return seen
        idle = idle_silences(seen.unused, self._planned(self.spec)) if seen.unused else ()
        return replace(with_receivers(seen, self.spec, self._state), idle=idle)

    def _planned(self, spec: Spec) -> tuple[Candidate, ...]:
        from watchkeeper.pipeline import plan_of
        from watchkeeper.silences.candidates import planned_candidates

        if self._alerts is None:
            self._alerts = planned_candidates(plan_of(spec, self.path))
        return self._alerts

    def loaded(self, prometheus: str) -> str:
        """Return whether the rules that run are those of the spec as it is now; unknown without a readable one."""
        from watchkeeper.pipeline import plan_of
        from watchkeeper.spec.problem import SpecRejected
        from watchkeeper.spec.read import read_spec
        from watchkeeper.stack.loaded_rules import loaded_rules

        try:
            spec, _ = read_spec(self.path, shown_as=self.path.as_posix())
        except SpecRejected:
            return "unknown"
        return loaded_rules(plan_of(spec, self.path), prometheus)
