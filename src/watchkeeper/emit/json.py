"""JSON with sorted keys and exact numbers: equal values give equal bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from json import JSONEncoder
from typing import TypeAlias

from watchkeeper.emit.characters import require_unicode
from watchkeeper.emit.numbers import plain, refuse

Value: TypeAlias = str | int | Decimal | Mapping[str, "Value"] | Sequence["Value"] | None

_STEP = "  "
_encode = JSONEncoder(ensure_ascii=False).encode


def dump(value: Value) -> str:
    """Return `value` as JSON indented by two, ending with a newline.

    Raises TypeError for floats, keys that are no strings and foreign types, ValueError for NaN,
    infinity and half surrogate pairs.
    """
    out: list[str] = []
    _put(out, value, "\n")
    out.append("\n")
    return "".join(out)


def _put(out: list[str], value: Value, newline: str) -> None:
    if isinstance(value, str):
        out.append(_string(value))
    elif value is None or isinstance(value, bool):
        out.append("null" if value is None else "true" if value else "false")
    elif isinstance(value, int):
        out.append(str(int(value)))
    elif isinstance(value, Decimal):
        out.append(plain(value))
    elif isinstance(value, Mapping):
        _object(out, value, newline)
    elif isinstance(value, (list, tuple)):
        _array(out, value, newline)
    else:
        raise refuse(value)


def _object(out: list[str], value: Mapping[str, Value], newline: str) -> None:
    for key in value:
        if not isinstance(key, str):
            raise refuse(key)
    separator = "{" + newline + _STEP
    for key in sorted(value):
        out.append(f"{separator}{_string(key)}: ")
        _put(out, value[key], newline + _STEP)
        separator = "," + newline + _STEP
    out.append(newline + "}" if value else "{}")


def _array(out: list[str], value: Sequence[Value], newline: str) -> None:
    separator = "[" + newline + _STEP
    for item in value:
        out.append(separator)
        _put(out, item, newline + _STEP)
        separator = "," + newline + _STEP
    out.append(newline + "]" if value else "[]")


def _string(text: str) -> str:
    require_unicode(text)
    return _encode(text)
