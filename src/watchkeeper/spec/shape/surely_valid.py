"""A quick check that accepts most valid documents; the full validator checks the rest.

The schema is compiled to plain functions. They may reject a valid document, which only costs time, and they reject
every keyword that they do not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sized
from decimal import Decimal
from functools import cache
from typing import Any

from watchkeeper.spec.document.nodes import Plain
from watchkeeper.spec.formats import FORMATS, NUMERIC_FORMATS, Malformed
from watchkeeper.spec.schema import schema

Check = Callable[[Any], bool]
_SILENT = {"description", "default", "examples", "title", "$schema", "$id", "$defs"}


def is_surely_valid(document: Plain, *, is_root: bool) -> bool:
    """Return True only for what the schema certainly accepts; an included file may omit its version."""
    if not is_root and isinstance(document, dict) and "version" not in document:
        document = {"version": schema()["properties"]["version"]["const"], **document}
    return _schema_check()(document)


@cache
def _schema_check() -> Check:
    return compile_check(schema(), schema(), {})


def compile_check(part: Mapping[str, Any], whole: Mapping[str, Any], known: dict[str, Check]) -> Check:
    """Return the check of one part of a schema; `known` holds those of its references, each made once."""
    checks: list[Check] = []
    if "$ref" in part:
        checks.append(_reference(part["$ref"], whole, known))
    if "properties" in part or "additionalProperties" in part:
        checks.append(_properties(part, whole, known))
    if "items" in part:
        checks.append(_items(compile_check(part["items"], whole, known)))
    if "propertyNames" in part:
        checks.append(_names(compile_check(part["propertyNames"], whole, known)))
    for keyword, value in part.items():
        if keyword not in _SILENT and keyword not in _STRUCTURAL:
            checks.append(_KEYWORDS.get(keyword, _unknown)(value))
    return checks[0] if len(checks) == 1 else _every_one(checks)


def _every_one(checks: list[Check]) -> Check:
    return lambda value: all(one(value) for one in checks)


def _reference(reference: str, whole: Mapping[str, Any], known: dict[str, Check]) -> Check:
    if reference not in known:
        # A part that refers to itself finds this entry, which accepts nothing, instead of being compiled forever.
        known[reference] = _always(False)
        target: Any = whole
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        known[reference] = compile_check(target, whole, known)
    return known[reference]


def _properties(part: Mapping[str, Any], whole: Mapping[str, Any], known: dict[str, Check]) -> Check:
    own = {name: compile_check(inner, whole, known) for name, inner in part.get("properties", {}).items()}
    further = part.get("additionalProperties", True)
    other = compile_check(further, whole, known) if isinstance(further, dict) else _always(bool(further))

    def check(value: Any) -> bool:
        if isinstance(value, dict):
            for name, inner in value.items():
                if not own.get(name, other)(inner):
                    return False
        return True

    return check


def _items(check: Check) -> Check:
    def every(value: Any) -> bool:
        if isinstance(value, list):
            for item in value:
                if not check(item):
                    return False
        return True

    return every


def _names(check: Check) -> Check:
    return lambda value: not isinstance(value, dict) or all(map(check, value))


def _always(answer: bool) -> Check:
    return lambda _: answer


def _unknown(_: Any) -> Check:
    return _always(False)


def _type(wanted: str | list[str]) -> Check:
    accepted = tuple(
        {kind for one in ([wanted] if isinstance(wanted, str) else wanted) for kind in _TYPES[one]}
    )
    takes_flags = bool in accepted
    return lambda value: isinstance(value, accepted) and (takes_flags or not isinstance(value, bool))


def _one_of(values: list[Any]) -> Check:
    # True equals 1 in Python and not in JSON, so only texts are accepted.
    texts = frozenset(value for value in values if isinstance(value, str))
    return lambda value: isinstance(value, str) and value in texts


def _length(kind: type[Sized], *, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any) -> bool:
        return not isinstance(value, kind) or (len(value) >= least and (most is None or len(value) <= most))

    return check


def _number(holds: Callable[[Any], bool]) -> Check:
    return lambda value: not isinstance(value, int | Decimal) or holds(value)


def _unique(wanted: bool) -> Check:
    def check(value: Any) -> bool:
        return not isinstance(value, list) or (
            all(isinstance(one, str) for one in value) and len(set(value)) == len(value)
        )

    return check if wanted else _always(True)


def _format(name: str) -> Check:
    if name not in FORMATS:
        return _always(False)
    read, kinds = FORMATS[name], (str, int, Decimal) if name in NUMERIC_FORMATS else (str,)

    def check(value: Any) -> bool:
        try:
            if isinstance(value, kinds) and not isinstance(value, bool):
                read(value)
        except Malformed:
            return False
        return True

    return check


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, Decimal), "boolean": (bool,),
}  # fmt: skip
_STRUCTURAL = {"$ref", "properties", "additionalProperties", "items", "propertyNames"}
_KEYWORDS: dict[str, Callable[[Any], Check]] = {
    "type": _type,
    "enum": _one_of,
    "const": lambda value: _one_of([value]),
    "required": lambda names: (
        lambda value: not isinstance(value, dict) or all(name in value for name in names)
    ),
    "minLength": lambda limit: _length(str, least=limit),
    "maxLength": lambda limit: _length(str, most=limit),
    "minItems": lambda limit: _length(list, least=limit),
    "maxItems": lambda limit: _length(list, most=limit),
    "minProperties": lambda limit: _length(dict, least=limit),
    "maxProperties": lambda limit: _length(dict, most=limit),
    "minimum": lambda limit: _number(lambda value: value >= limit),
    "maximum": lambda limit: _number(lambda value: value <= limit),
    "exclusiveMinimum": lambda limit: _number(lambda value: value > limit),
    "exclusiveMaximum": lambda limit: _number(lambda value: value < limit),
    "uniqueItems": _unique,
    "format": _format,
}
