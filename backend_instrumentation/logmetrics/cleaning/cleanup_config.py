"""The configuration of the log cleaner, from code or from a YAML file; a wrong one is refused as a whole."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from ...unknown_key import unknown_key

DEFAULT_PATTERNS: Final = ("logs/*.jsonl", "logs/*.jsonl.*")
_SECTIONS: Final = (
    "log_cleanup",
    "log_cleaner",
    "cleanup",
    "cleaner",
    "monitoring",
    "logging",
    "monitoring_logging",
)
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_MOST_DAYS: Final = 36500
Places = Mapping[str, str]


class CleanupConfigError(ValueError):
    """A configuration that is refused; each line of the message names one key and what it takes."""


@dataclass(frozen=True, slots=True)
class CleanupConfig:
    """What the cleaner deletes: regular files below `root` that match a pattern and are old enough.

    `log_patterns` are relative to `root`, with `*`, `?`, `[…]` within a name and `**` for any folders.
    `retention_days` is compared with the time of the last change. Raises CleanupConfigError.
    """

    root: str = "."
    retention_days: float = 30
    log_patterns: tuple[str, ...] = DEFAULT_PATTERNS
    enabled: bool = True
    dry_run: bool = False
    check_interval_hours: float = 24

    def __post_init__(self) -> None:
        if isinstance(self.log_patterns, list):
            object.__setattr__(self, "log_patterns", tuple(self.log_patterns))
        faults = [f"{key}: {fault}" for key, fault in _faults(self)]
        if faults:
            raise CleanupConfigError("\n".join(faults))


ConfigSource = CleanupConfig | Mapping[str, object] | str | os.PathLike[str] | None


def read_config(source: ConfigSource = None) -> CleanupConfig:
    """Return the configuration of a mapping or of a YAML file; None gives the defaults.

    The keys may lie in a section such as `log_cleanup`. Raises CleanupConfigError with all faults, one a line.
    """
    if source is None:
        return CleanupConfig()
    if isinstance(source, CleanupConfig):
        return source
    if isinstance(source, Mapping):
        return _read(source, {}, "")
    from .yaml_places import read_yaml

    path = os.fspath(source)
    try:
        document, places = read_yaml(path)
    except OSError as error:
        raise CleanupConfigError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise CleanupConfigError(str(error)) from error
    return _read(document, places, path)


def _read(document: object, places: Places, path: str) -> CleanupConfig:
    section, prefix = _section(document, "")
    if not isinstance(section, Mapping):
        raise CleanupConfigError(
            f"{path or 'the configuration'}: must be a mapping, not {type(section).__name__}"
        )
    known = sorted(each.name for each in fields(CleanupConfig))
    faults = [(str(key), unknown_key(key, known)) for key in section if key not in known]
    taken: dict[str, Any] = {str(key): each for key, each in section.items() if key in known}
    try:
        found = CleanupConfig(**taken)
    except CleanupConfigError as error:
        wrong = (line.partition(": ") for line in str(error).splitlines())
        faults += [(key, fault) for key, _, fault in wrong]
    if faults:
        where = f"{path}: " if path else ""
        raise CleanupConfigError(
            "\n".join(f"{places.get(prefix + key, where)}{prefix}{key}: {fault}" for key, fault in faults)
        )
    return found


def _section(document: object, prefix: str) -> tuple[object, str]:
    if isinstance(document, Mapping):
        for name in _SECTIONS:
            if isinstance(document.get(name), Mapping):
                return _section(document[name], f"{prefix}{name}.")
    return ({} if document is None else document), prefix


def _faults(config: CleanupConfig) -> Iterator[tuple[str, str]]:
    if not isinstance(config.root, str) or not config.root.strip() or "\0" in config.root:
        yield "root", f"{config.root!r} is no folder"
    for key in ("enabled", "dry_run"):
        if not isinstance(getattr(config, key), bool):
            yield key, f"{getattr(config, key)!r} is neither true nor false"
    if not _positive(config.retention_days):
        yield (
            "retention_days",
            f"{config.retention_days!r} is no number above 0; `enabled: false` keeps all files",
        )
    if not _positive(config.check_interval_hours):
        yield "check_interval_hours", f"{config.check_interval_hours!r} is no number above 0"
    if not isinstance(config.log_patterns, tuple) or not config.log_patterns:
        yield "log_patterns", f"{config.log_patterns!r} is no list of patterns"
        return
    for pattern in config.log_patterns:
        fault = _pattern_fault(pattern)
        if fault:
            yield "log_patterns", f"{pattern!r} {fault}"


def _positive(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and 0 < value <= _MOST_DAYS
    )


def _pattern_fault(pattern: object) -> str | None:
    if not isinstance(pattern, str) or not pattern.strip() or not pattern.isprintable():
        return "is no pattern, such as 'logs/*.jsonl'"
    if pattern.startswith(("/", "~")) or "\\" in pattern or _DRIVE.match(pattern):
        return "must be relative to the root, with '/' between folders"
    parts = pattern.split("/")
    if ".." in parts:
        return "would leave the root; it must not contain '..'"
    if "" in parts or "." in parts:
        return "has an empty part or '.'"
    return None
