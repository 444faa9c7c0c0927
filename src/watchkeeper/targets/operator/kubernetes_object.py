"""What all objects share: names that Kubernetes accepts, labels, and the header that says where they come from."""

from __future__ import annotations

import re
from collections.abc import Mapping

from watchkeeper.emit import yaml
from watchkeeper.emit.header import generated_from
from watchkeeper.emit.yaml import Value
from watchkeeper.plan.plan import Plan

PART_OF = "app.kubernetes.io/part-of"
MANAGED_BY = "app.kubernetes.io/managed-by"
_OURS: Mapping[str, Value] = {MANAGED_BY: "watchkeeper", PART_OF: "watchkeeper"}
MONITORING = "monitoring.coreos.com/v1"


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
