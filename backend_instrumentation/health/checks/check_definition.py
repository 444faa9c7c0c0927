"""What a check is: its function, its groups, and how often, how long and how stubbornly it runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from ...contract import HEALTH_KINDS

Kind = Literal["heartbeat", "functional", "dependency"]
CheckFunction = Callable[[], Any]

LIVE: Final = "live"
READY: Final = "ready"
STARTUP: Final = "startup"
GROUPS: Final = (LIVE, READY, STARTUP)
_MOST_SECONDS: Final = 1e9
_MOST_ATTEMPTS: Final = 100


class CheckError(ValueError):
    """A check that is refused; each line of the message names one option and what it takes."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `run` is a function or a coroutine function without arguments; see `result_of` for its value.

    `period` is the seconds between two starts. `timeout` is the seconds of one run, all its `retries` included.
    A run that fails changes the state after `failures` in a row, one that passes after `successes` in a row.
    When a check that is not `critical` fails, its groups are degraded, not failed. Raises CheckError.
    """

    name: str
    run: CheckFunction
    kind: Kind = "functional"
    tags: tuple[str, ...] = (READY,)
    critical: bool = True
    period: float = 30.0
    timeout: float = 2.0
    retries: int = 0
    failures: int = 1
    successes: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.tags, tuple) and isinstance(self.tags, Iterable):
            object.__setattr__(self, "tags", (self.tags,) if isinstance(self.tags, str) else tuple(self.tags))
        faults = list(_faults(self))
        if faults:
            raise CheckError("\n".join(f"check {self.name!r}: {each}" for each in faults))


def _faults(check: Check) -> Iterable[str]:
    if not isinstance(check.name, str) or not check.name.strip() or not check.name.isprintable():
        yield "name must be a word, such as 'orders-db'"
    if not callable(check.run):
        yield f"run: {check.run!r} is no function"
    if check.kind not in HEALTH_KINDS:
        yield f"kind: {check.kind!r} is none of {', '.join(HEALTH_KINDS)}"
    if not isinstance(check.tags, tuple) or not all(isinstance(each, str) for each in check.tags):
        yield f"tags: {check.tags!r} is no list of words"
    elif check.kind == "dependency" and LIVE in check.tags:
        # A restart does not mend a database, and all instances would restart at once.
        yield "a dependency has no place in the group 'live'; use 'ready'"
    for option in ("period", "timeout"):
        if not _seconds(getattr(check, option)):
            yield f"{option}: {getattr(check, option)!r} is no number of seconds above 0"
    for option, least in (("retries", 0), ("failures", 1), ("successes", 1)):
        if not _count(getattr(check, option), least):
            yield f"{option}: {getattr(check, option)!r} is no whole number from {least} to {_MOST_ATTEMPTS}"


def _seconds(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 < value <= _MOST_SECONDS  # type: ignore[arg-type, operator]


def _count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _MOST_ATTEMPTS
