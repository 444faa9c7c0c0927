"""The JSON Schema of the spec as it ships."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def schema() -> dict[str, Any]:
    """Return the schema, to be read only."""
    text = resources.files("watchkeeper.spec").joinpath("schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return a part of the schema with what its reference names; keys of its own win."""
    if "$ref" not in part:
        return part
    target: Any = schema()
    for step in part["$ref"].removeprefix("#/").split("/"):
        target = target[step]
    return {**resolved(target), **{key: value for key, value in part.items() if key != "$ref"}}
