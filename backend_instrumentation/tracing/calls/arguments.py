"""Describes a call's arguments for a span: short, without secrets, and without running the objects' own code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import islice
from typing import Any, Final

from ...redaction import REDACTED, is_secret, redacted_text, redacted_value

MOST_CHARACTERS: Final = 256
_MOST_ITEMS: Final = 32
_MOST_DEPTH: Final = 4
_CUT: Final = "…"
_TEXT_TO_SCAN: Final = 4096

Value = str | int | float | bool


def signature_of(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return the function's signature, without a class method's `cls`; None if it has none."""
    try:
        return inspect.signature(getattr(function, "__func__", function))
    except (TypeError, ValueError):  # some built-in functions
        return None


def describer(
    function: Callable[..., Any],
) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Value]]:
    """Return a function that turns a call's arguments into attributes `arg.<name>`, without `self` and `cls`."""
    signature = signature_of(function)
    if signature is None:
        return lambda _args, _kwargs: {}
    receiver = next((name for name in signature.parameters if name in ("self", "cls")), None)

    def describe(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Value]:
        bound = signature.bind(*args, **kwargs).arguments
        return {f"arg.{name}": described(name, value) for name, value in bound.items() if name != receiver}

    return describe


def described(name: str, value: object) -> Value:
    """Return an attribute value for an argument of that name, at most 256 characters long."""
    value = redacted_value(name, value)
    if isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, str):
        return _cut(redacted_text(value[:_TEXT_TO_SCAN]))
    return _cut(_joined(_pieces(value, 0)))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + _CUT


def _joined(pieces: Iterator[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece
        if len(text) > MOST_CHARACTERS:
            break
    return text


def _pieces(value: object, depth: int) -> Iterator[str]:
    if value is None or isinstance(value, bool | int | float | complex):
        yield repr(value) if not isinstance(value, int) or abs(value) < 2**63 else "<int>"
    elif isinstance(value, str):
        yield repr(redacted_text(value[:_TEXT_TO_SCAN]))
    elif isinstance(value, bytes | bytearray | memoryview):
        yield f"<{len(value)} bytes>"
    elif depth >= _MOST_DEPTH:
        yield f"<{type(value).__name__}>"
    else:
        yield from _compound(value, depth)


def _compound(value: object, depth: int) -> Iterator[str]:
    # Only built-in containers are iterated: iterating a lazy query set would run its query.
    if type(value) is dict or isinstance(value, dict):
        yield from _mapping(value.items(), depth, "{}")
    elif is_dataclass(value) and not isinstance(value, type):
        named = ((each.name, getattr(value, each.name, None)) for each in fields(value))
        yield type(value).__name__
        yield from _mapping(named, depth, "()")
    elif isinstance(value, list | tuple | set | frozenset):
        yield from _sequence(value, depth)
    else:
        yield f"<{type(value).__name__}>"


def _mapping(items: Any, depth: int, brackets: str) -> Iterator[str]:
    yield brackets[0]
    for index, (key, each) in enumerate(islice(items, _MOST_ITEMS)):
        name = _name(key)
        yield f"{', ' if index else ''}{redacted_text(name)}: "
        yield from _named(name, each, depth)
    yield brackets[1]


def _sequence(value: Any, depth: int) -> Iterator[str]:
    # Headers often are pairs: (b"cookie", b"…").
    if len(value) == 2 and isinstance(value, list | tuple) and is_secret(_name(value[0])):
        yield f"({_name(value[0])}, {REDACTED})"
        return
    yield "["
    for index, each in enumerate(islice(value, _MOST_ITEMS)):
        yield ", " if index else ""
        yield from _pieces(each, depth + 1)
    yield "]"


def _named(name: str, value: object, depth: int) -> Iterator[str]:
    shown = redacted_value(name, value)
    if shown is value:
        yield from _pieces(value, depth + 1)
    else:
        yield REDACTED


def _name(key: object) -> str:
    if isinstance(key, bytes):
        return key[:MOST_CHARACTERS].decode("latin-1")
    return key[:MOST_CHARACTERS] if isinstance(key, str) else f"<{type(key).__name__}>"
