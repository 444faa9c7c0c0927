"""Block-style YAML in the look of a hand-written Prometheus file.

Strings never change their meaning in YAML 1.1 or 1.2, numbers are exact, lines are never folded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from watchkeeper.emit.characters import UNSEEN, code_point_escape, is_plainly_seen, require_unicode
from watchkeeper.emit.numbers import plain, refuse


@dataclass(frozen=True, slots=True)
class Commented:
    """A value with `#` lines above it."""

    value: Value
    comment: str


Value: TypeAlias = str | int | Decimal | Mapping[str, "Value"] | Sequence["Value"] | Commented | None

_STEP = "  "
# YAML limits an implicit key to 1024 characters; the colon counts too.
_LONGEST_KEY = 1023
# A render writes the same few hundred keys and words again and again.
_REMEMBERED = 2048
_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_TO_ESCAPE = re.compile(f'{UNSEEN.pattern}|["\\\\]')
# First a character that no indicator claims, then no `: `, no ` #`, and no blank or colon at the end.
_PLAIN = re.compile(
    r"""(?! \Z)                                                # never empty
        (?: -(?!--)(?=[^\s]) | [^\s\-?:,\[\]{}\#&*!|>'"%@`] )  # an indicator would mean something else
        (?: [^:\s] | :(?=[^\s]) | [ ](?=[^\s\#]) )* \Z""",
    re.VERBOSE,
)
_LOOKS_TYPED = re.compile(
    r"""~ | null | y | yes | n | no | on | off | true | false | = | <<
      | [-+]? (?: [0-9][0-9_,]* (?: \.[0-9_]* )? | \.[0-9_]+ ) (?: e [-+]? [0-9]+ )?
      | [-+]? 0 [xob] [0-9a-f_]+
      | [-+]? [0-9][0-9_]* (?: : [0-5]? [0-9] )+ (?: \.[0-9_]* )?
      | [-+]? \. (?: inf | nan )
      | [0-9]{4}-[0-9]{1,2}-.*
      | \.\.\. .*""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_TRAILING_BLANK = re.compile(r"[ \t](?:\n|\Z)")
_UNSEEN_IN_BLOCK = re.compile(f"(?![\n\t]){UNSEEN.pattern}")


def dump(value: Value, *, header: str | None = None) -> str:
    """Return `value` as one YAML document that ends with a newline, keeping the order of keys.

    Raises TypeError for floats and other foreign types, ValueError for text that YAML cannot hold
    or that would lose the block style (a multi-line string with blanks at the end of a line).
    """
    out: list[str] = []
    if header is not None:
        _comment(out, header, "")
    value = _uncomment(out, value, "")
    if isinstance(value, Mapping) and value:
        _mapping(out, value, "", "")
    elif isinstance(value, (list, tuple)) and value:
        _sequence(out, value, "", "")
    else:
        _scalar(out, value, "", "")
    return "\n".join(out) + "\n"


def _mapping(out: list[str], value: Mapping[str, Value], lead: str, indent: str) -> None:
    for key, item in value.items():
        item = _uncomment(out, item, lead)
        start = f"{lead}{_key(key)}:"
        lead = indent
        if isinstance(item, str):
            _text(out, item, start + " ", indent)
        elif isinstance(item, (dict, Mapping)) and item:
            out.append(start)
            _mapping(out, item, indent + _STEP, indent + _STEP)
        elif isinstance(item, (list, tuple)) and item:
            out.append(start)
            _sequence(out, item, indent + _STEP, indent + _STEP)
        else:
            _scalar(out, item, start + " ", indent)


def _sequence(out: list[str], value: Sequence[Value], lead: str, indent: str) -> None:
    for item in value:
        item = _uncomment(out, item, lead)
        start = f"{lead}- "
        lead = indent
        if isinstance(item, str):
            _text(out, item, start, indent)
        elif isinstance(item, (dict, Mapping)) and item:
            _mapping(out, item, start, indent + _STEP)
        elif isinstance(item, (list, tuple)) and item:
            _sequence(out, item, start, indent + _STEP)
        else:
            _scalar(out, item, start, indent)


def _uncomment(out: list[str], value: Value, lead: str) -> Value:
    """Write the comment above the line that `lead` begins: nothing may be between a dash and its key."""
    while isinstance(value, Commented):
        _comment(out, value.comment, lead[: len(lead) - len(lead.lstrip(" "))])
        value = value.value
    return value


def _comment(out: list[str], text: str, indent: str) -> None:
    out.extend(indent + line for line in comment_lines(text))


def comment_lines(text: str) -> list[str]:
    """Return the text as `#` lines; what cannot be seen is shown by its code point."""
    return [
        f"# {UNSEEN.sub(lambda match: code_point_escape(match[0]), line.replace(chr(9), _STEP))}".rstrip(" ")
        for line in text.split("\n")
    ]


def scalar_lines(text: str, lead: str, indent: str) -> list[str]:
    """Return a mapping's entry with text of one line or more; `lead` is its key, `indent` where the key begins."""
    out: list[str] = []
    _scalar(out, text, lead, indent)
    return out


def scalar_line(text: str) -> str:
    """Return text without line breaks as one scalar: plain where that is safe, else quoted."""
    return _line(text)


def _scalar(out: list[str], value: Value, lead: str, indent: str) -> None:
    if isinstance(value, str):
        _text(out, value, lead, indent)
    elif value is None:
        out.append(lead + "null")
    elif isinstance(value, bool):
        out.append(lead + ("true" if value else "false"))
    elif isinstance(value, int):
        out.append(lead + str(int(value)))
    elif isinstance(value, Decimal):
        out.append(lead + plain(value))
    elif isinstance(value, (Mapping, list, tuple)):
        out.append(lead + ("{}" if isinstance(value, Mapping) else "[]"))
    else:
        raise refuse(value)


def _text(out: list[str], text: str, lead: str, indent: str) -> None:
    if "\n" in text:
        _lines(out, text, lead, indent)
    else:
        out.append(lead + _line(text))


def _key(key: str) -> str:
    if not isinstance(key, str):
        raise refuse(key)
    text = _line(key)
    if len(text) > _LONGEST_KEY:
        raise ValueError(f"mapping key {text[:40]}… is longer than YAML's {_LONGEST_KEY + 1} characters")
    return text


@lru_cache(_REMEMBERED)
def _line(text: str) -> str:
    """Return `text` plain where that is safe, else in the quotes that need fewer escapes."""
    seen = is_plainly_seen(text) or not UNSEEN.search(text)
    if seen and _PLAIN.match(text) and not _LOOKS_TYPED.fullmatch(text):
        return text
    require_unicode(text)
    if not seen:
        return _escaped(text)
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def _escaped(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(lambda match: _NAMED.get(match[0]) or code_point_escape(match[0]), text) + '"'


def _lines(out: list[str], text: str, lead: str, indent: str) -> None:
    require_unicode(text)
    # These need an indentation or a keep indicator, which parsers disagree on, or cannot stand in a block; blanks at
    # the end of a line would be lost to the next editor.
    if (
        _TRAILING_BLANK.search(text)
        or text[0] in "\n \t"
        or text.endswith("\n\n")
        or _UNSEEN_IN_BLOCK.search(text)
    ):
        out.append(lead + _escaped(text))
        return
    out.append(lead + ("|" if text.endswith("\n") else "|-"))
    out.extend(indent + _STEP + line if line else "" for line in text.removesuffix("\n").split("\n"))
