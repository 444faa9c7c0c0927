"""What all objects share: names that Kubernetes accepts, labels, and the header that says where they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.emit import yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Value
from watchkeeper.model.position import Position
from watchkeeper.plan.plan import Plan
from watchkeeper.targets.target_limits import Stored

PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"
_OURS: Mapping[str, Value] = {MANAGED_BY: "watchkeeper", PART_OF: "watchkeeper"}
MONITORING = "monitoring.coreos.com/v1"


@dataclass(frozen=True, slots=True)
class StoredFiles:
    """A ConfigMap or Secret: the beginning of the object, and the texts of its files by their keys under `key`."""

    head: Mapping[str, Value]
    key: str
    files: Mapping[str, str]

    def text(self, plan: Plan) -> str:
        """Return the object as YAML."""
        return text_of({**self.head, self.key: dict(self.files)}, plan)

    def stored(self, name: str, where: Position, remedy: str) -> Stored:
        """Return what the API server measures: the bytes of the values."""
        return Stored(name, sum(len(text.encode()) for text in self.files.values()), where, remedy)


def whole_spec(plan: Plan) -> Position:
    """Return the place of what no service alone is responsible for: the beginning of the spec."""
    return Position(plan.own.spec.where.file if plan.own is not None else plan.source)


def name_of(*parts: str) -> str:
    """Return the name of an object, unique for its parts, in the characters that Kubernetes allows."""
    return re.sub(r"[^a-z0-9-]+", "-", "-".join(("watchkeeper", *parts)).lower()).strip("-")


def head(api: str, kind: str, name: str, labels: Mapping[str, str], **further: Value) -> dict[str, Value]:
    """Return the beginning of an object; it has no namespace, which `kubectl -n` or a kustomization sets."""
    return {
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "labels": {**_OURS, **labels}, **further},
    }


def text_of(document: Mapping[str, Value], plan: Plan) -> str:
    """Return an object as YAML with the header of rendered files."""
    return yaml.dump(document, header=generated_from(plan.source))


def key_of(path: str) -> str:
    """Return the key that stands for a secret file of the spec in a Secret."""
    return re.sub(r"[^A-Za-z0-9._-]", ".", path.lstrip("/").removeprefix("secrets/"))
