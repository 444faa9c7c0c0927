"""The manifest of a backup: what it contains, of which stack it is, and which versions wrote the data."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any

FORMAT = 1
NAME = "manifest.json"
# The folders of a backup. The first three are those of a native stack's data; Grafana runs in containers only.
PROMETHEUS, ALERTMANAGER, JAEGER, GRAFANA, SPEC = "prometheus", "alertmanager", "jaeger", "grafana", "spec"
DATA_PARTS = (PROMETHEUS, ALERTMANAGER, JAEGER)
_PARTS = frozenset({*DATA_PARTS, GRAFANA, SPEC})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")


class BadBackup(Exception):
    """A file is no backup that can be restored; the text says why, without the name of the file."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the backup: its path such as `prometheus/wal/00000002`, bytes and SHA-256."""

    path: str
    size: int
    sha256: str

    @property
    def part(self) -> str:
        """Return the folder of the backup that it is in."""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True)
class StackIdentity:
    """What makes two stacks the same one: where it runs, and what it watches."""

    environment: str
    cluster: str | None
    services: tuple[str, ...]

    def is_same(self, other: StackIdentity) -> bool:
        """Return whether both are of one place and have a service in common; services come and go."""
        place = (self.environment, self.cluster)
        return place == (other.environment, other.cluster) and bool(set(self.services) & set(other.services))

    def __str__(self) -> str:
        shown = ", ".join(self.services[:3]) + (
            f" and {len(self.services) - 3} more" if self.services[3:] else ""
        )
        cluster = f", cluster {self.cluster}" if self.cluster else ""
        return f"{shown} in {self.environment}{cluster}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The first file of a backup. `made_at` is in Unix seconds; `versions` are those of the programs that wrote the data.

    `notes` say in what the backup is less than it could be.
    """

    made_at: float
    made_by: str
    mode: str
    stack: StackIdentity
    spec_sha256: str
    versions: Mapping[str, str]
    notes: tuple[str, ...]
    files: tuple[StoredFile, ...]

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(each.size for each in self.files)

    def size_of(self, part: str) -> int:
        """Return the bytes of one folder of the backup."""
        return sum(each.size for each in self.files if each.part == part)


def to_bytes(manifest: Manifest) -> bytes:
    """Return the manifest as JSON, with a digest of itself."""
    document = {"format": FORMAT, **asdict(manifest)}
    return (json.dumps({**document, "digest": _digest(document)}, indent=1) + "\n").encode()


def parse(text: bytes) -> Manifest:
    """Return the manifest of a backup; raise BadBackup for one that is damaged, changed or of a newer format."""
    try:
        document: dict[str, Any] = json.loads(text)
        written = document.pop("digest")
        number = document["format"]
        if isinstance(number, int) and number > FORMAT:
            raise BadBackup(
                f"a newer watchkeeper wrote it (format {number}, this one reads {FORMAT}): update watchkeeper"
            )
        if written != _digest(document):
            raise BadBackup("its manifest was changed or is damaged")
        return _checked(_manifest(document))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise BadBackup("its manifest cannot be read") from error


def _digest(document: Mapping[str, Any]) -> str:
    return sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _manifest(document: Mapping[str, Any]) -> Manifest:
    stack = document["stack"]
    return Manifest(
        made_at=_moment(document["made_at"]),
        made_by=_text(document["made_by"]),
        mode=_text(document["mode"]),
        stack=StackIdentity(
            _text(stack["environment"]),
            None if stack["cluster"] is None else _text(stack["cluster"]),
            tuple(map(_text, stack["services"])),
        ),
        spec_sha256=_text(document["spec_sha256"]),
        versions={_text(name): _text(version) for name, version in document["versions"].items()},
        notes=tuple(map(_text, document["notes"])),
        files=tuple(StoredFile(one["path"], one["size"], one["sha256"]) for one in document["files"]),
    )


def _moment(value: Any) -> float:
    """Return a time in Unix seconds; raise an error for one that no calendar has."""
    datetime.fromtimestamp(value, timezone.utc)
    return float(value)


def _text(value: Any) -> str:
    """Return a text that a terminal shows and obeys in nothing; raise ValueError or TypeError."""
    if not isinstance(value, str):
        raise TypeError("no text")
    if _CONTROL.search(value):
        raise ValueError("a control character")
    return value


def _checked(manifest: Manifest) -> Manifest:
    paths = [each.path for each in manifest.files]
    if len(set(paths)) != len(paths):
        raise BadBackup("its manifest lists a file twice")
    for each in manifest.files:
        if not _is_safe(each.path):
            raise BadBackup(f"its manifest lists {each.path!a}, which is no file of a backup")
        if type(each.size) is not int or each.size < 0 or not _DIGEST.fullmatch(each.sha256):
            raise BadBackup(f"its manifest says nothing usable about {each.path}")
    _refuse_nested(paths)
    return manifest


def _is_safe(path: object) -> bool:
    """Return whether a path stays inside its part, whatever it is joined to."""
    if not isinstance(path, str) or len(path) > 400 or _UNSAFE.search(path):
        return False
    part, *rest = path.split("/")
    return part in _PARTS and bool(rest) and all(name not in ("", ".", "..") for name in rest)


def _refuse_nested(paths: Sequence[str]) -> None:
    folders = {path[:at] for path in paths for at in range(len(path)) if path[at] == "/"}
    for path in paths:
        if path in folders:
            raise BadBackup(f"its manifest lists {path} as a file and as a folder")
