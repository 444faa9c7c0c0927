"""Check a document's shape against the JSON Schema, and report each problem in our words at its position."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from watchkeeper.spec.document.nodes import Document, Node, Path
from watchkeeper.spec.formats import FORMATS, NUMERIC_FORMATS, Malformed
from watchkeeper.spec.problem import Problem
from watchkeeper.spec.schema import resolved, schema
from watchkeeper.spec.shape.key_places import place_of, sibling_of

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

# Words that people write from habit, and that are spelled too differently from the right key to be found by similarity.
_HABITS = {
    "name": "service", "threshold": "above", "duration": "for", "expression": "expr", "query": "expr",
    "error": "bad", "errors": "bad", "success": "good", "target": "objective", "period": "window",
    "objectives": "slos", "rules": "alerts", "indicator": "sli", "level": "severity", "webhook": "webhook_file",
    "webhook_url": "webhook_file", "routing_key": "routing_key_file", "password": "auth_password_file",
}  # fmt: skip
_TYPES = {"object": "a mapping", "array": "a list", "string": "text", "integer": "a whole number", "number": "a number",
          "boolean": "true or false"}  # fmt: skip


@cache
def _validator() -> Draft202012Validator:
    # jsonschema takes as long to import as everything else together, and only a document that may be wrong needs it.
    from jsonschema import Draft202012Validator, FormatChecker

    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name, raises=Malformed)(_passing(check, takes_numbers=name in NUMERIC_FORMATS))
    return Draft202012Validator(schema(), format_checker=checker)


def _passing(check: Callable[..., object], *, takes_numbers: bool) -> Callable[[object], bool]:
    def accepts(value: object) -> bool:
        # Values of other types are refused by the schema's `type`.
        if isinstance(value, str) or (
            takes_numbers and isinstance(value, int | Decimal) and value is not True and value is not False
        ):
            check(value)
        return True

    return accepts


def shape_problems(document: Document) -> tuple[list[Problem], set[Path]]:
    """Return all problems, and the paths whose values are broken."""
    problems: list[Problem] = []
    broken: set[Path] = set()
    for error in _validator().iter_errors(document.root.plain()):
        path: Path = tuple(error.absolute_path)
        broken.add(path)
        problems.extend(_problems(error, path, document.root))
    return problems, broken


def _problems(error: ValidationError, path: Path, root: Node) -> Iterator[Problem]:
    node = root.at(path)
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(error, path, node)
        case "required":
            yield from _missing_keys(error, path, root, node)
        case "format":
            yield _malformed(error, path, node)
        case _:
            code, message, remedy = _sentence(error, path)
            yield Problem(node.where, code, message, remedy)


def _unknown_keys(error: ValidationError, path: Path, node: Node) -> Iterator[Problem]:
    part: Any = error.schema
    instance: Any = error.instance
    known = list(part.get("properties", ()))
    for key in sorted(set(instance) - set(known)):
        free = [name for name in known if name not in instance]
        remedy = _near_key(key, free) or place_of(key, path)
        remedy = remedy or "allowed here: " + ", ".join(known)
        yield Problem(node.key_position(key), "WK101", f"unknown key `{key}`{_inside(path)}", remedy)


def _near_key(key: str, candidates: list[str]) -> str:
    """Return the remedy for a key that another one of this mapping explains, else nothing."""
    if key == "<<":
        return "YAML's merge keys are not supported; write the keys out"
    if _HABITS.get(key) in candidates:
        return f"did you mean `{_HABITS[key]}`?"
    close = get_close_matches(key, candidates, n=1, cutoff=0.6) or get_close_matches(
        key.lower(), candidates, n=1
    )
    return f"did you mean `{close[0]}`?" if close else ""


def _missing_keys(error: ValidationError, path: Path, root: Node, node: Node) -> Iterator[Problem]:
    required: Any = error.validator_value
    instance: Any = error.instance
    part: Any = error.schema
    # jsonschema reports one error for each missing key.
    for key in required:
        if key not in instance and repr(key) in error.message:
            hint = part["properties"].get(key, {})
            examples = resolved(hint).get("examples")
            remedy = f"add `{key}: {_yaml_word(examples[0])}`" if examples else f"add `{key}:`"
            yield Problem(_owner(path, root, node), "WK102", f"`{key}` is missing{_inside(path)}", remedy)


def _yaml_word(example: Any) -> str:
    return example if isinstance(example, str) else json.dumps(example)


def _owner(path: Path, root: Node, node: Node) -> Any:
    if path and isinstance(path[-1], str):
        return root.at(path[:-1]).key_position(path[-1])
    return node.where


def _malformed(error: ValidationError, path: Path, node: Node) -> Problem:
    cause = error.cause
    assert isinstance(cause, Malformed)
    # For a property name, the schema path contains `propertyNames`, and the key itself is wrong.
    where = node.key_position(str(error.instance)) if "propertyNames" in error.schema_path else node.where
    return Problem(where, cause.code, f"{_name(path)}{cause.message}", cause.remedy)


def _sentence(error: ValidationError, path: Path) -> tuple[str, str, str]:
    value: Any = error.instance
    limit: Any = error.validator_value
    # A value in place of a secret's path may be the secret.
    shown = "the value" if path and str(path[-1]).endswith("_file") else _shown(value)
    match error.validator:
        case "type":
            wanted = " or ".join(_TYPES[one] for one in ([limit] if isinstance(limit, str) else limit))
            remedy = (
                "name the file" if shown == "the value" else _type_remedy(value, limit, error.schema, path)
            )
            return "WK103", f"{_name(path)}{shown} is not {wanted}", remedy
        case "enum":
            names = [str(one) for one in limit]
            close = get_close_matches(str(value), names, n=1)
            remedy = f"did you mean `{close[0]}`?" if close else "allowed: " + ", ".join(names)
            return "WK104", f"{_name(path)}{shown} is not allowed", remedy
        case "const":
            return "WK104", f"{_name(path)}{shown} is not known to this release", f"write {limit}"
        case "minimum" | "exclusiveMinimum":
            return (
                "WK108",
                f"{_name(path)}{shown} is too small",
                f"write at least {limit}" if error.validator == "minimum" else f"write more than {limit}",
            )
        case "maximum" | "exclusiveMaximum":
            return (
                "WK108",
                f"{_name(path)}{shown} is too large",
                f"write at most {limit}" if error.validator == "maximum" else f"write less than {limit}",
            )
        case "minLength" | "minItems" | "minProperties":
            return "WK110", f"{_name(path)}must not be empty", "fill it, or leave the key out"
        case "maxLength" | "maxItems" | "maxProperties":
            return "WK110", f"{_name(path)}is longer than {limit}", "shorten it"
        case "uniqueItems":
            return "WK203", f"{_name(path)}lists a value twice", "keep one of them"
    return "WK104", f"{_name(path)}{shown} has the wrong form", f"it must match {limit}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value)
    )
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _type_remedy(value: object, limit: Any, part: Any, path: Path) -> str:
    if isinstance(value, dict) and (sibling := sibling_of(path, value)):
        return sibling
    if limit == "array" and isinstance(value, dict):
        return f"write a list: {_list_of(part)}"
    if limit == "array" and not isinstance(value, list):
        return "write it as a list: [...]"
    takes_texts = limit == "string" or (isinstance(limit, list) and {"string", "array"} <= set(limit))
    if takes_texts and isinstance(value, int | Decimal):
        return f'put it in quotes: "{str(value).lower() if isinstance(value, bool) else value}"'
    examples = part.get("examples")
    return f"write it like {_yaml_word(examples[0])}" if examples else _plain_remedy(limit, part)


def _list_of(part: Any) -> str:
    """Return how the entries of a list look: mappings with their first keys, or words."""
    entry = resolved(part.get("items", {}))
    keys = entry.get("required") or list(entry.get("properties", ()))[:2]
    return "- {" + ", ".join(f"{key}: ..." for key in keys) + "}" if keys else "[...]"


def _plain_remedy(limit: Any, part: Any) -> str:
    keys = list(part.get("properties", ()))
    if limit == "object" and keys:
        return f"it has the keys {', '.join(keys[:4])}{' ...' if len(keys) > 4 else ''}"
    plain = {
        "number": "write digits, such as 0.95",
        "integer": "write digits, such as 30",
        "string": "write one text",
    }
    return plain.get(limit, "") if isinstance(limit, str) else ""


def _name(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    return f"`{names[-1]}`: " if names else ""


def _inside(path: Path) -> str:
    names = [step for step in path if isinstance(step, str)]
    return f" in `{names[-1]}`" if names else ""
