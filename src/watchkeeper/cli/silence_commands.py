"""What `watchkeeper silence` does: each action compares with the alerts that exist, then prints."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.alertmanager_api import (
    Matcher,
    Silence,
    add_silence,
    expire_silence,
    given_alerts,
    silences,
)
from watchkeeper.cli.author import author_name
from watchkeeper.cli.text.console import error_line, note, paint, say
from watchkeeper.cli.text.silence_text import created_text, silence_document, silence_text
from watchkeeper.silences.candidates import Candidate, given_candidates, planned_candidates
from watchkeeper.silences.deploy import still_paging
from watchkeeper.silences.near import near_misses
from watchkeeper.silences.wanted import Arguments, Unusable, Wanted, read_wanted

if TYPE_CHECKING:
    from watchkeeper.plan.plan import Plan

_LEAST_ID = 4
# A silence, the alerts that it mutes now, and whether it matches any alert at all.
Row = tuple[Silence, tuple[str, ...], bool]


@dataclass(frozen=True, slots=True)
class Context:
    """Where the silences are, the spec whose alerts they are compared with, and how to print."""

    server: str
    spec_path: Path
    output_format: str


def add(context: Context, arguments: Arguments, *, author: str | None, force: bool) -> int:
    """Create the silences; 2 when an argument is wrong, or no alert meets the matchers and `force` is not set."""
    plan = _plan(context.spec_path)
    try:
        wanted = read_wanted(arguments, plan)
    except Unusable as wrong:
        return _refuse(wrong.lines)
    known = (
        *(planned_candidates(plan) if plan else ()),
        *given_candidates(given_alerts(context.server)),
    )
    foreign = {one.name: dict(one.spec.match) for one in plan.services if one.spec.match} if plan else {}
    misses = [near_misses(one, known, foreign) for one in wanted.silences if not _muted(one, known)]
    if misses and not force:
        lines = [line for each in misses for line in each]
        return _refuse([*lines, "nothing was silenced; add --force to silence alerts that may exist later"])
    created = [
        (_create(context, one, wanted, author or author_name()), _muted(one, known))
        for one in wanted.silences
    ]
    if context.output_format == "json":
        _print_silences([silence_document(one, names) for one, names in created])
    else:
        for one, names in created:
            say(created_text(one, names))
    if arguments.service and plan is not None:
        _note_what_pages(plan, arguments.service, wanted.silences)
    return 0


def _create(context: Context, matchers: tuple[Matcher, ...], wanted: Wanted, author: str) -> Silence:
    now = time.time()
    silence = Silence("", matchers, now, now + float(wanted.duration.seconds), author, wanted.comment)
    return replace(silence, id=add_silence(context.server, silence))


def _print_silences(documents: list[dict[str, Any]]) -> None:
    print(json.dumps({"silences": documents}, indent=2, ensure_ascii=False))


def show(context: Context) -> int:
    """List the silences that are active or will be."""
    plan = _plan(context.spec_path)
    firing = given_alerts(context.server)
    known = (*(planned_candidates(plan) if plan else ()), *given_candidates(firing))
    rows: list[Row] = []
    for one in sorted(silences(context.server), key=lambda each: each.ends):
        if one.state != "expired":
            muted = dict.fromkeys(
                Candidate(each.labels).shown for each in firing if one.id in each.silenced_by
            )
            rows.append((one, tuple(muted), plan is None or bool(_muted(one.matchers, known))))
    if context.output_format == "json":
        _print_silences(
            [{**silence_document(one, now), "matches_an_alert": useful} for one, now, useful in rows]
        )
        return 0
    for one, now, useful in rows:
        say(silence_text(one, now, useful, _paint, now_unix=time.time()))
    if not rows:
        say("no silences")
    return 0


def expire(context: Context, ids: Sequence[str], *, author: str | None, all_mine: bool) -> int:
    """End silences; 2 when an id is unknown or ambiguous, and then none ends."""
    if bool(ids) == all_mine:
        return _refuse(["name the ids of silences (`silence list` shows them), or write --all-mine"])
    live = [one for one in silences(context.server) if one.state != "expired"]
    if all_mine:
        mine = author or author_name()
        chosen = [one for one in live if one.author == mine]
        if not chosen:
            note(f"{mine} has no silences")
    else:
        found = [_with_id(text, live) for text in ids]
        wrong = [each for each in found if isinstance(each, str)]
        if wrong:
            return _refuse(wrong)
        chosen = [one for one in live if one in found]
    for one in chosen:
        expire_silence(context.server, one.id)
    if context.output_format == "json":
        print(json.dumps({"expired": [one.id for one in chosen]}, indent=2))
    else:
        for one in chosen:
            say(f"expired {one.id[:8]}  {' '.join(map(str, one.matchers))}")
    return 0


def _with_id(text: str, live: Sequence[Silence]) -> Silence | str:
    found = [one for one in live if one.id == text or (len(text) >= _LEAST_ID and one.id.startswith(text))]
    if len(found) == 1:
        return found[0]
    if found:
        return f"{text!r} begins the ids of {len(found)} silences: write more of it"
    return f"no silence has the id {text!r}: watchkeeper silence list shows them"


def _refuse(lines: Sequence[str]) -> int:
    for line in lines:
        error_line(line)
    return 2


def _plan(spec_path: Path) -> Plan | None:
    """Return the plan of the spec, or None while there is none that can be read; an outage must not wait for it."""
    from watchkeeper.pipeline import plan_of
    from watchkeeper.spec.problem import SpecRejected
    from watchkeeper.spec.read import read_spec

    try:
        return plan_of(read_spec(spec_path)[0], spec_path)
    except SpecRejected:
        note(f"{spec_path} cannot be read, so silences are compared with the alerts that fire only")
        return None


def _muted(matchers: Sequence[Matcher], known: Sequence[Candidate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.shown for one in known if one.is_muted_by(matchers)))


def _note_what_pages(plan: Plan, service: str, wanted: tuple[tuple[Matcher, ...], ...]) -> None:
    left = ", ".join(one.name for one in still_paging(plan, service, wanted))
    if left:
        note(f"still paging for {service}: {left}")
    else:
        note(
            f"no critical alert of {service} is left: a broken deployment pages nobody until the silence ends"
        )


def _paint(text: str, colour: str) -> str:
    return paint(text, colour, sys.stdout)
