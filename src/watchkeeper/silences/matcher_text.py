"""Read label matchers as people write them: name=value, name!=value, name=~regex, name!~regex, or an alert's name."""

from __future__ import annotations

import re

from watchkeeper.alertmanager_api import Matcher
from watchkeeper.exposed.label_pattern import is_read_alike

_MATCHER = re.compile(r"\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(.*?)\s*", re.DOTALL)
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


class BadMatcher(Exception):
    """A text that is no matcher; the text says what is wrong and what would be right."""


def read_matcher(text: str) -> Matcher:
    """Return the matcher that a text means; a bare name is an alert's. Raises BadMatcher."""
    if _NAME.fullmatch(text.strip()):
        return Matcher("alertname", "=", text.strip())
    found = _MATCHER.fullmatch(text)
    if found is None:
        raise BadMatcher(
            f"{text!r} is not a matcher; write an alert's name, or service=shop, severity=~'warning|info'"
        )
    name, op, value = found[1], found[2], _unquoted(found[3], text)
    if op.endswith("~") and not is_read_alike(value):
        raise BadMatcher(
            f"{text!r} is not a regular expression that can be checked; write one without extensions"
        )
    return Matcher(name, op, value)


def _unquoted(value: str, text: str) -> str:
    if not value.startswith('"'):
        return value
    found = _QUOTED.fullmatch(value)
    if found is None:
        raise BadMatcher(f'{text!r} opens a quote and does not close it; write name="value"')
    return re.sub(r'\\[\\"n]', lambda match: _ESCAPES[match[0]], found[1])
