"""Spelling of PromQL literals and selectors, so that user text is data in every rule and query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from watchkeeper.emit.characters import UNSEEN, code_point_escape, is_plainly_seen, require_unicode
from watchkeeper.emit.numbers import plain, refuse

_OPERATORS = ("=", "!=", "=~", "!~")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_UNITS = ("y", "w", "d", "h", "m", "s", "ms")
_RANGE = re.compile("(?=.*[1-9])" + "".join(f"(?:[0-9]+{unit})?" for unit in _UNITS))
# The rules, proofs and panels of every service contain the same metrics, matchers and ranges.
_REMEMBERED = 4096
_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_TO_ESCAPE = re.compile(f'{UNSEEN.pattern}|["\\\\]')
# As a bare metric name each of these is, or once was, a number, an operator or a clause.
_KEYWORDS = re.compile(
    "inf|nan|and|or|unless|atan2|by|without|on|ignoring|group_left|group_right|bool|offset|start|end|step|"
    "fill|fill_left|fill_right|smoothed|anchored|sum|avg|count|min|max|group|stddev|stdvar|topk|bottomk|"
    "count_values|quantile|limitk|limit_ratio",
    re.IGNORECASE,
)


def string(text: str) -> str:
    """Return a double-quoted PromQL literal that means exactly `text`."""
    if is_plainly_seen(text) and '"' not in text and "\\" not in text:
        return f'"{text}"'
    require_unicode(text)
    return '"' + _TO_ESCAPE.sub(lambda match: _NAMED.get(match[0]) or code_point_escape(match[0]), text) + '"'


def number(value: Decimal) -> str:
    """Return the exact value in plain notation without idle zeros; raise TypeError for floats."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise refuse(value)
    text = plain(Decimal(value))
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(_REMEMBERED)
def matcher(name: str, op: str, value: str) -> str:
    """Return one label matcher; raise ValueError for an empty name or an operator that PromQL lacks."""
    if op not in _OPERATORS:
        raise ValueError(f"{op!r} is no matcher operator: use one of {' '.join(_OPERATORS)}")
    if not name:
        raise ValueError("a label matcher needs a label name")
    return f"{name if _LABEL.fullmatch(name) else string(name)}{op}{string(value)}"


def selector(metric: str, matchers: Sequence[tuple[str, str, str]], *, range: str | None = None) -> str:  # noqa: A002
    """Return a series selector, with its range when given; raise ValueError for what selects by nothing."""
    inside = [matcher(*parts) for parts in matchers]
    if _is_bare(metric):
        text = metric + (f"{{{','.join(inside)}}}" if inside else "")
    else:
        named = [matcher("__name__", "=", metric)] if metric else []
        if not named and not inside:
            raise ValueError("a selector needs a metric name or a matcher")
        text = f"{{{','.join(named + inside)}}}"
    if range is None:
        return text
    if not _is_range(range):
        raise ValueError(f"{range!r} is no PromQL range such as 5m or 1h30m")
    return f"{text}[{range}]"


@lru_cache(_REMEMBERED)
def _is_bare(metric: str) -> bool:
    return _METRIC.fullmatch(metric) is not None and _KEYWORDS.fullmatch(metric) is None


@lru_cache(_REMEMBERED)
def _is_range(text: str) -> bool:
    return _RANGE.fullmatch(text) is not None


def alert_template_escape(text: str) -> str:
    """Return what Go's text/template expands to exactly `text`: once in an alert's labels or annotations.

    Alertmanager treats the result as data, so once is enough there; its own templated settings take the
    same escape. Recording rules expand nothing: do not escape their labels. A brace at either edge is
    escaped too, so that the result may be joined with a template action.
    """
    if "{" not in text:
        return text
    return re.sub(r"\{{2,}|\A\{|\{\Z", lambda match: f'{{{{ "{match[0]}" }}}}', text)


def alert_template_unescape(text: str) -> str:
    """Return what Prometheus makes of an escaped text: the inverse of `alert_template_escape`."""
    return re.sub(r'\{\{ "(\{+)" \}\}', lambda match: match[1], text)
