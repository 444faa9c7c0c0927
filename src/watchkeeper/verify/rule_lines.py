"""Read a rule file line by line as the emitter writes it; anything else is unreadable."""

from __future__ import annotations

import re
from typing import Literal

from watchkeeper.verify.own_names import OwnNames

_FIXED = frozenset({"groups:", "    rules:", ""})
_COMMENT = re.compile(r" *#")
_GROUP = re.compile(r"  - name: ([\w./-]+)")
_RECORD = re.compile(r"      - record: [\w:]+")
_ALERT = re.compile(r"      - alert: ([\w:.-]+)")
_DURATION = re.compile(r"    (?:interval|    for|    keep_firing_for): [0-9a-z]+")
# A value that YAML reads as it is.
_LABEL = re.compile(r'          ([A-Za-z_]\w*): (?:([A-Za-z][\w./@+-]*(?: [\w./@+-]+)*)|"([^"\\{]*)")')
_ANNOTATION = re.compile(
    r"""          ([a-z_]+): (?:[^\s"'|>&*!%@`\-?:,\[\]{}#].*|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')"""
)
_EXPR, _BLOCK, _INDENT = "        expr: ", "|-", "          "
_PLAIN = re.compile(r"""[^\s"'|>&*!%@`\-?:,\[\]{}#].*""")

# A line, and for a label of a rule its value.
Line = tuple[str, str | None]
_Within = Literal["", "labels", "annotations", "expr"]


class Unreadable(Exception):
    """The file has something that its shape cannot contain."""


def read_rules(text: str, names: OwnNames) -> tuple[list[Line], list[str]]:
    """Return the lines but for expressions, and the expressions; raise Unreadable.

    Comments and the texts of annotations are left out: no result of a rule depends on them.
    """
    reader = _Lines(names)
    for line in text.split("\n"):
        reader.read(line)
    return reader.lines, ["\n".join(expr) for expr in reader.exprs]


class _Lines:
    def __init__(self, names: OwnNames) -> None:
        self.lines: list[Line] = []
        self.exprs: list[list[str]] = []
        self._values = names.values
        self._within: _Within = ""

    def read(self, line: str) -> None:
        if self._within == "expr" and line.startswith(_INDENT):
            self.exprs[-1].append(line)
        elif self._within in ("labels", "annotations") and line.startswith(_INDENT):
            self._entry(line)
        elif line.startswith(_EXPR):
            self._expr(line.removeprefix(_EXPR))
        else:
            self._within = ""
            self._head(line)

    def _expr(self, text: str) -> None:
        self._within = "expr" if text == _BLOCK else ""
        if text != _BLOCK and not _PLAIN.fullmatch(text):
            raise Unreadable
        self.exprs.append([] if text == _BLOCK else [text])
        self.lines.append((_EXPR, None))

    def _entry(self, line: str) -> None:
        if self._within == "annotations":
            if (match := _ANNOTATION.fullmatch(line)) is None:
                raise Unreadable
            self.lines.append((match[1], None))
            return
        if (match := _LABEL.fullmatch(line)) is None:
            raise Unreadable
        self.lines.append((match[1], match[2] or match[3]))

    def _head(self, line: str) -> None:
        if line in ("        labels:", "        annotations:"):
            self._within = "labels" if line.endswith("labels:") else "annotations"
        elif _COMMENT.match(line):
            line = "#"
        elif match := _GROUP.fullmatch(line) or _ALERT.fullmatch(line):
            line = line.removesuffix(match[1]) + self._values.get(match[1], match[1])
        elif line not in _FIXED and not _RECORD.fullmatch(line) and not _DURATION.fullmatch(line):
            raise Unreadable
        self.lines.append((line, None))
