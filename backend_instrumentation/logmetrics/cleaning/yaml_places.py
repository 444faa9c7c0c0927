"""Reads a YAML file with the place of each key, for messages."""

from __future__ import annotations

from typing import Any


def read_yaml(path: str) -> tuple[Any, dict[str, str]]:
    """Return the document, and `path:line:column: ` by dotted key.

    Raises OSError, and ValueError when it is no YAML or when PyYAML is missing.
    """
    try:
        import yaml
    except ImportError:
        raise ValueError(f"{path}: reading YAML needs pip install 'backend-instrumentation[logs]'") from None
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    try:
        document = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f":{mark.line + 1}:{mark.column + 1}"
        raise ValueError(f"{path}{place}: is no YAML: {getattr(error, 'problem', None) or error}") from error
    places: dict[str, str] = {}
    _collect(node, "", path, places)
    return document, places


def _collect(node: Any, prefix: str, path: str, places: dict[str, str]) -> None:
    if getattr(node, "id", None) != "mapping":
        return
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        if name not in places:
            places[name] = f"{path}:{key.start_mark.line + 1}:{key.start_mark.column + 1}: "
            _collect(value, f"{name}.", path, places)
