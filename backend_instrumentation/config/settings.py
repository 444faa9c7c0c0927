"""Reads `instrumentation.json`: what this service exposes. Loading never raises; parsing raises with the fault."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..contract import UNCOUNTED_PATHS, Family, families
from ..guard import LOGGER
from .declared_families import DEFAULT_PACKS, ConfigError, declared_families, merged
from .endpoint_paths import HEALTH_PATH, METRICS_PATH, endpoint_paths
from .exclusion import Entry, entries_of, excluding
from .metrics_guard import MetricsGuard
from .request_labels import Labels, request_labels, with_labels

VERSION: Final = 1
DEFAULT_MAX_HANDLERS: Final = 1000
DEFAULT_FILE: Final = "instrumentation.json"
ENVIRONMENT_VARIABLE: Final = "INSTRUMENTATION_CONFIG"

RequestCallback = Callable[[Any], object]
"""Is called with each finished request: a `recording.callbacks.FinishedRequest`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a service exposes: its families with their final buckets and initial rows, and its bounds.

    `exclude` contains request paths, route templates and patterns of both that are not counted. `max_handlers`
    bounds the number of distinct `handler` values. `labels` are further labels of requests, which the families have
    already. With `status_groups` a status code is counted as `2xx`. At `metrics_path` and `health_path` the package
    answers what the application does not; None serves nothing. With
    `metrics_guard` a scrape needs a token. `left_out` names the entries of the file that could
    not be used.
    """

    service: str = ""
    families: tuple[Family, ...] = families(DEFAULT_PACKS)
    exclude: frozenset[Entry] = frozenset()
    max_handlers: int = DEFAULT_MAX_HANDLERS
    metrics_path: str | None = METRICS_PATH
    health_path: str | None = HEALTH_PATH
    labels: Labels = ()
    status_groups: bool = False
    on_request: tuple[RequestCallback, ...] = ()
    left_out: tuple[str, ...] = ()
    metrics_guard: MetricsGuard | None = None

    def uncounted(self, more: frozenset[Entry] = frozenset()) -> Container[str]:
        """Return the paths and templates of requests that are neither counted nor traced."""
        own = {path for path in (self.metrics_path, self.health_path) if path is not None}
        return excluding(UNCOUNTED_PATHS | own | self.exclude | more)


def load(
    config: str | os.PathLike[str] | Settings | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    packs: tuple[str, ...] = DEFAULT_PACKS,
) -> Settings:
    """Return the settings of the first file found: the argument, INSTRUMENTATION_CONFIG, the working folder.

    Without a file, or with one that cannot be used, the contract's defaults for `packs` are returned. A file
    or an entry of it that cannot be used is one warning line.
    """
    if isinstance(config, Settings):
        return config
    default = Settings(families=families(packs))
    path = _locate(config, os.environ if environ is None else environ)
    if path is None:
        return default
    try:
        settings = parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        LOGGER.warning("%s cannot be used, running on the defaults: %s", path, error)
        return default
    if settings.left_out:
        LOGGER.warning("%s: left out: %s", path, "; ".join(settings.left_out))
    return settings


def _locate(config: str | os.PathLike[str] | None, environ: Mapping[str, str]) -> Path | None:
    named = config if config is not None else environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    path = Path(DEFAULT_FILE)
    return path if path.is_file() else None


def parse(document: object) -> Settings:
    """Return the settings that a decoded `instrumentation.json` describes; raises ConfigError.

    A pack, a bucket list, a label set or a metric that cannot be used is left out; the rest applies.
    """
    if not isinstance(document, dict):
        raise ConfigError("the top level must be an object")
    if document.get("version") != VERSION:
        raise ConfigError(f"version is {document.get('version')!r}, this package reads {VERSION}")
    left_out: list[str] = []
    contract, declared = merged(document, left_out), declared_families(document, left_out)
    paths = endpoint_paths(document, left_out)
    labels = request_labels(document.get("labels", {}), left_out, functions=False)
    return Settings(
        service=_text(document, "service"),
        families=(*with_labels(contract, labels), *declared),
        exclude=entries_of(_strings(document, "exclude"), left_out),
        max_handlers=_max_handlers(document),
        metrics_path=paths["metrics_path"],
        health_path=paths["health_path"],
        labels=labels,
        status_groups=_status_groups(document),
        left_out=tuple(left_out),
    )


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str):
        raise ConfigError(f"{key} must be a string")
    return value


def _strings(document: Mapping[str, object], key: str) -> list[str]:
    values = document.get(key, [])
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise ConfigError(f"{key} must be a list of strings")
    return values


def _max_handlers(document: Mapping[str, object]) -> int:
    value = document.get("max_handlers", DEFAULT_MAX_HANDLERS)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ConfigError("max_handlers must be a whole number above 0")
    return value


def _status_groups(document: Mapping[str, object]) -> bool:
    value = document.get("status_groups", False)
    if not isinstance(value, bool):
        raise ConfigError("status_groups must be true or false")
    return value
