"""Maintenance windows that are wrong in one way each: title, code, text and a word of the message or the remedy."""

from __future__ import annotations

MARK = "«"
_SLO = "slos: [{name: a, objective: 99%, window: 7d, sli: {availability: http}}]\n"


_SAID = "name: w, reason: r, author: a"


def _window(keys: str) -> str:
    return f"{_SLO}maintenance:\n  - {{{_SAID}, {keys}}}\n"


def _whole(keys: str) -> str:
    """Return a spec whose window is wrong as a whole."""
    return f"{_SLO}maintenance:\n  - {MARK}{{{keys}}}\n"


def _two(first: str, second: str) -> str:
    head = "name: {}, reason: r, author: a, "
    return f"{_SLO}maintenance:\n  - {{{head.format('one')}{first}}}\n  - {{{head.format(MARK + 'two')}{second}}}\n"


BAD_MAINTENANCE = (
    ("a window that ends before it begins", "WK260", _window(f"from: 2030-01-02 10:00, to: {MARK}2030-01-02 09:00"), "later"),
    ("a window without an end", "WK102", _whole(f"{_SAID}, from: 2030-01-02 10:00"), "to"),
    ("a window without times", "WK111", _whole(_SAID), "never ends"),
    ("a single window that recurs", "WK111",
     _window(f"from: 2030-01-02 10:00, to: 2030-01-02 11:00, {MARK}times: ['01:00-02:00']"), "beside"),
    ("a window that is always open", "WK260", _whole(f"{_SAID}, weekdays: ['sunday:saturday']"), "never ends"),
    ("a window as long as that of an objective", "WK260",
     _window(f"from: 2030-01-02 10:00, to: {MARK}2030-01-09 10:00"), "7d of a"),
    ("a zone with a slip", "WK109",
     _window(f"times: ['01:00-02:00'], location: {MARK}Europe/Berlni"), "did you mean Europe/Berlin?"),
    ("a clock without a rule", "WK260", _window(f"times: ['01:00-02:00'], location: {MARK}Africa/Casablanca"), "UTC"),
    ("a day that there is not", "WK109", _window(f"from: {MARK}2030-02-30 10:00, to: 2030-03-02 11:00"), "date"),
    ("a moment without a time", "WK109", _window(f"from: {MARK}2030-02-20, to: 2030-03-02 11:00"), "22:00"),
    ("a window without a reason", "WK102", _whole("name: w, author: a, times: ['01:00-02:00']"), "reason"),
    ("a window for a service with a slip", "WK262",
     _window(f"times: ['01:00-02:00'], services: [{MARK}chekout]"), "did you mean checkout?"),
    ("two windows of one name", "WK203",
     _two("times: ['01:00-02:00']", "times: ['03:00-04:00']").replace("two", "one"), "rename"),
    ("two single windows at once", "WK261",
     _two("from: 2030-01-02 10:00, to: 2030-01-02 12:00", "from: 2030-01-02 11:00, to: 2030-01-02 13:00"), "both open"),
    ("recurring windows that meet in summer only", "WK261",
     _two("times: ['01:00-02:00']", "times: ['03:30-03:45'], location: Europe/Berlin"), "2027-03-28"),
)  # fmt: skip
