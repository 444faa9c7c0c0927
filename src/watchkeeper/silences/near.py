"""Why matchers meet no alert, and which ones would: the nearest label, value or alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from watchkeeper.alertmanager_api import Labels, Matcher
from watchkeeper.did_you_mean import did_you_mean
from watchkeeper.silences.candidates import Candidate, matches

_MOST = 6


def near_misses(
    matchers: Sequence[Matcher], candidates: Sequence[Candidate], services: Mapping[str, Labels]
) -> tuple[str, ...]:
    """Return a sentence for each matcher that no alert meets; else one about the alert that meets most of them.

    `services` are the labels by which series that others scrape are a service's, by its name.
    """
    if not candidates:
        return ("there are no alerts at all",)
    alone = [line for one in matchers for line in _alone(one, candidates, services)]
    return tuple(alone) if alone else (_nearest(matchers, candidates),)


def _alone(one: Matcher, candidates: Sequence[Candidate], services: Mapping[str, Labels]) -> Iterator[str]:
    if any(candidate.is_muted_by((one,)) for candidate in candidates):
        return
    foreign = {name: labels for name, labels in services.items() if one.name in labels}
    own = [name for name, labels in foreign.items() if matches(one, labels)]
    values = sorted({candidate.labels.get(one.name, "") for candidate in candidates} - {""})
    if own or (foreign and not values):
        written = [str(Matcher("service", "=", name)) for name in own or foreign]
        yield f"no alert meets {one}, a label of series: write {_listed(written)}"
        return
    if values:
        yield f"no alert meets {one}: {_instead(one, values)}"
        return
    names = sorted(
        {name for candidate in candidates for name in (*candidate.labels, *(candidate.possible or ()))}
    )
    if one.name in names:
        yield f"no alert meets {one}: the series that alerts read have other values"
        return
    advice = did_you_mean(one.name, names, f"alerts have {_listed(_common(candidates))}")
    yield f"no alert has the label {one.name}: {advice}"


def _instead(one: Matcher, values: list[str]) -> str:
    by_lower = {value.lower(): value for value in values}
    close = get_close_matches(one.value.lower(), by_lower, n=1)
    if close and one.op == "=":
        return f"did you mean {Matcher(one.name, '=', by_lower[close[0]])}?"
    return f"{one.name} is {_listed(values)}"


def _common(candidates: Sequence[Candidate]) -> list[str]:
    return sorted({name for candidate in candidates for name in candidate.labels})


def _nearest(matchers: Sequence[Matcher], candidates: Sequence[Candidate]) -> str:
    best = max(candidates, key=lambda candidate: sum(candidate.is_muted_by((one,)) for one in matchers))
    missed = [one for one in matchers if not best.is_muted_by((one,))]
    differs = ", ".join(_has(one, best) for one in missed if not matches(one, best.labels))
    return f"alerts meet each matcher, and none meets all: {best.shown} has {differs}"


def _has(one: Matcher, best: Candidate) -> str:
    value = best.labels.get(one.name, "")
    return str(Matcher(one.name, "=", value)) if value else f"no {one.name}"


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _MOST} more" if len(values) > _MOST else ""
    return ", ".join(values[:_MOST]) + more
