"""Compares a suite's outcomes with those of its plain run, and knows which differences are explained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.foreign.run import PLAIN, STDERR, Outcomes

_LISTED = Path(__file__).with_name("differences.txt")
_ABSENT = "absent"
Rerun = Callable[[str, list[str]], Outcomes]
"""Runs these tests again in that mode, one after another."""


@dataclass(frozen=True)
class Difference:
    """A test whose outcome changes with the mode."""

    suite: str
    mode: str
    test: str
    plain: str
    instrumented: str


def listed() -> dict[tuple[str, str, str], str]:
    """Return the reason of each explained difference by suite, mode and test; raises ValueError for a bad line."""
    reasons = {}
    for number, line in enumerate(_LISTED.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split(" | ")]
            if len(parts) != 4 or not all(parts):
                raise ValueError(f"{_LISTED}:{number}: this is no `suite | mode | test | reason`")
            reasons[parts[0], parts[1], parts[2]] = parts[3]
    return reasons


def differences(suite: str, mode: str, plain: Outcomes, found: Outcomes, rerun: Rerun) -> list[Difference]:
    """Return what differs, and differs again when those tests are run alone: a slow machine is no difference."""
    first = _differing(plain.tests, found.tests)
    again = [test for test in first if test != STDERR]
    if again:
        before, after = rerun(PLAIN, again).tests, rerun(mode, again).tests
        first = {test: pair for test, pair in first.items() if test == STDERR or _pair(test, before, after)}
    return [Difference(suite, mode, test, *pair) for test, pair in first.items()]


def unexplained(found: Iterable[Difference], reasons: Mapping[tuple[str, str, str], str]) -> list[Difference]:
    """Return the differences without a reason."""
    return [one for one in found if (one.suite, one.mode, one.test) not in reasons]


def _differing(plain: Mapping[str, str], found: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    pairs = {
        test: _pair(test, plain, found) for test in [*plain, *(new for new in found if new not in plain)]
    }
    return {test: pair for test, pair in pairs.items() if pair is not None}


def _pair(test: str, plain: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, str] | None:
    pair = plain.get(test, _ABSENT), found.get(test, _ABSENT)
    return None if pair[0] == pair[1] else pair
