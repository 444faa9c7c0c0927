"""What the next `up` of this release changes in a stack that another release started, and what cannot be undone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from watchkeeper.toolchain.version import parse_version

StepKind = Literal["newer", "older", "new"]
_STARTS = frozenset({"monitoring/native/supervisord.conf", "docker-compose.monitoring.yml"})
# A changed flag or image in the process file or the Compose file, as a line of a unified diff.
_SETTING = re.compile(r"[+-]\s*(?:- )?(--[a-z][^\s]*|image: .+)")
# What an older version cannot read once a newer one has written it.
_IRREVERSIBLE = {
    "prometheus": "an older version may not read the blocks and the log that the newer one writes",
    "alertmanager": "its files of silences and notifications may be unreadable for the older version",
    "jaeger": "the trace store is readable for versions of the same major number only",
    "grafana": "its database is migrated at the first start",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One program whose version changes; `before` is empty for one that has not run here."""

    program: str
    before: str
    after: str
    kind: StepKind
    irreversible: str


@dataclass(frozen=True, slots=True)
class UpgradePlan:
    """Programs whose version changes, rendered files that change, and changed flags and images as `+` and `-` lines."""

    steps: tuple[Step, ...]
    files: tuple[str, ...]
    settings: tuple[str, ...]

    @property
    def is_downgrade(self) -> bool:
        """Return whether a program would be older than the one that wrote the data."""
        return any(step.kind == "older" for step in self.steps)

    @property
    def changes_anything(self) -> bool:
        """Return whether the next `up` differs from the last one."""
        return bool(self.steps or self.files)


def upgrade_plan(
    before: Mapping[str, str], after: Mapping[str, str], diffs: Mapping[str, str]
) -> UpgradePlan:
    """Compare versions by program; `diffs` are unified diffs, by path, of the rendered files that change."""
    settings = (line for path, text in diffs.items() if path in _STARTS for line in text.splitlines())
    changed = tuple(f"{line[0]}{found[1]}" for line in settings if (found := _SETTING.match(line)))
    return UpgradePlan(tuple(_steps(before, after)), tuple(diffs), changed)


def _steps(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Step]:
    for program, version in after.items():
        old = before.get(program, "")
        if old == version:
            continue
        kind: StepKind = "new" if not old else "older" if _is_older(version, old) else "newer"
        yield Step(program, old, version, kind, _IRREVERSIBLE.get(program, "") if old else "")


def _is_older(version: str, old: str) -> bool:
    ours, theirs = parse_version(version), parse_version(old)
    return ours is not None and theirs is not None and ours < theirs
