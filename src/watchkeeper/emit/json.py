"""JSON with sorted keys and exact numbers: equal values give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from json import JSONEncoder
from typing import TypeAlias

from watchkeeper.emit.characters import require_unicode
from watchkeeper.emit.numbers import plain, refuse

Value: TypeAlias = str | int | Decimal | Mapping[str, "Value"] | Sequence["Value"] | None

_STEP = "  "
_encode = JSONEncoder(ensure_ascii=False).encode


def dump(value: Value, *, width: int = 0) -> str:
    """Return `value` as JSON indented by two, ending with a newline; what fits into `width` stays on one line.

    Raises TypeError for floats, keys that are no strings and foreign types, ValueError for NaN,
    infinity and half surrogate pairs.
    """
    out: list[str] = []
    _put(out, value, "\n", width)
    out.append("\n")
    return "".join(out)


def _put(out: list[str], value: Value, newline: str, width: int) -> None:
    line = _line(value, width - len(newline))
    if line is not None:
        out.append(line)
    elif isinstance(value, Mapping):
        _object(out, value, newline, width)
    else:
        assert isinstance(value, Sequence)
        _array(out, value, newline, width)


def _line(value: Value, room: int) -> str | None:
    """Return a value on one line; None where it is a mapping or a list that does not fit."""
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return _joined("{", ((f"{_string(key)}: ", value[key]) for key in _keys(value)), "}", room)
    if isinstance(value, (list, tuple)):
        return _joined("[", (("", item) for item in value), "]", room)
    raise refuse(value)


def _joined(start: str, entries: Iterable[tuple[str, Value]], end: str, room: int) -> str | None:
    parts: list[str] = []
    for key, value in entries:
        part = _line(value, room - len(key))
        room -= len(key) + len(part or "") + len(", ")
        if part is None or room < 0:
            return None
        parts.append(f"{key}{part}")
    return f"{start}{', '.join(parts)}{end}"


def _keys(value: Mapping[str, Value]) -> list[str]:
    for key in value:
        if not isinstance(key, str):
            raise refuse(key)
    return sorted(value)


def _object(out: list[str], value: Mapping[str, Value], newline: str, width: int) -> None:
    separator = "{" + newline + _STEP
    for key in _keys(value):
        out.append(f"{separator}{_string(key)}: ")
        _put(out, value[key], newline + _STEP, width)
        separator = "," + newline + _STEP
    out.append(newline + "}")


def _array(out: list[str], value: Sequence[Value], newline: str, width: int) -> None:
    separator = "[" + newline + _STEP
    for item in value:
        out.append(separator)
        _put(out, item, newline + _STEP, width)
        separator = "," + newline + _STEP
    out.append(newline + "]")


def _string(text: str) -> str:
    require_unicode(text)
    return _encode(text)
