"""Labels of one series that a selector matches: only values that the service can expose, else values that are assumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any

from watchkeeper import promql_tree
from watchkeeper.exposed.label_pattern import accepted
from watchkeeper.exposed.series_labels import SeriesLabels, series_labels
from watchkeeper.model.service import Service
from watchkeeper.plan.proofs.series.pattern import matching

Labels = dict[str, str]
Matcher = tuple[str, str, str]
_MOST_TRIED = 5_000
_MOST_INVENTED = 8


class Unprovable(Exception):
    """No series can be derived for an indicator; the message says why."""


@dataclass(frozen=True, slots=True)
class ChosenSeries:
    """A series, and what is assumed of it: matchers of labels whose values are known to nobody beforehand."""

    name: str
    labels: Labels
    assumed: tuple[str, ...]


def choose_series(
    node: Any, unwanted: Sequence[Any], service: Service, base: Labels, *, external: bool
) -> ChosenSeries | None:
    """Return a series that the selector matches and none of `unwanted`; None where no such series can exist.

    `base` are the labels that a scrape adds.
    """
    name = promql_tree.metric_name(node)
    known = series_labels(name, service, external=external)
    avoided = [other for other in unwanted if promql_tree.metric_name(other) == name]
    matchers = [
        one for each in (node, *avoided) for one in promql_tree.matchers(each) if one[0] != "__name__"
    ]
    for candidate in islice(_candidates(known, matchers), _MOST_TRIED):
        labels = {**base, **{label: value for label, value in candidate.items() if value}}
        if selects(node, name, labels) and not any(selects(other, name, labels) for other in avoided):
            return ChosenSeries(name, labels, assumed_of(node, service, external=external))
    return None


def selects(node: Any, name: str, labels: Labels) -> bool:
    """Return whether a selector matches a series; raise Unprovable for a pattern that only Prometheus can judge."""
    if promql_tree.metric_name(node) != name:
        return False
    for label, op, value in promql_tree.matchers(node):
        if label == "__name__":
            continue
        kept = accepted(op, value, (labels.get(label, ""),))
        if kept is None:
            raise Unprovable(f"only Prometheus knows what {label}{op}{value} selects")
        if not kept:
            return False
    return True


def assumed_of(node: Any, service: Service, *, external: bool) -> tuple[str, ...]:
    """Return the matchers of a selector whose labels have values that nobody declares, each with its metric."""
    name = promql_tree.metric_name(node)
    known = series_labels(name, service, external=external)
    return tuple(
        f'{name} with {label}{op}"{value}"'
        for label, op, value in promql_tree.matchers(node)
        if label != "__name__" and label not in known.closed
    )


def _candidates(known: SeriesLabels, matchers: list[Matcher]) -> Iterator[Labels]:
    """Yield label sets to try. A label that the series cannot have stays away, whatever the matchers ask for."""
    wanted = [label for label, _, _ in matchers]
    possible = [
        label for label in wanted if not known.is_complete or label in known.closed or label == "instance"
    ]
    labels = list(dict.fromkeys((*known.names, *possible)))
    options = {label: _options(label, known, matchers) for label in labels}
    for row in known.rows or ({},):
        yield from _combinations({**options, **{label: [value] for label, value in row.items()}})


def _combinations(options: dict[str, list[str]]) -> Iterator[Labels]:
    if not options:
        yield {}
        return
    label, values = next(iter(options.items()))
    rest = {other: given for other, given in options.items() if other != label}
    for value in values:
        for further in _combinations(rest):
            yield {label: value, **further}


def _options(label: str, known: SeriesLabels, matchers: list[Matcher]) -> list[str]:
    about = [(op, value) for name, op, value in matchers if name == label]
    if label in known.closed:
        return list(_representatives(known.closed[label], tuple(about)))
    made = (matching(value) if op.endswith("~") else value for op, value in about)
    tried = [value for value in (*made, "proof", "") if value is not None]
    return list(dict.fromkeys(tried))[:_MOST_INVENTED]


@lru_cache(maxsize=1024)
def _representatives(values: tuple[str, ...], about: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Return the first of all values that the same matchers accept, for each set of matchers."""
    first: dict[tuple[bool, ...], str] = {}
    for value in values:
        first.setdefault(tuple(bool(accepted(*one, (value,))) for one in about), value)
    return tuple(first.values())
