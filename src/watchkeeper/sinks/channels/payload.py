"""Make untrusted JSON safe to keep: bounded depth, strict numbers, redacted secrets."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

REDACTED = "REDACTED"
MAX_DEPTH = 64

_MAX_ECHOED_SECRETS = 8

_SECRET_KEYS = {"routing_key", "service_key", "api_key", "token", "secret", "password", "authorization"}
# An incoming webhook's secret is its path.
_SECRET_URL = re.compile(r"(https://hooks\.slack\.com/)[^\s\"'<>|]+")


def load(body: bytes) -> dict[str, object] | None:
    """Return the JSON object in ``body`` with its secrets redacted, or None when it is not one."""
    try:
        value = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or _too_deep(value):
        return None
    return table(_redacted(value, secrets=_secrets_in(value)))


def strings(value: object) -> Iterator[tuple[str, str]]:
    """Yield each string within ``value`` in document order, with the key it is found under."""
    stack: list[tuple[str, object]] = [("", value)]
    while stack:
        key, item = stack.pop()
        if isinstance(item, str):
            yield key, item
        elif isinstance(item, dict):
            stack.extend(reversed([(str(name), child) for name, child in item.items()]))
        elif isinstance(item, list):
            stack.extend((key, child) for child in reversed(item))


def table(value: object) -> dict[str, object]:
    """Return ``value`` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[dict[str, object]]:
    """Return the JSON objects of a JSON array, without its other items."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return ``value`` when it is a string, trimmed, else an empty one."""
    return value.strip() if isinstance(value, str) else ""


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _finite(digits: str) -> float:
    # Python reads 1e999 as infinity, which it would then write as invalid JSON.
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is out of range")
    return value


def _too_deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _secrets_in(value: object) -> list[str]:
    # Shorter values are not real keys, and redacting a word like "demo" would garble the message.
    found = {text for key, text in strings(value) if key.lower() in _SECRET_KEYS and len(text) >= 16}
    return sorted(found)[:_MAX_ECHOED_SECRETS]


def _redacted(value: object, *, secrets: list[str], key: str = "") -> object:
    if key.lower() in _SECRET_KEYS:
        # A blank stays blank and a non-string becomes null, so that validation still rejects them.
        return (REDACTED if value.strip() else value) if isinstance(value, str) else None
    if isinstance(value, dict):
        return {name: _redacted(item, secrets=secrets, key=name) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, secrets=secrets) for item in value]
    return _without_secrets(value, secrets=secrets) if isinstance(value, str) else value


def _without_secrets(value: str, *, secrets: list[str]) -> str:
    for secret in secrets:
        value = value.replace(secret, REDACTED)
    return _SECRET_URL.sub(rf"\g<1>{REDACTED}", value)
