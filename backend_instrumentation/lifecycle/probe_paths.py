"""The paths of an application's health probes, which are neither counted nor traced."""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette

_STATE: Final = "backend_instrumentation_probe_paths"


def probe_paths(app: Starlette) -> set[str]:
    """Return the application's own set of paths, which grows when health checks are attached."""
    found = getattr(app.state, _STATE, None)
    if not isinstance(found, set):
        found = set()
        setattr(app.state, _STATE, found)
    return found
