"""One answer to which characters may appear unescaped in a rendered file, the same for every Python version."""

from __future__ import annotations

import re

# Controls, soft hyphen, unusual blanks, zero-width and direction marks, private use, byte order mark,
# non-characters and tags: unseen by a reviewer, or a line end to some parser. Listed by number because
# `str.isprintable` changes with the Unicode tables of each Python, and rendered files must not.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u3000\u3164\ud800-\uf8ff\ufeff\uffa0\ufff0-\uffff"
    "\U000e0000-\U0010ffff]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def require_unicode(text: str) -> None:
    """Raise ValueError when `text` holds half a surrogate pair, which no file in UTF-8 can hold."""
    if not text.isascii() and _SURROGATE.search(text):
        raise ValueError(f"{text!a} holds half a surrogate pair and cannot be written as UTF-8")


def is_plainly_seen(text: str) -> bool:
    """Return whether every character is on a keyboard, so that no search is needed; False decides nothing."""
    return text.isascii() and text.isprintable()


def code_point_escape(character: str) -> str:
    r"""Return `\uXXXX` or `\UXXXXXXXX`, which JSON's kin, YAML and PromQL all read back."""
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
