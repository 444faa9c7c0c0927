"""Corrections that are wrong in one way each: title, code, text and a word of the message or the remedy."""

from __future__ import annotations

MARK = "«"
_ALONE = (
    "slos: [{name: a, objective: 99%, window: 7d, sli: {availability: http}}]\nstack: {retention: 3650d}\n"
)
_HEAD = (
    f"{_ALONE}"
    "maintenance:\n"
    "  - {name: m, reason: r, author: a, from: 2024-11-05 10:00, to: 2024-11-05 12:00}\n"
    "  - {name: n, reason: r, author: a, weekdays: [sunday], times: ['02:00-04:00'], location: Europe/Berlin}\n"
    "corrections:\n"
)
_SAID = "reason: r, author: a"
_DAY = "from: 2024-11-04 10:00, to: 2024-11-04 12:00"


def _one(keys: str, mark: str = "") -> str:
    return f"{_HEAD}  - {{name: {mark}c, {_SAID}, {keys}}}\n"


def _split(keys: str) -> str:
    slo = "{name: b, objective: 99%, window: 7d, sli: {availability: http}, by: {handler: [/cart, /pay]}}"
    return _one(keys).replace("{availability: http}}]", f"{{availability: http}}}}, {slo}]", 1)


def _two(first: str, second: str) -> str:
    return f"{_HEAD}  - {{name: c, {_SAID}, {first}}}\n  - {{name: {MARK}d, {_SAID}, {second}}}\n"


BAD_CORRECTIONS = (
    ("a correction that ends before it begins", "WK263",
     _one(f"from: 2024-11-04 10:00, to: {MARK}2024-11-04 09:00"), "later"),
    ("a correction without an end", "WK102", f"{_HEAD}  - {MARK}{{name: c, {_SAID}, from: 2024-11-04 10:00}}\n", "to"),
    ("a correction of the future", "WK263", _one(f"from: 2090-11-04 10:00, to: {MARK}2090-11-04 11:00"), "maintenance"),
    ("a correction as long as an objective's window", "WK263",
     f"{_ALONE}corrections:\n  - {{name: c, {_SAID}, from: 2024-11-05 12:00, to: {MARK}2024-11-12 12:00}}\n", "7d of a"),
    ("a share beside all events", "WK111", _one(f"{_DAY}, leave_out: all, {MARK}share: 40%"), "leave_out: bad"),
    ("a share over all", "WK108", _one(f"{_DAY}, share: {MARK}140%"), "100%"),
    ("no share", "WK108", _one(f"{_DAY}, share: {MARK}0%"), "100%"),
    ("a bare fraction as a share", "WK106", _one(f"{_DAY}, share: {MARK}0.4"), "did you mean 40%, or 0.4%?"),
    ("a correction for a service with a slip", "WK265",
     _one(f"{_DAY}, services: [{MARK}chekout]"), "did you mean checkout?"),
    ("a correction for an objective with a slip", "WK265", _one(f"{_DAY}, slo: {MARK}aa"), "did you mean a?"),
    ("a correction for a value of an objective with one budget", "WK265", _one(f"{_DAY}, value: {MARK}acme"), "one budget"),
    ("a correction for a value that is not listed", "WK265", _split(f"{_DAY}, slo: b, value: {MARK}/cat"), "did you mean /cart?"),
    ("a value that two corrections share with all others", "WK264",
     _split(f"{_DAY}, slo: b, value: /cart}}\n  - {{name: {MARK}d, {_SAID}, {_DAY}, slo: b"), "both correct checkout/b"),
    ("two corrections of one name", "WK203",
     _two(_DAY, "from: 2024-11-04 13:00, to: 2024-11-04 14:00").replace("d, r", "c, r", 1), "rename"),
    ("two corrections of one moment", "WK264", _two(_DAY, f"{_DAY}, slo: a"), "both correct checkout/a on 2024-11-04 10:00 UTC"),
    ("a correction in a maintenance window", "WK264", _one("from: 2024-11-05 11:00, to: 2024-11-05 13:00", MARK), "m at"),
    ("a correction in a recurring window", "WK264", _one("from: 2024-11-02 20:00, to: 2024-11-03 01:30", MARK), "01:00 UTC"),
    ("a ticket without an address", "WK109", _one(f"{_DAY}, ticket: {MARK}OPS-12"), "address"),
)  # fmt: skip
