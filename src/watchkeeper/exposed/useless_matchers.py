"""Label matchers that can select no series of a service, or that exclude none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from watchkeeper.exposed.label_pattern import accepted
from watchkeeper.exposed.series_labels import SeriesLabels, series_labels
from watchkeeper.model.service import Service

Matcher = tuple[str, str, str]
Fault = Literal["selects nothing", "excludes nothing", "contradicts another"]


@dataclass(frozen=True, slots=True)
class UselessMatcher:
    """One matcher, what is wrong with it, and the values that its label can have."""

    matcher: Matcher
    fault: Fault
    values: tuple[str, ...]


def useless_matchers(
    series: str, matchers: Sequence[Matcher], service: Service, services: Sequence[Service], *, external: bool
) -> Iterator[UselessMatcher]:
    """Yield the matchers of one selector that are of no use; `services` are all of the spec.

    A selector that names another service reads the series of that one.
    """
    known = series_labels(series, service, external=external)
    chosen: Sequence[Service] = (service,)
    own = [] if known.is_external else [label for label, _ in service.own_labels]
    for label in own:
        if about := [one for one in matchers if one[0] == label]:
            values = tuple(dict.fromkeys(filter(None, (dict(one.own_labels).get(label) for one in services))))
            yield from _faults(about, values, is_external=False)
            kept = _kept(about, values)
            chosen = [
                one for one in services if kept is None or dict(one.own_labels).get(label) in kept
            ] or chosen
    labels = [series_labels(series, one, external=external) for one in chosen]
    others = [one for one in matchers if one[0] not in (*own, "__name__")]
    yield from _of_labels(others, labels)


def _of_labels(matchers: Sequence[Matcher], labels: Sequence[SeriesLabels]) -> Iterator[UselessMatcher]:
    found = []
    for label in dict.fromkeys(name for name, _, _ in matchers):
        if all(label in one.closed for one in labels):
            values = tuple(dict.fromkeys(value for one in labels for value in one.closed[label]))
            about = [one for one in matchers if one[0] == label]
            found += list(_faults(about, values, is_external=labels[0].is_external))
    yield from found
    if not found and labels and labels[0].rows:
        yield from _rows(matchers, labels[0])


def _faults(
    about: Sequence[Matcher], values: tuple[str, ...], *, is_external: bool
) -> Iterator[UselessMatcher]:
    """Yield what is wrong with the matchers of one label."""
    clean = True
    for matcher in about:
        _, op, value = matcher
        kept = accepted(op, value, values)
        if kept is None or (is_external and _concerns_absence(op, value, kept)):
            continue
        if not kept:
            clean = False
            yield UselessMatcher(matcher, "selects nothing", values)
        elif op.startswith("!") and kept == values:
            clean = False
            yield UselessMatcher(matcher, "excludes nothing", values)
    if clean and _kept(about, (*values, "") if is_external else values) == ():
        yield UselessMatcher(about[-1], "contradicts another", values)


def _concerns_absence(op: str, value: str, kept: tuple[str, ...]) -> bool:
    """Return whether a matcher is about series without the label, which reads as empty: series of others may lack it."""
    accepts_absence = bool(accepted(op, value, ("",)))
    return accepts_absence if not op.startswith("!") else not accepts_absence and bool(kept)


def _kept(about: Sequence[Matcher], values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the values that all matchers of a label accept; None where one cannot be judged."""
    for _, op, value in about:
        kept = accepted(op, value, values)
        if kept is None:
            return None
        values = kept
    return values


def _rows(matchers: Sequence[Matcher], labels: SeriesLabels) -> Iterator[UselessMatcher]:
    """Yield a problem when each matcher selects something and no combination that occurs satisfies all of them."""
    about = [one for one in matchers if one[0] in labels.rows[0]]
    rows = list(labels.rows)
    for matcher in about:
        label, op, value = matcher
        kept = accepted(op, value, labels.closed[label])
        # A value outside of the closed set becomes another one, whatever the row.
        if kept is None or kept[-1:] == labels.closed[label][-1:]:
            continue
        rows = [row for row in rows if row[label] in kept]
        if not rows:
            yield UselessMatcher(matcher, "contradicts another", labels.closed[label])
            return
