"""Checks the paths at which the package serves its metrics and its health."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

METRICS_PATH: Final = "/metrics"
HEALTH_PATH: Final = "/health"
_DEFAULTS: Final = {"metrics_path": METRICS_PATH, "health_path": HEALTH_PATH}
_PATH: Final = re.compile(r"/[^\s?#\x00-\x1f\x7f]{0,200}")


def endpoint_paths(
    given: Mapping[str, object], left_out: list[str], default: Mapping[str, str | None] = _DEFAULTS
) -> dict[str, str | None]:
    """Return `metrics_path` and `health_path` of a document or of options; None serves nothing.

    A value that is no path is left out and named, and the default applies.
    """
    found = {key: _path(given, key, default[key], left_out) for key in _DEFAULTS}
    if found["metrics_path"] is not None and found["metrics_path"] == found["health_path"]:
        left_out.append(f"metrics_path and health_path are both {found['metrics_path']!r}: they must differ")
        return dict(default)
    return found


def _path(given: Mapping[str, object], key: str, default: str | None, left_out: list[str]) -> str | None:
    value = given.get(key, default)
    if value is None or (isinstance(value, str) and _PATH.fullmatch(value)):
        return value
    left_out.append(
        f"{key}: {value!r} is no path; write one such as {_DEFAULTS[key]}, or none at all (null, None)"
    )
    return default
