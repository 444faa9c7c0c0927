"""Removes secrets from what leaves the service: values under a secret name, and secrets inside text."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Final

REDACTED: Final = "[redacted]"

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS: Final = frozenset({
    "apikey", "auth", "authorization", "bearer", "cookie", "cookies", "credential", "credentials", "csrf", "jwt",
    "otp", "pass", "passphrase", "passwd", "password", "passwords", "pwd", "secret", "secrets", "sessionid", "signature",
    "token", "tokens", "xsrf",
})  # fmt: skip
_SECRET_PARTS: Final = ("apikey", "authorization", "passphrase", "passwd", "password", "accesstoken")
_SECRET_PAIRS: Final = frozenset({
    ("access", "key"), ("account", "key"), ("api", "key"), ("auth", "key"), ("encryption", "key"),
    ("pass", "word"), ("private", "key"), ("session", "id"), ("signing", "key"), ("x", "key"),
})  # fmt: skip
# Words for a quantity or a kind: `token_count` and `password_length` are not secrets.
_HARMLESS_LAST: Final = frozenset({"count", "kind", "length", "limit", "size", "type", "usage"})

_NAME_IN_TEXT: Final = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|pwd|secret|token|authorization|api[_-]?key|apikey|access[_-]?key"
    r"|private[_-]?key|cookie|credential|session[_-]?id|csrf|xsrf|jwt|signature)[\w.-]*"
)
# A quoted value ends at its closing quote, any other at the next separator; a scheme (`Bearer x`) belongs to it.
_VALUE_IN_TEXT: Final = (
    r"(?:\[redacted\]|b?\"(?:[^\"\\]|\\.)*\"?|b?'(?:[^'\\]|\\.)*'?"
    r"|(?:(?:bearer|basic|digest|negotiate|token)\s+)?[^\s,;&)}\]'\"]+)"
)
_ASSIGNED: Final = re.compile(
    rf"(?P<name>{_NAME_IN_TEXT})(?P<sign>b?['\"]?\s*(?:=>|[=:,])\s*){_VALUE_IN_TEXT}", re.IGNORECASE
)
_HEADER: Final = re.compile(
    r"\b(?P<name>(?:set-)?cookie|(?:proxy-)?authorization)(?P<sign>\s*:\s*)(?!['\"\[\s])[^\r\n'\"]+",
    re.IGNORECASE,
)
_SCHEME: Final = re.compile(r"\b(?P<scheme>bearer|basic|digest|negotiate)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"://[^/\s@'\"]+@")
_JSON_WEB_TOKEN: Final = re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?")
_QUERY_IN_TEXT: Final = re.compile(
    r"(?P<url>\b[a-z][a-z0-9+.-]*://[^\s?'\"<>]*)\?(?P<query>[^\s'\"<>]*)", re.IGNORECASE
)
_PLAIN: Final = re.compile(r"[\w./{}-]*")  # a secret in text follows a sign or a blank, except a JWT
_MOST_TEXT: Final = 16_384


@lru_cache(maxsize=2048)
def is_secret(name: str) -> bool:
    """Return whether the value of a parameter, header or key of that name is a secret."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _HARMLESS_LAST:
        return False
    if not _SECRET_WORDS.isdisjoint(words) or any(part in name.lower() for part in _SECRET_PARTS):
        return True
    return any(pair in _SECRET_PAIRS for pair in pairwise(words))


def redacted_value(name: str, value: object) -> object:
    """Return the value, or REDACTED when its name marks a secret; counts such as `tokens=3` are kept."""
    if isinstance(value, bool) or not is_secret(name):
        return value
    counts = isinstance(value, int | float) and name.lower().endswith("tokens")
    return value if counts else REDACTED


def redacted_text(text: str) -> str:
    """Return the text without what looks like a secret in it, cut at 16,384 characters."""
    text = text[:_MOST_TEXT]
    if "eyJ" not in text and _PLAIN.fullmatch(text):
        return text
    text = _QUERY_IN_TEXT.sub(lambda found: f"{found['url']}?{redacted_query(found['query'])}", text)
    text = _USER_INFO.sub(f"://{REDACTED}@", text)
    text = _HEADER.sub(lambda found: f"{found['name']}{found['sign']}{REDACTED}", text)
    text = _ASSIGNED.sub(lambda found: f"{found['name']}{found['sign']}{REDACTED}", text)
    text = _SCHEME.sub(lambda found: f"{found['scheme']} {REDACTED}", text)
    return _JSON_WEB_TOKEN.sub(REDACTED, text)


def redacted_query(query: str) -> str:
    """Return a query string with its parameters' names only; a part without a value is redacted as a whole."""
    # A part without a value may be the secret itself; FastAPI writes it with an equals sign.
    parts = [part.partition("=") for part in query.lstrip("?").split("&") if part]
    return "&".join(f"{name}={REDACTED}" if name and value else REDACTED for name, _, value in parts)


def redacted_url(url: str) -> str:
    """Return a URL or a path with query without its user, its query's values and its fragment."""
    address, _, query = url.partition("#")[0].partition("?")
    address = _USER_INFO.sub("://", address)
    return f"{address}?{redacted_query(query)}" if query else address
