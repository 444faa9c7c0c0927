"""Read what `silence add` was asked for, and report everything wrong with it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from watchkeeper.alertmanager_api import Matcher
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.model.duration import Duration
from watchkeeper.plan.plan import Plan
from watchkeeper.silences.deploy import DEPLOY_DURATION, deploy_silences
from watchkeeper.silences.matcher_text import BadMatcher, read_matcher

_DEFAULT: Final = "1h"
_LONGEST: Final = Duration.parse("30d")


class Unusable(Exception):
    """Arguments that cannot be used; `lines` has a sentence for each problem."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Silences to create: the matchers of each, how long, and why."""

    silences: tuple[tuple[Matcher, ...], ...]
    duration: Duration
    comment: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments as the user wrote them; `service` is that of --for-deploy."""

    matchers: Sequence[str]
    duration: str | None = None
    comment: str | None = None
    service: str | None = None


def read_wanted(given: Arguments, plan: Plan | None) -> Wanted:
    """Return what the arguments ask for; raise Unusable. `plan` is None while the spec cannot be read."""
    problems: list[str] = []
    silences: tuple[tuple[Matcher, ...], ...] = ()
    duration = Duration(0)
    try:
        silences = _deploy(given, plan) if given.service is not None else (_matchers(given.matchers),)
    except Unusable as wrong:
        problems += wrong.lines
    try:
        duration = _duration(given)
    except ValueError as wrong:
        problems.append(f"--duration: {wrong}")
    comment = (given.comment or "").strip() or (f"deployment of {given.service}" if given.service else "")
    if not comment:
        problems.append("--comment is missing: say why, such as --comment 'database upgrade, OPS-12'")
    if problems:
        raise Unusable(problems)
    return Wanted(silences, duration, comment)


def _matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    if not texts:
        raise Unusable(["no matcher: write an alert's name or LABEL=VALUE, or --for-deploy SERVICE"])
    read = [_read(text) for text in texts]
    wrong = [one for one in read if isinstance(one, str)]
    if wrong:
        raise Unusable(wrong)
    return tuple(one for one in read if isinstance(one, Matcher))


def _read(text: str) -> Matcher | str:
    try:
        return read_matcher(text)
    except BadMatcher as bad:
        return str(bad)


def _deploy(given: Arguments, plan: Plan | None) -> tuple[tuple[Matcher, ...], ...]:
    assert given.service is not None
    if given.matchers:
        raise Unusable(["--for-deploy has its own matchers: omit it, or the others"])
    if plan is None:
        raise Unusable(["--for-deploy needs the spec, which says what alerts the service has"])
    names = [service.name for service in plan.services]
    if given.service not in names:
        advice = did_you_mean(given.service, names, f"the services are {', '.join(names)}")
        raise Unusable([f"--for-deploy: the spec has no service {given.service}: {advice}"])
    found = deploy_silences(plan, given.service)
    if not found:
        raise Unusable([f"--for-deploy: {given.service} has neither warnings nor burn alerts to silence"])
    return found


def _duration(given: Arguments) -> Duration:
    duration = Duration.parse(given.duration or (DEPLOY_DURATION if given.service else _DEFAULT))
    if duration == Duration(0):
        raise ValueError("0s is no time; write 30m")
    if duration > _LONGEST:
        words = f"{duration} is longer than {_LONGEST}, and a silence of that length is forgotten"
        raise ValueError(f"{words}; change the alert, or add a mute to the spec")
    return duration
