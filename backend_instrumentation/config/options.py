"""Applies the arguments of `instrument()` to the settings of the file: an argument that is given wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..guard import LOGGER
from .endpoint_paths import endpoint_paths
from .settings import Settings


def with_options(settings: Settings, given: Mapping[str, object]) -> Settings:
    """Return the settings with the arguments that are not `...`; one warning names those that cannot be used."""
    left_out: list[str] = []
    wanted = {key: value for key, value in given.items() if value is not ...}
    paths = {"metrics_path": settings.metrics_path, "health_path": settings.health_path}
    chosen = endpoint_paths(wanted, left_out, paths)
    changed = replace(settings, metrics_path=chosen["metrics_path"], health_path=chosen["health_path"])
    if left_out:
        LOGGER.warning("instrument(): left out: %s", "; ".join(left_out))
    return changed
