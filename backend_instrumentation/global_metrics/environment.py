"""Reads ENABLE_METRICS, METRICS_PORT and METRICS_HOST; an invalid value is one warning and counts as unset."""

from __future__ import annotations

import os
from typing import Final

from ..guard import LOGGER

DEFAULT_PORT: Final = 8001
DEFAULT_HOST: Final = "127.0.0.1"
_WORDS: Final = dict.fromkeys(("true", "1", "yes", "on"), True) | dict.fromkeys(
    ("false", "0", "no", "off"), False
)
_HIGHEST_PORT: Final = 65535
_warned: Final[set[tuple[str, str]]] = set()


def switch(value: object) -> bool | None:
    """Return the boolean of true/1/yes/on and false/0/no/off; None for anything else."""
    if isinstance(value, bool):
        return value
    return _WORDS.get(str(value).strip().lower())


def port_number(value: object) -> int | None:
    """Return a port, 0 to 65535, from a number or its digits; None for anything else."""
    try:
        number = int(str(value).strip())
    except ValueError:
        return None
    return number if 0 <= number <= _HIGHEST_PORT else None


def metrics_enabled() -> bool:
    """Return the value of ENABLE_METRICS; True when it is unset or invalid."""
    written = os.environ.get("ENABLE_METRICS", "").strip()
    found = switch(written) if written else True
    if found is None:
        _warn("ENABLE_METRICS", written, "true, 1, yes, on or false, 0, no, off; metrics stay enabled")
    return found is not False


def metrics_port() -> int | None:
    """Return the port in METRICS_PORT, or None."""
    written = os.environ.get("METRICS_PORT", "").strip()
    found = port_number(written) if written else None
    if written and found is None:
        _warn("METRICS_PORT", written, f"a port, 0 to {_HIGHEST_PORT}; it counts as unset")
    return found


def metrics_host() -> str:
    """Return the address to listen on: METRICS_HOST, else 127.0.0.1."""
    return os.environ.get("METRICS_HOST", "").strip() or DEFAULT_HOST


def _warn(variable: str, written: str, wanted: str) -> None:
    if (variable, written) not in _warned:
        _warned.add((variable, written))
        LOGGER.warning("%s is %r, but must be %s", variable, written, wanted)
