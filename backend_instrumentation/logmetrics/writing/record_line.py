"""Turns a record into one complete line of JSON, whatever its fields contain."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from ..feed.loss_counts import FIELD, lost

MOST_BYTES: Final = 4096
"""No line is longer, its newline included: one page, which file systems append as a whole."""
_MOST_CHARACTERS: Final = 256
_MOST_LEVELS: Final = 6
_BASE: Final = ("timestamp", "metric_type", "operation", "duration", "size", "success", "module", "trace_id")


def line_of(record: Mapping[str, Any]) -> bytes:
    """Return the record as one line with its newline, at most MOST_BYTES long.

    Infinite numbers and NaN become null, an object that JSON does not know becomes the name of its class, and
    long texts are cut; each such record is counted as a loss of the part `log_field`.
    """
    try:
        text = _encode(record)
    except Exception as error:  # a conversion of the service may raise anything
        lost(FIELD, error)
        text = _encode(_plain(record, 0))
    line = text.encode("utf-8", "replace") + b"\n"
    return line if len(line) <= MOST_BYTES else _shortened(record)


def _known(value: object) -> object:
    """Return what stands for a value that JSON does not know; raises TypeError for an object."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    item = getattr(value, "item", None)  # the scalars of numpy
    if callable(item):
        return item()
    if type(value).__module__ in {"decimal", "uuid", "pathlib", "fractions", "ipaddress"}:
        return str(value)
    raise TypeError(f"a field is a {type(value).__name__}, which JSON does not know")


_encode: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_known
).encode


def _plain(value: Any, level: int) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if level >= _MOST_LEVELS:
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping):
        return {_key(key): _plain(each, level + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each, level + 1) for each in value]
    try:
        return _plain(_known(value), level + 1)
    except Exception:
        return f"<{type(value).__name__}>"


def _key(key: object) -> str:
    return (
        key
        if isinstance(key, str)
        else repr(key)
        if isinstance(key, int | float)
        else f"<{type(key).__name__}>"
    )


def _shortened(record: Mapping[str, Any]) -> bytes:
    """Return a line that fits: texts are cut, then what is no scalar is left out, then the last fields."""
    lost(FIELD, f"a record has more than {MOST_BYTES} bytes")
    plain: dict[str, Any] = _plain(record, 0)
    short = {
        key[:_MOST_CHARACTERS]: each[:_MOST_CHARACTERS] if isinstance(each, str) else each
        for key, each in plain.items()
        if not isinstance(each, dict | list) and not (isinstance(each, int) and abs(each) >= 1 << 64)
    }
    short["truncated"] = True
    line = _bytes(short)
    for key in [key for key in reversed(short) if key not in {*_BASE, "truncated"}]:
        if len(line) <= MOST_BYTES:
            break
        del short[key]
        line = _bytes(short)
    return line


def _bytes(record: dict[str, Any]) -> bytes:
    return _encode(record).encode("utf-8", "replace") + b"\n"
