"""The Prometheus operator's own schemas and types, from its Go module: nothing of it is committed here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

MODULE = "github.com/prometheus-operator/prometheus-operator"
VERSION = "v0.94.0"
SUM = "h1:VxMKzqr8Xqw5/QInNT7a3B5XInPnHqE7SD2UIdwKpRM="
_STRUCT = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\t(\w+)\s+(\S+)\s+`yaml:\"(\w*),?([^\"]*)\"", re.MULTILINE)


def module_folder() -> Path:
    """Return the folder of the unpacked module; skip without Go, or fail where skipping is forbidden."""
    reason = "the operator's schemas need Go, and its module from the proxy"
    if go := shutil.which("go"):
        command = [go, "mod", "download", "-json", f"{MODULE}@{VERSION}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", timeout=300)
        found: dict[str, str] = json.loads(done.stdout or "{}")
        if "Dir" in found:
            assert found["Sum"] == SUM
            return Path(found["Dir"])
        reason = found.get("Error", done.stderr)
    if os.environ.get("WATCHKEEPER_REQUIRE_TOOLS"):
        pytest.fail(reason)
    pytest.skip(reason)


def strict_schema(folder: Path, plural: str) -> dict[str, Any]:
    """Return the schema of a kind; a cluster drops keys that it does not know, here they are errors."""
    path = folder / f"example/prometheus-operator-crd/monitoring.coreos.com_{plural}.yaml"
    (version,) = [one for one in _load(path)["spec"]["versions"] if one["name"] == "v1"]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    _forbid_unknown(schema)
    return schema


def _load(path: Path) -> Any:
    return yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _forbid_unknown(part: Any) -> None:
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict):
            part.setdefault("additionalProperties", False)
        for inner in part.values():
            _forbid_unknown(inner)
    elif isinstance(part, list):
        for inner in part:
            _forbid_unknown(inner)


def unknown_keys(folder: Path, config: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of a configuration that the operator's own types lack: it refuses the whole configuration then."""
    source = (folder / "pkg/alertmanager/types.go").read_text()
    types = {name: _FIELD.findall(body) for name, body in _STRUCT.findall(source)}
    yield from _unknown(types, "alertmanagerConfig", config, "")


def _unknown(types: dict[str, Any], kind: str, value: Any, path: str) -> Iterator[str]:
    kind = re.sub(r"^(\[\]|\*)+", "", kind)
    if isinstance(value, list):
        for item in value:
            yield from _unknown(types, kind, item, path)
    elif isinstance(value, dict) and kind in types:
        known = {key: type_ for _, type_, key, _ in types[kind]}
        inlined = [type_ for _, type_, key, rest in types[kind] if not key and "inline" in rest]
        for one in inlined:
            known |= {key: type_ for _, type_, key, _ in types.get(one.lstrip("*"), ())}
        for key, inner in value.items():
            if key not in known:
                yield f"{path}.{key}"
            else:
                yield from _unknown(types, known[key], inner, f"{path}.{key}")
