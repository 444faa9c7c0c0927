"""Parses the lines of a log: many at a time while they are whole, and one at a time where one is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

_RECORD: Final = b'{"timestamp":'
_decode: Final = json.JSONDecoder().raw_decode
Parser = Callable[[bytes], list[Any]]


class LineParser:
    """Parses with `orjson` if it is installed, else with `json`; both accept the same lines.

    `broken` counts the lines that are no JSON.
    """

    def __init__(self) -> None:
        self.broken = 0
        self._all = _fast_parser() or _parse_all

    def parse(self, chunk: bytes) -> list[Any]:
        """Return the values of a chunk of lines, without those of broken and empty ones."""
        try:
            return self._all(chunk)
        except ValueError:
            return [value for line in chunk.split(b"\n") if line.strip() for value in self._one(line)]

    def _one(self, line: bytes) -> list[Any]:
        try:
            return [parse_line(line)]
        except ValueError:
            self.broken += 1
        # Behind the rest of a torn line there may be a whole record of another writer.
        start = line.rfind(_RECORD)
        try:
            return [parse_line(line[start:])] if start > 0 else []
        except ValueError:
            return []


def parse_line(line: bytes) -> Any:
    """Return the value of one line; NaN and infinity, which `json.dumps` writes, are accepted. Raises ValueError."""
    return _parse_texts([line.decode().strip()])[0]


def _parse_all(chunk: bytes) -> list[Any]:
    return _parse_texts(chunk.decode().removesuffix("\n").split("\n"))


def _parse_texts(texts: list[str]) -> list[Any]:
    try:
        found = list(map(_decode, texts))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if [end for _, end in found] != list(map(len, texts)):
        raise ValueError("more than one value in a line")
    return [value for value, _ in found]


def _fast_parser() -> Parser | None:
    try:
        from orjson import loads  # an accelerator, and not needed
    except ImportError:
        return None

    def parse(chunk: bytes) -> list[Any]:
        return list(map(loads, chunk.removesuffix(b"\n").split(b"\n")))

    return parse
